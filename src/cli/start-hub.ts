import type { Config } from '../config/config.ts';
import { createHub } from '../hub/create-hub.ts';
import type { Hub } from '../hub/hub.ts';
import type { Logger } from '../log.ts';

/** Starts a hub for `hub`, `list` or `doctor`, with a recording if configured. */
export async function startHub(
  config: Config,
  log: Logger,
  preload?: () => Promise<unknown>,
): Promise<Hub> {
  const surroundings = { log, ...(preload === undefined ? {} : { preload }) };
  if (config.record === null) return createHub(config, surroundings);
  const { recordTo } = await import('../recording/record-file.ts');
  const { recorder, close } = recordTo(config.record, log);
  const hub = createHub(config, { ...surroundings, observers: [recorder] });
  return {
    ...hub,
    stop: async () => {
      await hub.stop();
      await close();
    },
  };
}
