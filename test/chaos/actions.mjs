import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

/**
 * Actions on an instance, each including its usual aftermath.
 *
 * @typedef {{ idle: () => import('./instance.mjs').Instance[], directory: string, random: import('./random.mjs').Random }} World
 * @type {Record<string, (instance: import('./instance.mjs').Instance, world: World) => Promise<void>>}
 */
export const ACTIONS = {
  'kill -9, started again at another port': async (instance, { random }) => {
    await instance.end('SIGKILL');
    await pause(random.below(2_000));
    await instance.start(false);
    instance.register();
  },
  'kill -9, started again at the same port': async (instance, { random }) => {
    await instance.end('SIGKILL');
    await pause(random.below(500));
    await instance.start(true);
    // The file isn't rewritten, so the hub finds the server by its port, unless another one has it.
  },
  'kill -9, and nobody cares': (instance) => instance.end('SIGKILL'),
  'a proper end and a new start': async (instance, { random }) => {
    instance.unregister();
    await instance.end('SIGTERM');
    await pause(random.below(1_000));
    await instance.start(false);
    instance.register();
  },
  'stopped for a while': async (instance, { random }) => {
    instance.stop();
    await pause(random.below(3_000));
    instance.goOn();
  },
  'stopped, and nobody cares': async (instance) => instance.stop(),
  'written again': async (instance) => {
    if (instance.isUp) instance.register();
  },
  'removed for a while': async (instance, { random }) => {
    instance.unregister();
    await pause(random.below(500));
    if (instance.isUp) instance.register();
  },
  'half written for a while': async (instance, { random }) => {
    instance.write('{"id":"half","na');
    await pause(random.below(500));
    if (instance.isUp) instance.register();
  },
  'junk for a while': async (instance, { random }) => {
    instance.write('\0'.repeat(random.below(70_000)));
    await pause(random.below(500));
    if (instance.isUp) instance.register();
  },
  'a file beside': async (_, { directory, random }) => {
    try {
      writeFileSync(join(directory, `junk-${random.below(1_000)}.json`), '[]', { mode: 0o600 });
    } catch {
      // The directory has just been removed.
    }
  },
  'no directory for a moment': async (_, { directory, idle, random }) => {
    rmSync(directory, { recursive: true, force: true });
    await pause(random.below(200));
    for (const instance of idle()) if (instance.isUp) instance.register();
  },
  'started, if it was down': async (instance) => {
    instance.goOn();
    await instance.start(false);
    instance.register();
  },
};
