import { rmSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { resolveConfig } from '../config/config.ts';
import { createHub } from '../hub/create-hub.ts';
import { createLogger } from '../log.ts';
import { type Announcement, announce } from '../registration/announce.ts';
import { instanceContexts } from '../views/selectors.ts';
import { untilSettled } from './until-settled.ts';

/**
 * Connects to a server as hubs do and reads its lists. Resolves with a sentence about the server, or rejects with one about
 * the problem, within a few seconds.
 */
export async function checkServer(announcement: Announcement): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'signalbox-check-'));
  const cleanUp = () => rmSync(directory, { recursive: true, force: true });
  process.once('exit', cleanUp);
  const config = resolveConfig({ 'instances-dir': [directory] }, {}, directory);
  announce(directory, announcement);
  const hub = createHub(config, { log: createLogger('silent') });
  try {
    await untilSettled(hub, config);
    const [instance] = instanceContexts(hub.actor.getSnapshot());
    if (instance?.state === 'active') {
      const { name = 'unnamed', version = '' } = instance.peer?.serverInfo ?? {};
      const tools = instance.catalogue?.tools.length ?? 0;
      return `An MCP server answers: ${[name, version].join(' ').trim()}, ${tools} tools.`;
    }
    const { code, message } = instance?.lastFailure ?? {};
    throw new Error(`the server can't be used: ${code}: ${message} (see docs/errors.md)`);
  } finally {
    await hub.stop();
    cleanUp();
  }
}
