import { describe, expect, it } from '@jest/globals';
import * as brummer from '../fixtures/brummer.mjs';
import * as scripted from '../fixtures/scripted.mjs';
import { afterTest } from '../helpers/cleanup.ts';
import { MemoryAgent, startHubHere } from '../helpers/hub-here.ts';
import { eventually } from '../helpers/processes.ts';
import { register, temporaryDirectory } from '../helpers/registrations.ts';

type Script = NonNullable<Parameters<typeof scripted.start>[0]>;
type Exchange = Parameters<NonNullable<Script['post']>>[0];

const BOTH = 'application/json, text/event-stream';
const JSON_ALONE = 'application/json';

/** Calls that accept both forms before a tool is asked for only JSON. */
const PROOFS = 3;

const isForJson = ({ request }: Exchange) => request.headers.accept === JSON_ALONE;
const isCall = ({ message }: Exchange) => message.method === 'tools/call';
const resultOf = ({ message: { id, params } }: Exchange) => ({
  jsonrpc: '2.0',
  id,
  result: { content: [{ type: 'text', text: params.arguments.text }] },
});

/**
 * A session with a server of 2024-11-05 that answers with an event stream if that is accepted, like Brummer, otherwise with JSON.
 * `answer` is called first and returns true if it has answered.
 */
async function connected(
  { answer, ...script }: Script & { answer?: (exchange: Exchange) => boolean | undefined } = {},
  offered: { protocolVersion?: string } = {},
) {
  const accepted: (string | undefined)[] = [];
  let probes = 0;
  const server = await scripted.start({
    version: '2024-11-05',
    ...script,
    post: (exchange) => {
      const { message, request, response, stream, json } = exchange;
      if (message.method === 'ping' && isForJson(exchange)) {
        response.once('finish', () => {
          probes += 1;
        });
      }
      if (isCall(exchange)) accepted.push(request.headers.accept);
      if (answer?.(exchange)) return true;
      if (!isCall(exchange)) return undefined;
      if (isForJson(exchange)) json(resultOf(exchange));
      else {
        stream(resultOf(exchange));
        response.end();
      }
      return true;
    },
  });
  afterTest(server.close);
  const directory = temporaryDirectory();
  register(directory, { id: 'one', port: server.port });
  const agent = new MemoryAgent(startHubHere(directory));
  await agent.initialize({}, offered);
  await agent.call(1_000, 'instances_connect', { instance_id: 'one' });
  let id = 0;
  const call = async (name = 'echo', extra: object = {}) => {
    id += 1;
    const params = { name, arguments: { text: `${id}` }, ...extra };
    agent.send({ jsonrpc: '2.0', id, method: 'tools/call', params });
    const { result, error } = await agent.answer(id);
    if (error === undefined && !result.isError) expect(result.content[0].text).toBe(`${id}`);
    return { result, error };
  };
  const calls = async (count: number, name?: string) => {
    for (let n = 0; n < count; n += 1) await call(name);
  };
  /** Makes calls until one has accepted only JSON. */
  const untilJson = (name?: string) =>
    eventually(async () => {
      await call(name);
      expect(accepted.at(-1)).toBe(JSON_ALONE);
    });
  return { agent, server, accepted, call, calls, untilJson, probed: () => probes > 0 };
}

/** Checks that no call accepts only JSON, although the probe was answered and every tool was called often enough. */
async function neverAsksForJson(script: Parameters<typeof connected>[0], isProbed: boolean) {
  const { accepted, agent, calls, probed } = await connected(script);
  await calls(1);
  if (isProbed) await eventually(() => expect(probed()).toBe(true));
  await calls(3 * PROOFS);
  expect(new Set(accepted)).toEqual(new Set([BOTH]));
  return agent;
}

describe('a call accepts only JSON', () => {
  it('once the instance has answered a ping of the hub with JSON, and three calls of the tool have succeeded', async () => {
    const { accepted, probed, call, calls } = await connected();
    await eventually(() => expect(probed()).toBe(true));
    await calls(PROOFS);
    expect(accepted).toEqual([BOTH, BOTH, BOTH]);
    await eventually(async () => {
      await call();
      expect(accepted.at(-1)).toBe(JSON_ALONE);
    });
    await call('count');
    expect(accepted.at(-1)).toBe(BOTH);
  });

  it('at Brummer, even for unknown methods', async () => {
    const server = await brummer.start({ scripts: { dev: 'vite' } });
    afterTest(server.close);
    const accepted: (string | undefined)[] = [];
    server.server.prependListener('request', ({ method, headers }) => {
      if (method === 'POST') accepted.push(headers.accept);
    });
    const directory = temporaryDirectory();
    register(directory, { id: 'one', port: server.port });
    const agent = new MemoryAgent(startHubHere(directory));
    await agent.initialize();
    await agent.call(1_000, 'instances_connect', { instance_id: 'one' });
    let id = 0;
    await eventually(async () => {
      id += 1;
      await agent.call(id, 'scripts_list');
      expect(accepted.at(-1)).toBe(JSON_ALONE);
    });
  });

  it('but not if it asks for progress', async () => {
    const { accepted, call, untilJson } = await connected();
    await untilJson();
    await call('echo', { _meta: { progressToken: 1 } });
    expect(accepted.at(-1)).toBe(BOTH);
    await call();
    expect(accepted.at(-1)).toBe(JSON_ALONE);
  });

  it('but not while the standing stream is closed', async () => {
    let isDown = false;
    const { accepted, call, server, untilJson } = await connected({
      get: ({ response }) => {
        if (isDown) response.writeHead(503).end();
        return isDown;
      },
    });
    await untilJson();
    isDown = true;
    for (const stream of server.streams) stream.end();
    await eventually(async () => {
      await call();
      expect(accepted.at(-1)).toBe(BOTH);
    });
  });
});

describe('a call never accepts only JSON', () => {
  it('at an instance whose version requires clients to accept both', () =>
    neverAsksForJson({ version: '2025-03-26' }, false));

  it('at an instance with sessions', () => neverAsksForJson({ session: () => 's1' }, false));

  it('at an instance without a standing stream', async () => {
    await neverAsksForJson(
      {
        get: ({ response }) => {
          response.writeHead(405).end();
          return true;
        },
      },
      false,
    );
  });

  it('if the agent itself asked for the old version', async () => {
    const { accepted, calls } = await connected({}, { protocolVersion: '2024-11-05' });
    await calls(3 * PROOFS);
    expect(new Set(accepted)).toEqual(new Set([BOTH]));
  });

  it.each<[string, (exchange: Exchange) => void]>([
    ['406', ({ response }) => response.writeHead(406).end()],
    [
      'an event stream',
      ({ stream, message: { id } }) => stream({ jsonrpc: '2.0', id, result: {} }),
    ],
    ['202', ({ response }) => response.writeHead(202).end()],
    ['an answer to something else', ({ json }) => json({ jsonrpc: '2.0', id: 'x', result: {} })],
  ])('at an instance that answers such a ping with %s', async (_, pong) => {
    const isProbe = (exchange: Exchange) =>
      exchange.message.method === 'ping' && isForJson(exchange);
    let pings = 0;
    const { accepted, calls } = await connected({
      answer: (exchange) => {
        if (!isProbe(exchange)) return false;
        pings += 1;
        pong(exchange);
        return true;
      },
    });
    await eventually(() => expect(pings).toBe(1));
    await calls(3 * PROOFS);
    expect(new Set(accepted)).toEqual(new Set([BOTH]));
  });

  it('at an instance that sends more than answers on streams of calls, all of which arrives', async () => {
    const told = { jsonrpc: '2.0', method: 'notifications/message', params: { level: 'info' } };
    const agent = await neverAsksForJson(
      {
        answer: (exchange) => {
          if (!isCall(exchange) || isForJson(exchange)) return false;
          exchange.stream(told, resultOf(exchange));
          exchange.response.end();
          return true;
        },
      },
      true,
    );
    const heard = agent.frames.filter(({ params }) => params?.level === 'info');
    expect(heard).toHaveLength(1 + 3 * PROOFS);
  });
});

describe('an instance that stops answering in JSON', () => {
  it('or labels its JSON as an event stream is asked for both again, without losing its answer', async () => {
    const { accepted, call, calls, untilJson } = await connected({
      answer: (exchange) => {
        const { message, response } = exchange;
        if (!isCall(exchange) || message.params.name !== 'count' || !isForJson(exchange))
          return false;
        response.writeHead(200, { 'content-type': 'text/event-stream' });
        // In two chunks, as the network may deliver it.
        const body = JSON.stringify(resultOf(exchange));
        response.write(body.slice(0, 20));
        setImmediate(() => response.end(`${body.slice(20)}\n`));
        return true;
      },
    });
    await untilJson('echo');
    await calls(PROOFS, 'count');
    await call('count');
    expect(accepted.at(-1)).toBe(JSON_ALONE);
    await calls(2 * PROOFS, 'count');
    expect(accepted.slice(-2 * PROOFS)).toEqual(Array(2 * PROOFS).fill(BOTH));
    // Other tools are unaffected.
    await call('echo');
    expect(accepted.at(-1)).toBe(JSON_ALONE);
  });

  it.each<[string, (exchange: Exchange) => void]>([
    ['406', ({ response }) => response.writeHead(406).end()],
    ['202', ({ response }) => response.writeHead(202).end()],
    ['nothing', ({ response }) => response.destroy()],
    ['HTML', ({ response }) => response.writeHead(200, { 'content-type': 'text/html' }).end('no')],
  ])(
    'but with %s is asked for both from then on, and the call is not sent twice',
    async (_, odd) => {
      let isOdd = false;
      const { accepted, agent, calls, server, untilJson } = await connected({
        answer: (exchange) => {
          if (!isOdd || !isForJson(exchange) || !isCall(exchange)) return false;
          odd(exchange);
          return true;
        },
      });
      await untilJson();
      isOdd = true;
      const before = server.of('tools/call').length;
      const params = { name: 'echo', arguments: { text: 'odd' } };
      agent.send({ jsonrpc: '2.0', id: 'odd', method: 'tools/call', params });
      await eventually(() => expect(server.of('tools/call')).toHaveLength(before + 1));
      await calls(2 * PROOFS);
      expect(accepted.slice(-2 * PROOFS)).toEqual(Array(2 * PROOFS).fill(BOTH));
      expect(server.of('tools/call')).toHaveLength(before + 1 + 2 * PROOFS);
    },
  );
});
