import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { isRunning } from '../../src/is-running.ts';
import { callTool, startAgent, textOfAnswer } from '../helpers/hub-process.ts';
import { eventually } from '../helpers/processes.ts';
import { temporaryDirectory } from '../helpers/registrations.ts';
import { agentOf, odd, pidOf, RunProcess, serverOf } from '../helpers/run-process.ts';

describe('signalbox run', () => {
  it('lets an agent read a file with the filesystem server', async () => {
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

  it('uses the server’s own name, and registers it once it can be used', async () => {
    const run = new RunProcess(odd());
    const facts = await run.registered();
    expect(facts).toMatchObject({ id: 'odd', name: 'odd', path: process.cwd() });
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

  it('starts a server for each session that needs it, and ends it with the session', async () => {
    const run = new RunProcess(odd());
    const [one, other] = [await agentOf(run), await agentOf(run)];
    const [pid, otherPid] = [await pidOf(one), await pidOf(other)];
    expect(pid).not.toBe(otherPid);
    await one.close();
    await eventually(() => expect(isRunning(pid)).toBe(false));
    expect(await pidOf(other)).toBe(otherPid);
  });

  it('adds a suffix to a name that is taken', async () => {
    const first = new RunProcess(odd(), ['--name', 'web']);
    await first.registered();
    const second = new RunProcess(odd(), ['--name', 'web'], { directory: first.directory });
    expect(await second.registered()).toMatchObject({ id: 'web-2', name: 'web-2' });
  });

  it('replaces a killed one as the same instance', async () => {
    const first = new RunProcess(odd(), ['--name', 'web']);
    const { client } = await agentOf(first);
    const file = join(first.directory, 'web.json');
    const left = readFileSync(file);
    await first.end('SIGKILL');
    // As where there is no shell that removes it.
    await eventually(() => expect(existsSync(file)).toBe(false));
    writeFileSync(file, left, { mode: 0o600 });
    const second = new RunProcess(odd(), ['--name', 'web'], { directory: first.directory });
    const { port } = await second.registered();
    await eventually(async () => {
      const back = await callTool(client, 'instances_connect', { instance_id: 'web' });
      expect(back.structuredContent).toMatchObject({ instance: { port, state: 'active' } });
    });
    expect(textOfAnswer(await callTool(client, 'pid'))).toMatch(/^\d+$/);
  });

  it.each([
    [0o644, true],
    [0o640, true],
    [0o600, false],
  ])('warns of an --env-file of mode %o: %s', async (mode, isWarned) => {
    const file = join(temporaryDirectory(), 'env');
    writeFileSync(file, 'SECRET=x\n');
    chmodSync(file, mode);
    const run = new RunProcess(odd(), ['--env-file', file]);
    await run.registered();
    const warning = `signalbox: other users can read ${file} (mode 0${mode.toString(8)}). To keep it private: chmod 600 ${file}\n`;
    expect(run.stderr.includes(warning)).toBe(isWarned);
    expect(run.stderr.includes('other users')).toBe(isWarned);
  });

  it('says what it waits for if the server is slow to answer', async () => {
    const run = new RunProcess(odd('--says-nothing'), ['--start-timeout', '1m']);
    await eventually(() => {
      expect(run.stderr).toMatch(
        /^signalbox: waiting for .*node .*stdio-odd\.mjs --says-nothing to answer initialize \(up to 60 s\)$/m,
      );
    });
  });

  it('passes the variables of the caller and of --env-file only to the server', async () => {
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

describe('a server that', () => {
  it('ignores every request to exit is killed with its children', async () => {
    const file = join(temporaryDirectory(), 'pid');
    const run = new RunProcess(odd('--ignores-ends', '--child', file));
    const pid = await pidOf(await agentOf(run));
    const grandchild = Number(readFileSync(file, 'utf8'));
    expect(isRunning(grandchild)).toBe(true);
    expect(await run.end()).toBe(0);
    await eventually(() => expect([pid, grandchild].filter((each) => isRunning(each))).toEqual([]));
  });

  it('dies during a call loses that call, not the next', async () => {
    const run = new RunProcess(odd());
    const agent = await agentOf(run);
    const pid = await pidOf(agent);
    const lost = await callTool(agent.client, 'die');
    expect(lost.structuredContent).toMatchObject({ error: { code: 'CONNECTION_LOST' } });
    expect(await pidOf(agent)).not.toBe(pid);
  });

  it('closes its stdout and keeps running is killed', async () => {
    const run = new RunProcess(odd('--closes-stdout', '--ignores-ends'));
    const agent = await agentOf(run);
    const pid = await pidOf(agent);
    await eventually(() => expect(isRunning(pid)).toBe(false));
    expect(await pidOf(agent)).not.toBe(pid);
  });

  it('keeps dying is given up: run exits and removes its file', async () => {
    const run = new RunProcess(odd());
    const { client } = await agentOf(run);
    for (let n = 0; n < 6; n += 1) await callTool(client, 'die');
    const { code, stderr } = await run.outcome();
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /^signalbox: exited too often, not restarted: the server was ended by SIGKILL\n$/,
    );
    expect(readdirSync(run.directory)).toEqual([]);
  });

  it('floods stderr can still be used', async () => {
    const run = new RunProcess(odd('--floods-stderr'));
    expect(await pidOf(await agentOf(run))).toBeGreaterThan(0);
    expect(run.stderr).toContain('noise 1999');
  });

  it('prints junk on stdout can still be used, and this is reported three times', async () => {
    const run = new RunProcess(odd('--prints-junk'));
    expect(await pidOf(await agentOf(run))).toBeGreaterThan(0);
    const told = run.stderr.split('\n').filter((line) => line.includes('not an MCP message'));
    expect(told).toEqual([
      "signalbox: not an MCP message, on the server's stdout: Server ready on stdio!",
      'signalbox: not an MCP message, on the server\'s stdout: {"jsonrpc":"2.0"}',
      'signalbox: not an MCP message, on the server\'s stdout: {"half":  (further lines are not reported)',
    ]);
  });
});

it('another server on the port of a killed instance is not mistaken for it', async () => {
  const run = new RunProcess(odd(), ['--name', 'web', '--no-token']);
  const patient = ['--retry-base', '20ms', '--retry-cap', '50ms', '--max-retries', '1000'];
  const { client } = await agentOf(run, { args: patient });
  const { port } = await run.registered();
  const file = join(run.directory, 'web.json');
  const left = readFileSync(file);
  await run.end('SIGKILL');
  await eventually(() => expect(existsSync(file)).toBe(false));
  const other = new RunProcess(odd(), ['--port', String(port), '--no-token'], {
    directory: join(run.directory, 'elsewhere'),
  });
  mkdirSync(other.directory, { recursive: true, mode: 0o700 });
  await other.registered();
  // As where there is no shell that removes it.
  writeFileSync(file, left, { mode: 0o600 });
  await eventually(async () => {
    const { structuredContent } = await callTool(client, 'instances_list');
    expect(structuredContent?.['instances']).toMatchObject([
      { id: 'web', state: 'retrying', last_error: { code: 'IDENTITY_MISMATCH' } },
    ]);
  });
});
