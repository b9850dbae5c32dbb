// Charts alone, without files or sockets: microseconds per start, transition and end of an instance among many.
// node bench/actors.mjs [COUNT …]
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const source = `
  export * from 'xstate';
  export * from './machines/hub.ts';
  export * from './machines/instance.ts';
  export * from './machines/session.ts';
  export * from './machines/supervisor.ts';
  export * from './src/hub/index-timers.ts';
`;
const { outputFiles } = await build({
  stdin: { contents: source, resolveDir: fileURLToPath(new URL('..', import.meta.url)) },
  bundle: true,
  format: 'esm',
  platform: 'node',
  write: false,
});
const code = Buffer.from(outputFiles[0].contents).toString('base64');
const {
  assign,
  createActor,
  fromCallback,
  fromPromise,
  hubMachine,
  indexTimers,
  instanceMachine,
  sessionMachine,
  supervisorOf,
  toPromise,
} = await import(`data:text/javascript;base64,${code}`);

const policy = {
  connectTimeout: 5_000,
  pingInterval: 5_000,
  pingTimeout: 2_000,
  maxMissedPings: 3,
  retryBase: 200,
  retryCap: 30_000,
  maxRetries: 10,
  reviveInterval: 60_000,
  deadTtl: 300_000,
  goneGrace: 30_000,
};
const registration = (id) => ({
  id,
  name: id,
  path: `/projects/${id}`,
  port: 1,
  url: null,
  pid: null,
  token: null,
  nonce: null,
  startedAt: null,
  hasPackageJson: false,
  file: `/registrations/${id}.json`,
});
const catalogue = { tools: [], resources: [], resourceTemplates: [], prompts: [] };
const peer = { endpoint: { url: 'http://127.0.0.1:1/mcp' }, capabilities: {}, info: null };

function makeHub(connections) {
  const connection = fromCallback(({ input, receive, sendBack }) => {
    receive((command) => {
      if (command.type !== 'open') return;
      connections.set(input.id, () => {
        sendBack({ type: 'connection.up', attempt: command.attempt, peer, catalogue });
      });
    });
  });
  const world = () => ({
    now: Date.now(),
    random: Math.random(),
    callsInFlight: 0,
    lastActivity: null,
    waiting: 0,
    tryInterval: null,
  });
  const actor = createActor(
    hubMachine.provide({
      actors: {
        instances: supervisorOf(
          instanceMachine.provide({
            actors: { connection },
            actions: { readWorld: assign({ world }), deleteStaleFile: () => {} },
            guards: { processGone: () => false },
          }),
        ),
        session: sessionMachine.provide({ actors: { link: fromCallback(() => {}) } }),
        closeAll: fromPromise(async () => {}),
      },
      actions: { readClock: assign({ now: () => Date.now() }) },
    }),
    { input: { policy, settle: 1_000 } },
  );
  indexTimers(actor.system);
  actor.start();
  actor.send({ type: 'session.opened', id: 'session' });
  return actor;
}

/** Microseconds of CPU time since `began`. */
const cpuSince = (began) => {
  const { user, system } = process.cpuUsage(began);
  return user + system;
};

/** Microseconds of CPU time that each of `ids` takes. */
function each(ids, take) {
  const began = process.cpuUsage();
  for (const id of ids) take(id);
  return cpuSince(began) / ids.length;
}

async function measure(count) {
  const connections = new Map();
  const hub = makeHub(connections);
  const ids = Array.from({ length: count }, (_, n) => `i${n}`);
  const start = each(ids, (id) => {
    hub.send({ type: 'registration.accepted', registration: registration(id) });
    connections.get(id)?.();
  });
  // Whoever had to wait for a slot.
  for (const id of ids) connections.get(id)();
  const shuffled = [...ids].sort(() => Math.random() - 0.5);
  // As many of each, whatever their number: active, retrying, connecting, active.
  const some = shuffled.slice(0, 400);
  const change = each(some, (id) => {
    hub.send({
      type: 'registration.accepted',
      registration: { ...registration(id), port: 2 },
    });
    connections.get(id)();
  });
  const end = each(some, (id) => hub.send({ type: 'registration.removed', id }));
  const began = process.cpuUsage();
  const stopped = toPromise(hub);
  hub.send({ type: 'hub.stop' });
  await stopped;
  return { start, transition: change / 2, end, stop: cpuSince(began) / 1_000 };
}

const counts = process.argv.slice(2).map(Number);
await measure(500);
for (const count of counts.length > 0 ? counts : [500, 2_000, 10_000]) {
  const { start, transition, end, stop } = await measure(count);
  const cells = [count, start.toFixed(0), transition.toFixed(0), end.toFixed(0), stop.toFixed(0)];
  console.log(`| ${cells.join(' | ')} |`);
}
