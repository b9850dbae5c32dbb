import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, request } from 'node:http';
import { connect } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { isRunning } from '../../src/is-running.ts';
import { afterTest } from '../helpers/cleanup.ts';
import { callTool, startAgent, textOfAnswer } from '../helpers/hub-process.ts';
import { eventually } from '../helpers/processes.ts';
import { temporaryDirectory } from '../helpers/registrations.ts';
import { odd, RunProcess, serverOf } from '../helpers/run-process.ts';

/** An agent of a hub that sees what `run` has registered, connected to it. */
async function agentOf(
  run: RunProcess,
  options: Parameters<typeof startAgent>[1] = {},
): ReturnType<typeof startAgent> {
  const { id } = await run.registered();
  const agent = await startAgent(run.directory, options);
  const answer = await callTool(agent.client, 'instances_connect', { instance_id: id });
  expect(answer).not.toHaveProperty('isError');
  return agent;
}

const pidOf = async ({ client }: Awaited<ReturnType<typeof startAgent>>) =>
  Number(textOfAnswer(await callTool(client, 'pid')));

const INITIALIZE = {
  id: 1,
  method: 'initialize',
  params: {
    protocolVersion: '2025-06-18',
    capabilities: {},
    clientInfo: { name: 'by hand', version: '0' },
  },
};

const post = (
  port: number,
  headers: Readonly<Record<string, string>> = {},
  message: object = INITIALIZE,
  { path = '/mcp', signal = null }: { path?: string; signal?: AbortSignal | null } = {},
) =>
  fetch(`http://127.0.0.1:${port}${path}`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
      ...headers,
    },
    body: JSON.stringify({ jsonrpc: '2.0', ...message }),
    signal,
  });

describe('signalbox run', () => {
  it('has an agent read a file with the filesystem server', async () => {
    const project = temporaryDirectory();
    writeFileSync(join(project, 'hello.txt'), 'Hello from the file');
    const run = new RunProcess(
      [process.execPath, serverOf('server-filesystem'), project],
      ['--name', 'files'],
    );
    const { client } = await agentOf(run);
    const { tools } = await client.listTools();
    expect(tools.map(({ name }) => name)).toEqual(expect.arrayContaining(['read_text_file']));
    const answer = await callTool(client, 'read_text_file', { path: join(project, 'hello.txt') });
    expect(textOfAnswer(answer)).toBe('Hello from the file');
  });

  it('goes by what the server calls itself, and registers when it can be used', async () => {
    const run = new RunProcess(odd());
    const facts = await run.registered();
    expect(facts).toMatchObject({ id: 'odd', name: 'odd', path: process.cwd() });
    expect(facts).not.toHaveProperty('token');
    const { client } = await startAgent(run.directory);
    const { structuredContent } = await callTool(client, 'instances_list');
    expect(structuredContent?.['instances']).toMatchObject([
      { id: 'odd', state: 'active', port: facts.port, pid: run.child.pid },
    ]);
    const connected = await callTool(client, 'instances_connect', { instance_id: 'odd' });
    expect(connected.structuredContent).toMatchObject({ instructions: 'Handle with care.' });
    const { tools } = await client.request({ method: 'tools/list' }, z.any());
    expect(tools).toContainEqual({ name: 'pid', inputSchema: { type: 'object' }, 'x-kept': 1 });
  });

  it.each(['SIGTERM', 'SIGINT', 'SIGHUP'] as const)(
    'takes file and servers along on %s',
    async (signal) => {
      const run = new RunProcess(odd());
      const pid = await pidOf(await agentOf(run));
      expect(isRunning(pid)).toBe(true);
      expect(await run.end(signal)).toBe(0);
      expect(isRunning(pid)).toBe(false);
      expect(readdirSync(run.directory)).toEqual([]);
    },
  );

  it('starts a server for each session, and ends it with the session', async () => {
    const run = new RunProcess(odd());
    const [one, other] = [await agentOf(run), await agentOf(run)];
    const [pid, otherPid] = [await pidOf(one), await pidOf(other)];
    expect(pid).not.toBe(otherPid);
    await one.close();
    await eventually(() => expect(isRunning(pid)).toBe(false));
    expect(await pidOf(other)).toBe(otherPid);
  });

  it.each([
    ['was refused', 'stranger'],
    ['has hung up before its answer came', 'nobody'],
  ])('ends the server of a client that %s', async (_, name) => {
    const file = join(temporaryDirectory(), 'pids');
    const run = new RunProcess(odd('--pids', file));
    const { port } = await run.registered();
    const hangUp = new AbortController();
    const { params } = INITIALIZE;
    const response = await post(
      port,
      {},
      { ...INITIALIZE, params: { ...params, clientInfo: { name, version: '0' } } },
      { signal: hangUp.signal },
    );
    if (name === 'nobody') hangUp.abort();
    else expect(await response.text()).toContain('no licence');
    await eventually(() => {
      const [first, second] = readFileSync(file, 'utf8').split('\n').map(Number);
      expect([first, second].map((pid) => isRunning(z.number().positive().parse(pid)))).toEqual([
        true,
        false,
      ]);
    });
  });

  it('gives an instance of a name that is taken a suffix', async () => {
    const first = new RunProcess(odd(), ['--name', 'web']);
    await first.registered();
    const second = new RunProcess(odd(), ['--name', 'web'], { directory: first.directory });
    expect(await second.registered()).toMatchObject({ id: 'web-2', name: 'web-2' });
  });

  it('takes the place that one left behind which was killed, as the same instance', async () => {
    const first = new RunProcess(odd(), ['--name', 'web']);
    const { client } = await agentOf(first);
    await first.end('SIGKILL');
    expect(readdirSync(first.directory)).toEqual(['web.json']);
    const second = new RunProcess(odd(), ['--name', 'web'], { directory: first.directory });
    const { port } = await second.registered();
    const back = await callTool(client, 'instances_wait', { instance_id: 'web' });
    expect(back.structuredContent).toMatchObject({ instance: { port, connected: true } });
    expect(textOfAnswer(await callTool(client, 'pid'))).toMatch(/^\d+$/);
  });

  it('gives the server the variables of the caller and of --env-file, and the registration none', async () => {
    const file = join(temporaryDirectory(), 'env');
    writeFileSync(file, "# secrets\nFROM_FILE='two words'\nBOTH=file\n");
    const run = new RunProcess(odd(), ['--env-file', file], {
      env: { FROM_CALLER: 'called', BOTH: 'caller' },
    });
    const { client } = await agentOf(run);
    const variable = async (name: string) => textOfAnswer(await callTool(client, 'env', { name }));
    expect(await variable('FROM_FILE')).toBe('two words');
    expect(await variable('FROM_CALLER')).toBe('called');
    expect(await variable('BOTH')).toBe('file');
    expect(readFileSync(join(run.directory, 'odd.json'), 'utf8')).not.toMatch(/words|called|file"/);
  });
});

describe('what crosses signalbox run', () => {
  it('is what the everything server has: progress, questions to the agent, logs, changes', async () => {
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
    const progress: number[] = [];
    await client.callTool(
      { name: 'trigger-long-running-operation', arguments: { duration: 0.05, steps: 3 } },
      undefined,
      { onprogress: (each) => progress.push(each.progress) },
    );
    expect(progress).toEqual([1, 2, 3]);
    const sampled = await callTool(client, 'trigger-sampling-request', {
      prompt: 'hello',
      maxTokens: 7,
    });
    expect(textOfAnswer(sampled)).toContain('7 tokens at most');
    // It asks for the roots when nothing is under way, as soon as it can.
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

  it('goes without a request, too: what the server announces', async () => {
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

  it('is a cancellation: the server hears of it, and goes on', async () => {
    const { client } = await agentOf(new RunProcess(odd()));
    const cancel = new AbortController();
    const call = callTool(client, 'slow', { ms: 60_000 }, { signal: cancel.signal });
    const cancelled = expect(call).rejects.toThrow();
    setTimeout(() => cancel.abort(), 50);
    await cancelled;
    await eventually(async () => {
      expect(textOfAnswer(await callTool(client, 'heard'))).toContain('notifications/cancelled');
    });
  });

  it('is no answer to what was cancelled: its stream ends', async () => {
    const { port } = await new RunProcess(odd()).registered();
    const opened = await post(port);
    await opened.text();
    const session = { 'mcp-session-id': opened.headers.get('mcp-session-id') ?? '' };
    const call = await post(port, session, {
      id: 'slow',
      method: 'tools/call',
      params: { name: 'slow', arguments: { ms: 60_000 } },
    });
    await post(port, session, {
      method: 'notifications/cancelled',
      params: { requestId: 'slow' },
    });
    expect(await call.text()).toBe('');
  });

  it('is an error with its data, and a wrong answer as an error', async () => {
    const { client } = await agentOf(new RunProcess(odd()));
    await expect(client.request({ method: 'strange' }, z.any())).rejects.toMatchObject({
      code: -32601,
      data: { method: 'strange' },
    });
    await expect(client.request({ method: 'bad' }, z.any())).rejects.toThrow(
      'the server answered what is no JSON-RPC answer',
    );
  });

  it.each([
    ['NaN', '{"jsonrpc":"2.0","id":ID,"result":{"mean":NaN}}'],
    [
      'what is nested 2000 deep',
      `{"jsonrpc":"2.0","id":ID,"result":${'{"a":'.repeat(2_000)}0${'}'.repeat(2_001)}`,
    ],
  ])('is an error for who waits for %s', async (_, line) => {
    const { client } = await agentOf(new RunProcess(odd()));
    await expect(client.request({ method: 'raw', params: { line } }, z.any())).rejects.toThrow(
      'the server answered what can not be read',
    );
  });

  it('is an error instead of more than 64 MB, and nothing when that says no id', async () => {
    const { client } = await agentOf(new RunProcess(odd()));
    const oversize = (params: Record<string, string>) =>
      client.request({ method: 'oversize', params }, z.any());
    await expect(oversize({})).rejects.toThrow(/the server answered \d+ bytes, more than 67108864/);
    expect(await oversize({ id: '007' })).toEqual({ lives: true });
  });

  it('is no answer of 20 MB, and the session lives on', async () => {
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
  /** A session by hand, whose standing stream nobody reads. */
  async function unread(...args: readonly string[]) {
    const { port } = await new RunProcess(odd(), args).registered();
    const opened = await post(port);
    await opened.text();
    const session = { 'mcp-session-id': opened.headers.get('mcp-session-id') ?? '' };
    const stream = connect(port, '127.0.0.1');
    afterTest(() => stream.destroy());
    const head = [`host: localhost:${port}`, 'accept: text/event-stream'];
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
      const response = await post(port, session, message);
      return response.text();
    };
    return { stream, call, pid: Number(/"text":"(\d+)"/.exec(await call('pid'))?.[1]) };
  }

  it('has its server wait, and then is told all', async () => {
    const { stream, call, pid } = await unread();
    let isAnswered = false;
    const flood = call('flood', { count: 10_000, bytes: 10_000 }).then(() => {
      isAnswered = true;
    });
    // The server is held up when it writes no more.
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

  it('loses its session where others share the server with it', async () => {
    const { stream, call } = await unread('--shared');
    const ended = once(stream, 'close');
    expect(await call('flood', { count: 10_000, bytes: 10_000 })).toBe('');
    stream.resume();
    await ended;
  });
});

describe('one server for all, with --shared,', () => {
  it('serves two agents, each with its own answers and progress', async () => {
    const run = new RunProcess(odd(), ['--shared']);
    const [one, other] = [await agentOf(run), await agentOf(run)];
    expect(await pidOf(one)).toBe(await pidOf(other));
    const told: string[] = [];
    const slow = ({ client }: typeof one, text: string) =>
      client.callTool({ name: 'slow', arguments: { ms: 100, text } }, undefined, {
        onprogress: ({ message }) => told.push(`${text} was told ${message}`),
      });
    const answers = await Promise.all([slow(one, 'one'), slow(other, 'other'), slow(one, 'again')]);
    expect(answers.map(({ content }) => content)).toEqual(
      ['one', 'other', 'again'].map((text) => [{ type: 'text', text }]),
    );
    expect(told.sort()).toEqual([
      'again was told again',
      'one was told one',
      'other was told other',
    ]);
  });

  it('cancels the call of who cancels, and only that', async () => {
    const run = new RunProcess(odd(), ['--shared']);
    const [one, other] = [await agentOf(run), await agentOf(run)];
    const cancel = new AbortController();
    const call = callTool(one.client, 'slow', { ms: 60_000 }, { signal: cancel.signal });
    const cancelled = expect(call).rejects.toThrow();
    const kept = callTool(other.client, 'slow', { ms: 300, text: 'kept' });
    setTimeout(() => cancel.abort(), 50);
    await cancelled;
    expect(textOfAnswer(await kept)).toBe('kept');
  });

  it('tells of a resource only who has subscribed, and unsubscribes when nobody is left', async () => {
    const { ResourceUpdatedNotificationSchema } = await import(
      '@modelcontextprotocol/sdk/types.js'
    );
    const run = new RunProcess(odd(), ['--shared']);
    const heard = { one: 0, other: 0 };
    const listener = (name: 'one' | 'other') => ({
      prepare: (
        agent: Parameters<NonNullable<NonNullable<Parameters<typeof startAgent>[1]>['prepare']>>[0],
      ) =>
        agent.setNotificationHandler(ResourceUpdatedNotificationSchema, () => {
          heard[name] += 1;
        }),
    });
    const one = await agentOf(run, listener('one'));
    const other = await agentOf(run, listener('other'));
    const third = await agentOf(run);
    await one.client.subscribeResource({ uri: 'odd://x' });
    await third.client.subscribeResource({ uri: 'odd://x' });
    await callTool(other.client, 'announce', { uri: 'odd://x' });
    await eventually(() => expect(heard.one).toBe(1));
    await one.client.unsubscribeResource({ uri: 'odd://x' });
    const methods = async () => textOfAnswer(await callTool(other.client, 'heard')).split(' ');
    const count = (all: string[], method: string) => all.filter((each) => each === method).length;
    const before = await methods();
    expect(count(before, 'resources/subscribe')).toBe(1);
    expect(count(before, 'resources/unsubscribe')).toBe(0);
    await third.close();
    await eventually(async () => expect(count(await methods(), 'resources/unsubscribe')).toBe(1));
    expect(heard).toEqual({ one: 1, other: 0 });
  });

  it('refuses a resource to each who asks for it', async () => {
    const run = new RunProcess(odd(), ['--shared']);
    for (const { client } of [await agentOf(run), await agentOf(run)]) {
      await expect(client.subscribeResource({ uri: 'odd://none' })).rejects.toThrow(
        'no such resource',
      );
    }
  });

  it('has its questions declined: nobody can tell for whom they are', async () => {
    const run = new RunProcess(odd(), ['--shared']);
    const { client } = await agentOf(run, { capabilities: { roots: {} } });
    expect(textOfAnswer(await callTool(client, 'ask'))).toContain('a shared server can ask nobody');
  });

  it('is started again for the next session when it dies', async () => {
    const run = new RunProcess(odd(), ['--shared']);
    const agent = await agentOf(run);
    const pid = await pidOf(agent);
    const lost = await callTool(agent.client, 'die');
    expect(lost.structuredContent).toMatchObject({ error: { code: 'CONNECTION_LOST' } });
    const next = await pidOf(agent);
    expect(next).not.toBe(pid);
    expect(isRunning(pid)).toBe(false);
  });
});

describe('a server that', () => {
  it('ignores every request to end, and has started others, is ended with them', async () => {
    const file = join(temporaryDirectory(), 'pid');
    const run = new RunProcess(odd('--ignores-ends', '--child', file));
    const pid = await pidOf(await agentOf(run));
    const grandchild = Number(readFileSync(file, 'utf8'));
    expect(isRunning(grandchild)).toBe(true);
    expect(await run.end()).toBe(0);
    await eventually(() => expect([pid, grandchild].filter((each) => isRunning(each))).toEqual([]));
  });

  it('dies in a call loses that call, not the next', async () => {
    const run = new RunProcess(odd());
    const agent = await agentOf(run);
    const pid = await pidOf(agent);
    const lost = await callTool(agent.client, 'die');
    expect(lost.structuredContent).toMatchObject({ error: { code: 'CONNECTION_LOST' } });
    expect(await pidOf(agent)).not.toBe(pid);
  });

  it('closes its stdout and stays is ended', async () => {
    const run = new RunProcess(odd('--closes-stdout', '--ignores-ends'));
    const agent = await agentOf(run);
    const pid = await pidOf(agent);
    await eventually(() => expect(isRunning(pid)).toBe(false));
    expect(await pidOf(agent)).not.toBe(pid);
  });

  it('dies again and again is given up: run ends, and takes its file along', async () => {
    const run = new RunProcess(odd());
    const { client } = await agentOf(run);
    for (let n = 0; n < 6; n += 1) await callTool(client, 'die');
    const { code, stderr } = await run.outcome();
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /^signalbox: ended too often, and not started again: the server was ended by SIGKILL\n$/,
    );
    expect(readdirSync(run.directory)).toEqual([]);
  });

  it('floods stderr is heard all the same', async () => {
    const run = new RunProcess(odd('--floods-stderr'));
    expect(await pidOf(await agentOf(run))).toBeGreaterThan(0);
    expect(run.stderr).toContain('noise 1999');
  });

  it('prints junk on stdout is heard all the same, and that is told of three times', async () => {
    const run = new RunProcess(odd('--prints-junk'));
    expect(await pidOf(await agentOf(run))).toBeGreaterThan(0);
    const told = run.stderr.split('\n').filter((line) => line.includes('not a message'));
    expect(told).toEqual([
      "signalbox: not a message, on the server's stdout: Server ready on stdio!",
      'signalbox: not a message, on the server\'s stdout: {"jsonrpc":"2.0"}',
      'signalbox: not a message, on the server\'s stdout: {"half":  (and no more is told of that)',
    ]);
  });
});

describe('signalbox run ends with one line and code 1, and leaves nothing,', () => {
  const failing = async (
    command: readonly string[],
    args: readonly string[] = [],
    options: { directory?: string } = {},
  ) => {
    const run = new RunProcess(command, args, options);
    const { code, stdout, stderr } = await run.outcome();
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(existsSync(run.directory) ? readdirSync(run.directory) : []).toEqual([]);
    return stderr
      .split('\n')
      .filter((line) => line.startsWith('signalbox: '))
      .join('\n');
  };

  it('when the command is not found', async () => {
    expect(await failing(['no-such-command-here', 'x'])).toBe(
      'signalbox: the server could not be started: command not found: no-such-command-here',
    );
  });

  it('when the server dies at start: with its last lines', async () => {
    expect(await failing(odd('--dies-at-start'))).toBe(
      'signalbox: the server ended with exit code 3; its last lines: loading | Error: Cannot find the database',
    );
  });

  it('when it is no MCP server: with its last lines', async () => {
    expect(await failing(odd('--says-nothing'), ['--start-timeout', '1s'])).toBe(
      'signalbox: no answer to initialize within 1 s: is it an MCP server?; its last lines: reading from stdin, as I always do',
    );
  });

  it('when the server refuses', async () => {
    expect(await failing(odd('--refuses'))).toBe(
      'signalbox: the server refused to initialize: no licence',
    );
  });

  it('when it repeats what it reads', async () => {
    expect(await failing(['cat'])).toBe(
      'signalbox: the command repeats what it reads: it is no MCP server',
    );
  });

  it('when its port is taken', async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    afterTest(() => server.close());
    const address = server.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    expect(await failing(odd(), ['--port', String(port)])).toBe(`signalbox: port ${port} is taken`);
  });

  it('when the file cannot be written', async () => {
    const directory = join(temporaryDirectory(), 'file', 'instances');
    writeFileSync(join(directory, '../..', 'file'), '');
    expect(await failing(odd(), [], { directory })).toMatch(/^signalbox: .*ENOTDIR/);
  });
});

it.each([
  [[], 'run needs a command'],
  [['--', ''], 'run needs a command'],
  [['--port', '99999', '--', 'x'], '--port: '],
  [['--name', '', '--', 'x'], '--name: '],
  [['--start-timeout', 'soon', '--', 'x'], '--start-timeout: "soon" is not a duration'],
  [['--nmae', 'x', '--', 'x'], 'did you mean --name?'],
])('signalbox run %j is wrong use: %s', async (args, message) => {
  const { startProcess, BIN, exitOf, textOf } = await import('../helpers/processes.ts');
  const child = startProcess(process.execPath, [BIN, 'run', ...args]);
  const [stderr, code] = await Promise.all([textOf(child.stderr), exitOf(child)]);
  expect(stderr).toContain(message);
  expect(stderr.trimEnd().split('\n')).toHaveLength(1);
  expect(code).toBe(2);
});

it('signalbox run ends when there is no --env-file, whoever reads it', async () => {
  // Node 20 itself looks for one, wherever it stands in the line.
  const { code, stderr } = await new RunProcess(odd(), ['--env-file', '/nowhere']).outcome();
  expect(code).not.toBe(0);
  expect(stderr).toContain('/nowhere');
});

describe('who may come in', () => {
  it('with --token, only who has it: hubs read it in the registration', async () => {
    const run = new RunProcess(odd(), ['--token']);
    expect(await pidOf(await agentOf(run))).toBeGreaterThan(0);
    const { port, token } = await run.registered();
    expect(token).toMatch(/^[\w-]{32}$/);
    const statusOf = async (headers = {}) => (await post(port, headers)).status;
    expect(await statusOf()).toBe(401);
    expect(await statusOf({ authorization: `Bearer ${token}x` })).toBe(401);
    expect(await statusOf({ authorization: `Basic ${token}` })).toBe(401);
    expect(await statusOf({ authorization: `bearer ${token}` })).toBe(200);
  });

  it('is nobody whom another site sends, and nothing is beside /mcp', async () => {
    const { port } = await new RunProcess(odd()).registered();
    const statusOf = async (headers = {}) => (await post(port, headers)).status;
    expect(await statusOf({ origin: 'https://evil.example' })).toBe(403);
    expect(await statusOf({ origin: 'null' })).toBe(403);
    expect(await statusOf({ origin: 'http://localhost:6274' })).toBe(200);
    expect((await post(port, {}, INITIALIZE, { path: '/' })).status).toBe(404);
  });

  it.each([
    ['localhost', 200],
    ['LOCALHOST:1', 200],
    ['127.0.0.1', 200],
    ['[::1]:80', 200],
    ['evil.example', 403],
    ['127.0.0.1.evil.example', 403],
    ['localhost@evil.example', 403],
    ['evil.example#localhost', 403],
    ['localhost, evil.example', 403],
    ['evil.example@localhost', 403],
  ])('is who asks for this machine: Host %j is answered %d', async (host, status) => {
    const { port } = await new RunProcess(odd()).registered();
    const asked = request({
      port,
      host: '127.0.0.1',
      path: '/mcp',
      method: 'DELETE',
      headers: { host },
    });
    const [response] = await once(asked.end(), 'response');
    // There is no session to end; who may come in is told so.
    expect(response.statusCode).toBe(status === 200 ? 400 : status);
    response.destroy();
  });

  it('is told who is here: the nonce of the registration, by header and in _meta', async () => {
    const { port, nonce } = await new RunProcess(odd()).registered();
    const response = await post(port);
    expect(response.headers.get('signalbox-nonce')).toBe(nonce);
    expect(await response.text()).toContain(`"_meta":{"signalbox/nonce":"${nonce}"}`);
  });
});

it('somebody else who took the port of an instance that was killed is not taken for it', async () => {
  const run = new RunProcess(odd(), ['--name', 'web']);
  const patient = ['--retry-base', '20ms', '--retry-cap', '50ms', '--max-retries', '1000'];
  const { client } = await agentOf(run, { args: patient });
  const { port } = await run.registered();
  await run.end('SIGKILL');
  const other = new RunProcess(odd(), ['--port', String(port)], {
    directory: join(run.directory, 'elsewhere'),
  });
  mkdirSync(other.directory, { recursive: true, mode: 0o700 });
  await other.registered();
  await eventually(async () => {
    const { structuredContent } = await callTool(client, 'instances_list');
    expect(structuredContent?.['instances']).toMatchObject([
      { id: 'web', state: 'retrying', last_error: { code: 'IDENTITY_MISMATCH' } },
    ]);
  });
});
