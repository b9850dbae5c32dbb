import { describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import {
  BRUMMERS,
  type Brummer,
  brummerHome,
  registrationsIn,
  startBrummer,
} from '../helpers/brummer.ts';
import { callTool, startAgent, type ToolAnswer, textOfAnswer } from '../helpers/hub-process.ts';
import { eventually, startFixture, startProcess } from '../helpers/processes.ts';
import { register, temporaryDirectory } from '../helpers/registrations.ts';
import { runCommand } from '../helpers/run-command.ts';
import { odd, RunProcess } from '../helpers/run-process.ts';

type Client = Awaited<ReturnType<typeof startAgent>>['client'];

const rows = z.object({
  instances: z.array(
    z.looseObject({
      id: z.string(),
      state: z.string(),
      connected: z.boolean(),
      last_error: z.looseObject({ code: z.string() }).nullable(),
    }),
  ),
});

/** The instances as the agent's hub sees them. */
async function listed(client: Client) {
  const { structuredContent } = await callTool(client, 'instances_list');
  return rows.parse(structuredContent).instances;
}

async function connect(client: Client, id: string): Promise<void> {
  const answer = await callTool(client, 'instances_connect', { instance_id: id });
  expect(answer.isError).not.toBe(true);
}

async function expectCallsInFlight(client: Client): Promise<void> {
  const { structuredContent } = await callTool(client, 'instances_health');
  const health = z.array(z.looseObject({ calls_in_flight: z.number() }));
  const flying = health.parse(structuredContent?.['instances']).map((each) => each.calls_in_flight);
  expect(flying).toContain(1);
}

const codeOf = ({ structuredContent }: ToolAnswer): string | undefined =>
  structuredContent?.['error']?.code;

/** The next port, so that no test reaches servers of another one. */
let nextPort = 18_100;
const freshPort = () => {
  nextPort += 20;
  return nextPort;
};

describe.each(BRUMMERS)('Brummer, %s, restarted during a session', (kind) => {
  it('twenty times: the session follows, no other server answers, and leftover files are recognized', async () => {
    const home = brummerHome('shop');
    const port = freshPort();
    let brummer = await startBrummer(kind, home, port);
    const { client } = await startAgent(home.instances);
    await connect(client, brummer.registration.id);

    const waits: number[] = [];
    for (let round = 0; round < 20; round += 1) {
      const hanging =
        round % 5 === 0 && kind === 'the fixture' ? callTool(client, 'slow', { ms: 60_000 }) : null;
      if (hanging !== null) await eventually(() => expectCallsInFlight(client));
      await brummer.end(round % 2 === 0 ? 'SIGKILL' : 'SIGINT');
      // Calls sent before the hub notices the end would be lost, so send this one afterwards.
      const { id } = brummer.registration;
      await callTool(client, 'instances_wait', { instance_id: id, state: 'retrying' });
      const calling = callTool(client, 'scripts_list');
      brummer = await startBrummer(kind, home, round % 3 === 0 ? port + 1 + (round % 7) : port);
      const listening = Date.now();
      const answer = await calling;
      waits.push(Date.now() - listening);
      expect(answer.isError).not.toBe(true);
      expect(answer.structuredContent?.['scripts']).toEqual(home.scripts);
      // A call that had been sent is lost and not sent again.
      if (hanging !== null) expect(codeOf(await hanging)).toBe('CONNECTION_LOST');
    }
    process.stderr.write(`waits in ms: ${waits.sort((a, b) => a - b).join(' ')}\n`);

    const { id } = brummer.registration;
    const instances = await listed(client);
    expect(instances.filter(({ state }) => state === 'active')).toMatchObject([
      { id, connected: true },
    ]);
    const others = instances.filter((each) => each.id !== id);
    expect(others).toHaveLength(registrationsIn(home.instances).length - 1);
    for (const each of others) {
      expect(each).toMatchObject({ state: 'dead', last_error: { code: 'SUPERSEDED' } });
    }
    // The old id means the successor.
    const [old] = others;
    const called = await callTool(client, 'instances_call', {
      instance_id: old?.id,
      tool: 'scripts_list',
    });
    expect(called.structuredContent?.['scripts']).toEqual(home.scripts);
    // Its name matches only one instance.
    await connect(client, 'shop');

    // The same holds for a hub that never saw the old processes, for prune and for doctor.
    const options = ['--instances-dir', home.instances];
    const list = await runCommand(['list', '--probe', '--all', '--json', ...options]);
    const seen = z.array(z.looseObject({ id: z.string(), state: z.string() }));
    const states = seen.parse(JSON.parse(list.stdout));
    expect(states.filter(({ state }) => state !== 'dead').map((each) => each.id)).toEqual([id]);
    const doctor = await runCommand(['doctor', '--json', ...options]);
    const stale = registrationsIn(home.instances).filter((each) => each.id !== id);
    for (const each of stale) expect(doctor.stdout).toContain(`${each.id}.json`);
    const pruned = await runCommand(['prune', ...options]);
    expect(pruned.stdout.match(/^removed: .*\.json/gm)).toHaveLength(stale.length);
    await eventually(async () => expect(await listed(client)).toHaveLength(1));
    expect(registrationsIn(home.instances)).toMatchObject([{ id }]);
  }, 180_000);

  it('is followed while another project takes its port, which never answers for it', async () => {
    const home = brummerHome('shop');
    const other = brummerHome('other');
    const port = freshPort();
    const shop = await startBrummer(kind, home, port);
    const { client } = await startAgent(home.instances);
    await connect(client, shop.registration.id);

    await shop.end('SIGKILL');
    const taken = await startBrummer(
      kind,
      { ...other, instances: home.instances, runtime: home.runtime },
      port,
    );
    expect(taken.registration.port).toBe(port);
    await eventually(async () =>
      expect((await listed(client)).find(({ id }) => id === taken.registration.id)).toMatchObject({
        state: 'active',
      }),
    );
    const answers = await Promise.all([
      callTool(client, 'scripts_list'),
      callTool(client, 'instances_call', {
        instance_id: shop.registration.id,
        tool: 'scripts_list',
      }),
    ]);
    for (const answer of answers) {
      expect(answer.structuredContent?.['scripts']).toBeUndefined();
      expect(answer.isError).toBe(true);
    }

    // Its project comes back on another port, and its session, which had no instance, is bound to it again.
    const back = await startBrummer(kind, home, port + 1);
    await eventually(async () =>
      expect((await listed(client)).find(({ id }) => id === back.registration.id)).toMatchObject({
        state: 'active',
        connected: true,
      }),
    );
    const answer = await callTool(client, 'scripts_list');
    expect(answer.structuredContent?.['scripts']).toEqual(home.scripts);
    expect(home.scripts).not.toEqual(other.scripts);
  });
});

describe('a hub that starts after many restarts', () => {
  it('has one active instance and connects the agent of the project to it', async () => {
    const home = brummerHome('shop');
    const port = freshPort();
    let brummer: Brummer | null = null;
    for (let round = 0; round < 6; round += 1) {
      await brummer?.end('SIGKILL');
      brummer = await startBrummer('the fixture', home, port);
    }
    const { client } = await startAgent(home.instances, { cwd: home.path });
    const instances = await listed(client);
    expect(instances).toHaveLength(6);
    expect(instances.filter(({ state }) => state === 'active')).toMatchObject([
      { id: brummer?.registration.id, connected: true },
    ]);
    const answer = await callTool(client, 'scripts_list');
    expect(answer.structuredContent?.['scripts']).toEqual(home.scripts);
  });
});

describe('a server without a standing stream that restarts on its port', () => {
  it('answers an instances_call made while it was away, with its file unchanged', async () => {
    const directory = temporaryDirectory();
    let server = await startFixture('plain-post');
    register(directory, { id: 'web', port: server.port });
    const { client } = await startAgent(directory);
    const call = () =>
      callTool(client, 'instances_call', {
        instance_id: 'web',
        tool: 'echo',
        arguments: { text: 'hi' },
      });
    expect(textOfAnswer(await call())).toBe('hi');
    for (let round = 0; round < 3; round += 1) {
      await server.kill();
      // A socket that was used within the last 10 ms would be trusted.
      await new Promise((resolve) => setTimeout(resolve, 20));
      const calling = call();
      await new Promise((resolve) => setTimeout(resolve, 700));
      server = await startFixture('plain-post', { port: server.port });
      expect(textOfAnswer(await calling)).toBe('hi');
    }
  });

  it('is not contacted if another process has its port', async () => {
    const directory = temporaryDirectory();
    const server = await startFixture('plain-post', { name: 'mine' });
    register(directory, { id: 'web', port: server.port, pid: server.pid });
    const { client } = await startAgent(directory, { args: ['--call-wait', '500ms'] });
    await connect(client, 'web');
    expect((await callTool(client, 'echo', { text: 'hi' })).isError).not.toBe(true);
    await server.kill();
    // No ping has noticed the end of the process yet.
    await startFixture('plain-post', { port: server.port, name: 'stranger' });
    for (let n = 0; n < 3; n += 1) {
      const answer = await callTool(client, 'echo', { text: 'hi' });
      expect(codeOf(answer)).toMatch(/^(INSTANCE_NOT_ACTIVE|CONNECTION_LOST)$/);
    }
    expect(await listed(client)).toMatchObject([
      { state: 'retrying', last_error: { code: 'PROCESS_GONE' } },
    ]);
  });
});

describe('a launcher process', () => {
  it('may end without ending an established connection', async () => {
    const directory = temporaryDirectory();
    const launcher = startProcess('sleep', ['60']);
    const server = await startFixture('sdk-stateful');
    register(directory, { id: 'web', port: server.port, pid: launcher.pid });
    const { client } = await startAgent(directory, { args: ['--ping-interval', '100ms'] });
    await connect(client, 'web');
    launcher.kill('SIGKILL');
    await new Promise((resolve) => setTimeout(resolve, 600));
    expect(await listed(client)).toMatchObject([{ state: 'active', last_error: null }]);
    const [first, second] = await Promise.all([
      callTool(client, 'echo', { text: 'one' }),
      callTool(client, 'echo', { text: 'two' }),
    ]);
    expect([textOfAnswer(first), textOfAnswer(second)]).toEqual(['one', 'two']);
  });
});

describe('signalbox run, stopped and started again', () => {
  it('gets its sessions back under the same id', async () => {
    const first = new RunProcess(odd(), ['--name', 'odd']);
    const { id } = await first.registered();
    const { client } = await startAgent(first.directory);
    await connect(client, id);
    await callTool(client, 'pid');
    await first.end();
    await eventually(async () => expect(await listed(client)).toEqual([]));
    const again = new RunProcess(odd(), ['--name', 'odd'], { directory: first.directory });
    expect(await again.registered()).toMatchObject({ id });
    await eventually(async () =>
      expect(await listed(client)).toMatchObject([{ id, state: 'active', connected: true }]),
    );
    expect((await callTool(client, 'pid')).isError).not.toBe(true);
  });
});
