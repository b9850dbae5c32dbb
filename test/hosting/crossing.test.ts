import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { afterTest } from '../helpers/cleanup.ts';
import { callTool, RawAgent, textOfAnswer } from '../helpers/hub-process.ts';
import { eventually } from '../helpers/processes.ts';
import { agentOf, odd, post, RunProcess, serverOf } from '../helpers/run-process.ts';

/** The messages before the answer to a call. Read as raw frames, because SDK clients lose some of them on a busy machine. */
async function progressOfCall(run: RunProcess): Promise<number[]> {
  const agent = new RawAgent(run.directory);
  await agent.initialize();
  await agent.call(1, 'instances_connect', { instance_id: (await run.registered()).id });
  const params = {
    name: 'trigger-long-running-operation',
    arguments: { duration: 0.05, steps: 3 },
    _meta: { progressToken: 'steps' },
  };
  agent.send({ jsonrpc: '2.0', id: 2, method: 'tools/call', params });
  const answer = await agent.answer(2);
  const before = agent.frames.slice(0, agent.frames.indexOf(answer));
  return before
    .filter(({ method }) => method === 'notifications/progress')
    .map(({ params: { progress } }) => progress);
}

describe('what crosses signalbox run', () => {
  it('progress, requests to the agent, logs and changes of the everything server', async () => {
    const { CreateMessageRequestSchema, ListRootsRequestSchema } = await import(
      '@modelcontextprotocol/sdk/types.js'
    );
    const run = new RunProcess(
      [process.execPath, serverOf('server-everything'), 'stdio'],
      ['--name', 'everything'],
    );
    const { client } = await agentOf(run, {
      capabilities: { sampling: {}, roots: { listChanged: true } },
      prepare: (agent) => {
        agent.setRequestHandler(CreateMessageRequestSchema, ({ params }) => ({
          model: 'a model',
          role: 'assistant',
          content: { type: 'text', text: `${params.maxTokens} tokens at most` },
        }));
        agent.setRequestHandler(ListRootsRequestSchema, () => ({
          roots: [{ uri: 'file:///projects/web', name: 'web' }],
        }));
      },
    });

    expect(textOfAnswer(await callTool(client, 'echo', { message: 'hello' }))).toContain('hello');
    expect(await progressOfCall(run)).toEqual([1, 2, 3]);
    const sampled = await callTool(client, 'trigger-sampling-request', {
      prompt: 'hello',
      maxTokens: 7,
    });
    expect(textOfAnswer(sampled)).toContain('7 tokens at most');
    // It requests the roots outside of any call, as soon as it can.
    await eventually(async () => {
      expect(textOfAnswer(await callTool(client, 'get-roots-list'))).toContain(
        'file:///projects/web',
      );
    });
    const { resources } = await client.listResources();
    expect(resources.length).toBeGreaterThan(2);
    const { prompts } = await client.listPrompts();
    const [prompt] = prompts;
    expect(prompt).toBeDefined();
    const { completion } = await client.complete({
      ref: { type: 'ref/prompt', name: 'completable-prompt' },
      argument: { name: 'department', value: 'E' },
    });
    expect(completion.values).toEqual(['Engineering']);
  });

  it('notifications outside of any request', async () => {
    const run = new RunProcess(odd());
    const { ResourceUpdatedNotificationSchema, ToolListChangedNotificationSchema } = await import(
      '@modelcontextprotocol/sdk/types.js'
    );
    const heard: string[] = [];
    const { client } = await agentOf(run, {
      prepare: (agent) => {
        agent.setNotificationHandler(ResourceUpdatedNotificationSchema, ({ params }) => {
          heard.push(params.uri);
        });
        agent.setNotificationHandler(ToolListChangedNotificationSchema, () => {
          heard.push('tools');
        });
      },
    });
    heard.length = 0;
    await callTool(client, 'announce', { uri: 'odd://one' });
    await eventually(() => expect(heard).toEqual(expect.arrayContaining(['tools', 'odd://one'])));
  });

  it('cancellations: the server is notified and continues', async () => {
    const { client } = await agentOf(new RunProcess(odd()));
    // A call that is cancelled before its process has started is never sent.
    await callTool(client, 'pid');
    const cancel = new AbortController();
    const call = callTool(client, 'slow', { ms: 60_000 }, { signal: cancel.signal });
    const cancelled = expect(call).rejects.toThrow();
    setTimeout(() => cancel.abort(), 50);
    await cancelled;
    await eventually(async () => {
      expect(textOfAnswer(await callTool(client, 'heard'))).toContain('notifications/cancelled');
    });
  });

  it('no answers to cancelled calls: their stream ends', async () => {
    const run = await new RunProcess(odd()).registered();
    const opened = await post(run);
    await opened.text();
    const session = { 'mcp-session-id': opened.headers.get('mcp-session-id') ?? '' };
    const call = await post(run, session, {
      id: 'slow',
      method: 'tools/call',
      params: { name: 'slow', arguments: { ms: 60_000 } },
    });
    await post(run, session, {
      method: 'notifications/cancelled',
      params: { requestId: 'slow' },
    });
    expect(await call.text()).toBe('');
  });

  it('errors with their data, and invalid answers as errors', async () => {
    const { client } = await agentOf(new RunProcess(odd()));
    await expect(client.request({ method: 'strange' }, z.any())).rejects.toMatchObject({
      code: -32601,
      data: { method: 'strange' },
    });
    await expect(client.request({ method: 'bad' }, z.any())).rejects.toThrow(
      "the server's answer is not valid JSON-RPC",
    );
  });

  it.each([
    ['NaN', '{"jsonrpc":"2.0","id":ID,"result":{"mean":NaN}}'],
    [
      'what is nested 2000 deep',
      `{"jsonrpc":"2.0","id":ID,"result":${'{"a":'.repeat(2_000)}0${'}'.repeat(2_001)}`,
    ],
  ])('an error for the caller instead of %s', async (_, line) => {
    const { client } = await agentOf(new RunProcess(odd()));
    await expect(client.request({ method: 'raw', params: { line } }, z.any())).rejects.toThrow(
      "the server's answer is not valid JSON",
    );
  });

  it('an error instead of more than 64 MB, or nothing if that has no id', async () => {
    const { client } = await agentOf(new RunProcess(odd()));
    const oversize = (params: Record<string, string>) =>
      client.request({ method: 'oversize', params }, z.any());
    await expect(oversize({})).rejects.toThrow(/the server answered \d+ bytes, more than 67108864/);
    expect(await oversize({ id: '007' })).toEqual({ lives: true });
  });

  it('answers of 20 MB, after which the session continues', async () => {
    const { client } = await agentOf(new RunProcess(odd()));
    await expect(callTool(client, 'big', { bytes: 20_000_000 })).rejects.toThrow(
      'MESSAGE_TOO_LARGE',
    );
    expect(textOfAnswer(await callTool(client, 'big', { bytes: 5_000_000 }))).toHaveLength(
      5_000_000,
    );
  });
});

describe('a client that does not read', () => {
  /** A raw session whose standing stream is not read. */
  async function unread(...args: readonly string[]) {
    const run = await new RunProcess(odd(), args).registered();
    const { port, token } = run;
    const opened = await post(run);
    await opened.text();
    const session = { 'mcp-session-id': opened.headers.get('mcp-session-id') ?? '' };
    const stream = connect(port, '127.0.0.1');
    afterTest(() => stream.destroy());
    const head = [
      `host: localhost:${port}`,
      'accept: text/event-stream',
      `authorization: Bearer ${token}`,
    ];
    const id = `mcp-session-id: ${session['mcp-session-id']}`;
    stream.write(['GET /mcp HTTP/1.1', ...head, id, '', ''].join('\r\n'));
    await once(stream, 'data');
    stream.pause();
    const call = async (name: string, args: object = {}) => {
      const message = {
        jsonrpc: '2.0',
        id: name,
        method: 'tools/call',
        params: { name, arguments: args },
      };
      const response = await post(run, session, message);
      return response.text();
    };
    return { stream, call, pid: Number(/"text":"(\d+)"/.exec(await call('pid'))?.[1]) };
  }

  it('slows down its server, and then receives everything', async () => {
    const { stream, call, pid } = await unread();
    let isAnswered = false;
    const flood = call('flood', { count: 10_000, bytes: 10_000 }).then(() => {
      isAnswered = true;
    });
    // The server is blocked once it stops writing.
    const written: string[] = [];
    await eventually(() => {
      written.push(/wchar: \d+/.exec(readFileSync(`/proc/${pid}/io`, 'utf8'))?.[0] ?? '');
      expect(written.length).toBeGreaterThan(10);
      expect(new Set(written.slice(-10)).size).toBe(1);
    });
    expect(isAnswered).toBe(false);
    let bytes = 0;
    stream.on('data', (chunk) => {
      bytes += chunk.length;
    });
    stream.resume();
    await flood;
    await eventually(() => expect(bytes).toBeGreaterThan(100_000_000));
  });

  it('loses its session if others share the server', async () => {
    const { stream, call } = await unread('--shared');
    const ended = once(stream, 'close');
    expect(await call('flood', { count: 10_000, bytes: 10_000 })).toBe('');
    stream.resume();
    await ended;
  });
});
