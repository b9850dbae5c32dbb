// Measures how fast the hub notices changes, and what it leaves behind. Real processes, at least 20 trials each:
// npm run bench:levels [-- --write] [-- TRIALS]. --write updates docs/service-levels.md.
import { once } from 'node:events';
import { setTimeout as pause } from 'node:timers/promises';
import { churn } from './churn.mjs';
import { budgets, writePage } from './page.mjs';
import {
  BIN,
  cleanUp,
  directory,
  Peer,
  quantile,
  register,
  start,
  startServer,
  timed,
} from './peers.mjs';

const trials = Number(process.argv.slice(2).find((arg) => /^\d+$/.test(arg)) ?? 20);
const lines = [];

function row(...cells) {
  lines.push(`| ${cells.join(' | ')} |`);
  console.log(lines.at(-1));
}

function report(what, values) {
  const at = (share) => `${quantile(values, share).toFixed(values.length > 1 ? 1 : 0)} ms`;
  row(what, at(0.5), at(0.95), values.length);
}

async function startHub(where, options = []) {
  const args = [BIN, 'hub', '--instances-dir', where, '--log-level', 'silent', ...options];
  const hub = new Peer(start(process.execPath, args));
  await hub.initialize();
  await hub.call('instances_list');
  return hub;
}

/** Milliseconds from the call of `act` until `seen` resolves. */
function timedFrom(act, seen) {
  return timed(() => {
    act();
    return seen;
  });
}

const wait = (hub, id, state = 'active') =>
  hub.call('instances_wait', { instance_id: id, state, timeout_ms: 60_000 });

const sdk = (port = 0) => startServer('test/fixtures/sdk-stateful.mjs', ['--port', String(port)]);
const plain = () => startServer('test/fixtures/plain-post.mjs');

async function discovery() {
  const where = directory();
  const hub = await startHub(where);
  const server = await sdk();
  const took = [];
  for (let n = 0; n < trials; n += 1) {
    const active = wait(hub, `r${n}`);
    await pause(30);
    took.push(
      await timed(() => {
        register(where, `r${n}`, server.port);
        return active;
      }),
    );
  }
  report('registration written → active', took);
  hub.child.kill();
  server.child.kill();
}

/** Kills and restarts a server repeatedly and measures how long the hub takes to notice each step. */
async function deaths() {
  const where = directory();
  const hub = await startHub(where);
  await hub.call('instances_list');
  const seen = { lost: [], rewritten: [], untouched: [], call: [] };
  for (let n = 0; n < trials; n += 1) {
    const id = `d${n}`;
    const first = await sdk();
    register(where, id, first.port);
    await wait(hub, id);
    await hub.call('instances_connect', { instance_id: id });
    await pause(50);
    const lost = wait(hub, id, 'retrying');
    seen.lost.push(await timedFrom(() => first.child.kill('SIGKILL'), lost));
    const second = await sdk(first.port);
    // The remaining backoff is at most the current interval.
    const back = wait(hub, id);
    seen.untouched.push(await timed(() => back));
    const call = async () => {
      second.child.kill('SIGKILL');
      await wait(hub, id, 'retrying');
      const answer = hub.call('echo', { text: 'x' });
      const third = await sdk(first.port);
      const active = wait(hub, id);
      const began = performance.now();
      register(where, id, third.port);
      await active;
      seen.rewritten.push(performance.now() - began);
      await answer;
      seen.call.push(performance.now() - began);
      third.child.kill('SIGKILL');
    };
    await call();
  }
  report('kill -9 → retrying, server with a standing stream', seen.lost);
  report('server listens again, registration rewritten → active', seen.rewritten);
  report(
    'server listens again, registration unchanged → active (at most the backoff)',
    seen.untouched,
  );
  report('call during a restart: server listens again, registration rewritten → answer', seen.call);
  hub.child.kill();
}

/** Signals all servers at once: their pings are spread over the interval, and so are the results. */
async function together(what, makeServer, signal, options) {
  const where = directory();
  const hub = await startHub(where, options);
  const servers = await Promise.all(Array.from({ length: trials }, makeServer));
  for (const [n, { port }] of servers.entries()) register(where, `t${n}`, port);
  await Promise.all(servers.map((_, n) => wait(hub, `t${n}`)));
  await pause(200);
  const took = await Promise.all(
    servers.map(async ({ child }, n) => {
      const retrying = wait(hub, `t${n}`, 'retrying');
      return timedFrom(() => child.kill(signal), retrying);
    }),
  );
  report(what, took);
  hub.child.kill();
  for (const { child } of servers) child.kill('SIGKILL');
}

/** Measures from a transition, as recorded in the history, until the agent receives the update. */
async function pushed() {
  const where = directory();
  const hub = await startHub(where);
  const server = await plain();
  register(where, 'one', server.port);
  await wait(hub, 'one');
  const uri = 'signalbox://instances/one';
  await hub.request('resources/subscribe', { uri });
  const took = [];
  for (let n = 0; n < trials; n += 1) {
    const updated = hub.notified('notifications/resources/updated');
    // A changed registration reconnects the instance, which causes two transitions.
    register(where, 'one', server.port, { started: new Date(n).toISOString() });
    await updated;
    const at = Date.now();
    const { result } = JSON.parse(await hub.call('instances_health', { instance_id: 'one' }));
    const { transitions } = result.structuredContent.instances[0];
    const last = transitions.filter((each) => Date.parse(each.at) <= at).at(-1);
    took.push(at - Date.parse(last.at));
    await wait(hub, 'one');
  }
  report('transition → agent receives the resource update', took);
  hub.child.kill();
  server.child.kill();
}

async function ends() {
  const took = [];
  let left = 0;
  for (let n = 0; n < trials; n += 1) {
    const where = directory();
    const hub = await startHub(where);
    const server = await sdk();
    register(where, 'one', server.port);
    await wait(hub, 'one');
    await hub.call('instances_connect', { instance_id: 'one' });
    const exit = once(hub.child, 'exit');
    took.push(await timedFrom(() => hub.child.kill('SIGTERM'), exit));
    const stats = await fetch(`http://127.0.0.1:${server.port}/stats`);
    left += (await stats.json()).sessions;
    server.child.kill();
  }
  report('SIGTERM → exit, with both sessions closed at the instance', took);
  row('sessions left open at instances after that', left, '', trials);
}

try {
  row('what', 'p50', 'p95', 'trials');
  row('---', '---', '---', '---');
  await discovery();
  await deaths();
  await together(
    'kill -9 → retrying, server without a stream (at most the ping interval)',
    plain,
    'SIGKILL',
    [],
  );
  await together('SIGSTOP → retrying, default settings', sdk, 'SIGSTOP', []);
  const fast = ['--ping-interval', '500ms', '--ping-timeout', '250ms'];
  await together(
    'SIGSTOP → retrying, `--ping-interval 500ms --ping-timeout 250ms`',
    sdk,
    'SIGSTOP',
    fast,
  );
  await pushed();
  await ends();
  const left = await churn({ minutes: 2 });
  console.log(left.join('\n'));
  if (process.argv.includes('--write')) {
    const text = [
      'Measured with real processes, by the process that starts and kills them. Each figure includes the time the answer takes to reach that process.',
      '',
      ...lines,
      '',
      '## Churn',
      '',
      'Two minutes of the changes that half an hour of hard work brings: instances are killed and restarted on other',
      'ports, and their files are removed, rewritten and truncated, while an agent makes calls. Measured before and after, with the same instances active and after garbage collection:',
      '',
      ...left,
      '',
      ...budgets(),
    ].join('\n');
    writePage('service-levels', 'Service levels', 'npm run bench:levels -- --write', text);
  }
} finally {
  cleanUp();
}
