import { readdirSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { describe, expect, it } from '@jest/globals';
import { BUDGETS } from '../../src/budgets.ts';
import * as scripted from '../fixtures/scripted.mjs';
import { afterTest } from '../helpers/cleanup.ts';
import { RawAgent } from '../helpers/hub-process.ts';
import { eventually, exitOf, startFixture } from '../helpers/processes.ts';
import { register, temporaryDirectory } from '../helpers/registrations.ts';
import { peakOf } from '../helpers/resident.ts';

/** Limits in MiB, descriptors, bytes and milliseconds, and how often three streams are resumed in 2 s, each at most every 100 ms. */
const MOST = { memory: 300, descriptors: 200, stderr: 100_000, ping: 2_000, resumed: 80 };

const MEGABYTE = 1_000_000;
type Script = NonNullable<Parameters<typeof scripted.start>[0]>;
type Exchange = Parameters<NonNullable<Script['post']>>[0];

interface World {
  readonly agent: RawAgent;
  readonly server: Awaited<ReturnType<typeof scripted.start>>;
  /** Calls the hostile instance and resolves with its answer, whatever it is. */
  attack(): Promise<unknown>;
  /** Sends this on every standing stream until `bytes` are sent. Resolves once the hub has read it. */
  say(text: string, bytes?: number): Promise<void>;
}

interface Attack {
  /** How the hostile instance answers. False means normally. */
  readonly post?: (exchange: Exchange) => boolean;
  readonly get?: (exchange: Exchange) => boolean;
  /** Resolves once the hub has received everything that it accepts. */
  flood(world: World): Promise<unknown>;
}

const isAttack = ({ message }: Exchange) => message.params?.name === 'attack';

/** The answer to the call, as a body or on a stream. */
const answers = (body: string, as: 'json' | 'stream' = 'json'): Attack => ({
  post: (exchange) => {
    if (!isAttack(exchange)) return false;
    if (as === 'json') exchange.json(body);
    else exchange.stream(`data: ${body}\n\n`);
    return true;
  },
  flood: ({ attack }) => attack(),
});

/** The body of the answer to the agent's `initialize`. The hub's own is answered normally. */
const opensWith = (body: string): Attack => ({
  post: ({ message, json }) => {
    if (message.params?.clientInfo?.name !== 'raw-agent') return false;
    json(body);
    return true;
  },
  flood: async ({ server }) => {
    const opened = server.messages.filter(({ params }) => params?.clientInfo?.name === 'raw-agent');
    expect(opened.length).toBeGreaterThan(0);
  },
});

const says = (data: string): Attack => ({ flood: ({ say }) => say(`data: ${data}\n\n`) });

/** Every stream sends this and ends: the stream of the call, resumed streams, and standing streams. */
function resumes(text: (n: number) => string, over: 'end' | 'destroy'): Attack {
  const ids: number[] = [];
  const answer = ({ stream, request, response }: Exchange) => {
    ids.push(String(request.headers['last-event-id'] ?? '').length);
    stream(text(ids.length));
    // Flush what was written before breaking the connection.
    if (over === 'end') response.end();
    else response.write(':\n', () => response.destroy());
    return true;
  };
  return {
    post: (exchange) => isAttack(exchange) && answer(exchange),
    get: answer,
    flood: async ({ agent, attack }) => {
      void attack();
      await eventually(() => expect(ids.length).toBeGreaterThan(3));
      const before = ids.length;
      await new Promise((resolve) => setTimeout(resolve, 2_000));
      expect(ids.length - before).toBeLessThan(MOST.resumed);
      expect(Math.max(...ids)).toBeLessThanOrEqual(BUDGETS.eventId.value);
      agent.send({
        jsonrpc: '2.0',
        method: 'notifications/cancelled',
        params: { requestId: 'attack' },
      });
    },
  };
}

const nested = `${'['.repeat(990)}"${'x'.repeat(9 * MEGABYTE)}"${']'.repeat(990)}`;
const numbers = `[${'1,'.repeat(4_000_000)}1]`;
const objects = `[${'{},'.repeat(1_000_000)}{}]`;

const event = (message: object) => `data: ${JSON.stringify({ jsonrpc: '2.0', ...message })}\n\n`;

/** A number of events, each about another id. */
const events = (count: number, messageOf: (id: number) => object) =>
  Array.from({ length: count }, (_, id) => event(messageOf(id))).join('');

/** Never answers answers and notifications of the hub, so that each holds a socket. */
const takesNoAnswers = ({ message }: Exchange) => !('method' in message);

const ATTACKS: Record<string, Attack> = {
  'a 9 MB string in 990 arrays as an answer': answers(nested),
  'a 9 MB string in 990 arrays on the standing stream': says(nested),
  'a 9 MB string in 990 arrays as the answer to initialize': opensWith(nested),
  'a batch of 4,000,000 numbers as an answer': answers(numbers),
  'a batch of 4,000,000 numbers on the stream of a call': answers(numbers, 'stream'),
  'a batch of 4,000,000 numbers on the standing stream': says(numbers),
  'a batch of 1,000,000 objects as the answer to initialize': opensWith(objects),
  '4 MB of pings whose answers it never takes': {
    post: takesNoAnswers,
    flood: ({ say }) =>
      say(
        events(1_000, (id) => ({ id, method: 'ping' })),
        4 * MEGABYTE,
      ),
  },
  '100,000 questions, then as many cancellations of others': {
    post: takesNoAnswers,
    flood: async ({ say }) => {
      await say(events(100_000, (id) => ({ id, method: 'elicitation/create', params: {} })));
      const method = 'notifications/cancelled';
      await say(events(100_000, (id) => ({ method, params: { requestId: `other ${id}` } })));
    },
  },
  'events that are no messages while nobody reads stderr': {
    flood: ({ say }) => say('data: 0\n\n'.repeat(10_000), 8 * MEGABYTE),
  },
  'answers to nothing while nobody reads stderr': {
    flood: ({ say }) => say(event({ id: 'nothing', result: {} }).repeat(10_000), 20 * MEGABYTE),
  },
  'streams that end with `retry: 0` and a new id': resumes((n) => `retry: 0\nid: ${n}\n\n`, 'end'),
  'streams that break after a new id': resumes((n) => `retry: 0\nid: ${n}\n\n`, 'destroy'),
  'ids of 30 MB': resumes(() => `retry: 0\nid: ${'x'.repeat(30 * MEGABYTE)}\n\n`, 'end'),
  'data lines without a value and without an end': {
    flood: ({ say }) => say('data\n'.repeat(200_000), 60 * MEGABYTE),
  },
};

/** Writes as fast as the other side reads. */
async function write(response: ServerResponse, text: string): Promise<void> {
  if (response.destroyed) return;
  await new Promise<void>((resolve) => response.write(text, () => resolve()));
}

/** A hub with a hostile and a healthy instance, and an agent that is connected to the hostile one. */
async function besieged({ post, get }: Attack) {
  const directory = temporaryDirectory();
  const server = await scripted.start({
    ...(post === undefined ? {} : { post }),
    ...(get === undefined ? {} : { get }),
  });
  afterTest(server.close);
  const { port } = await startFixture('plain-post');
  register(directory, { id: 'good', port });
  register(directory, { id: 'bad', port: server.port });
  const agent = new RawAgent(directory, ['--log-level', 'debug']);
  await agent.initialize({ elicitation: {} });
  for (const id of ['good', 'bad']) {
    agent.send(call(`wait ${id}`, 'instances_wait', { instance_id: id }));
    await agent.answer(`wait ${id}`);
  }
  agent.send(call('connect', 'instances_connect', { instance_id: 'bad' }));
  let said = 0;
  const say = async (text: string, bytes = text.length) => {
    await eventually(() => expect(server.streams).toHaveLength(2));
    said += 1;
    const data = `said ${said}`;
    await Promise.all(
      server.streams.map(async (each) => {
        for (let sent = 0; sent < bytes; sent += text.length) await write(each, text);
        await write(each, `\n\n${event({ method: 'notifications/message', params: { data } })}`);
      }),
    );
    await agent.next(({ params }) => params?.data === data);
  };
  const attack = () => {
    agent.send(call('attack', 'attack'));
    return agent.answer('attack');
  };
  return { agent, server, say, attack };
}

const call = (id: string, name: string, args: object = {}) => ({
  jsonrpc: '2.0',
  id,
  method: 'tools/call',
  params: { name, arguments: args },
});

/** Rejects if a ping is not answered in time. */
async function ping(agent: RawAgent, id: string): Promise<void> {
  agent.send({ jsonrpc: '2.0', id, method: 'ping' });
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no answer to ${id}`)), MOST.ping);
  });
  await Promise.race([agent.answer(id), late]).finally(() => clearTimeout(timer));
}

/** One round of normal traffic: a ping, and a call to the healthy instance. */
async function works(agent: RawAgent, round: number): Promise<void> {
  await ping(agent, `ping ${round}`);
  const id = `echo ${round}`;
  const args = { instance_id: 'good', tool: 'echo', arguments: { text: id } };
  agent.send(call(id, 'instances_call', args));
  expect((await agent.answer(id))['result'].content).toEqual([{ type: 'text', text: id }]);
}

describe('the hub keeps working while an instance sends', () => {
  it.each(Object.entries(ATTACKS))(
    '%s',
    async (_, attack) => {
      const world = await besieged(attack);
      const { agent } = world;
      agent.child.stderr?.pause();
      let isOver = false;
      const flood = agent
        .answer('connect')
        .then(() => attack.flood(world))
        .finally(() => {
          isOver = true;
        });
      flood.catch(() => {});
      let descriptors = 0;
      let round = 0;
      while (!isOver) {
        round += 1;
        await works(agent, round);
        descriptors = Math.max(descriptors, readdirSync(`/proc/${agent.child.pid}/fd`).length);
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
      await flood;
      await works(agent, round + 1);
      expect(peakOf(agent.child)).toBeLessThan(MOST.memory);
      expect(descriptors).toBeLessThan(MOST.descriptors);
      agent.child.stderr?.resume();
      agent.child.stdin?.end();
      expect(await exitOf(agent.child)).toBe(0);
      expect(agent.stderr.length).toBeLessThan(MOST.stderr);
    },
    20_000,
  );
});
