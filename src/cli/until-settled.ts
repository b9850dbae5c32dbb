import type { Config } from '../config/config.ts';
import type { Hub } from '../hub/hub.ts';

/**
 * Waits until every instance is connected or has failed, or until a whole connection timeout passes without progress.
 * Resolves with the number of those still pending.
 */
export async function untilSettled(hub: Hub, { policy, settle }: Config): Promise<number> {
  let left = Infinity;
  for (;;) {
    const now = await hub.settled(policy.connectTimeout + settle);
    if (now === 0 || now >= left) return now;
    left = now;
  }
}
