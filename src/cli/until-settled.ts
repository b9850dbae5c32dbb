import type { Config } from '../config/config.ts';
import type { Hub } from '../hub/hub.ts';

/**
 * Waits until every instance has been connected to or has failed, however many there are: as long as there are fewer left
 * after each connection timeout. Resolves with how many are left.
 */
export async function untilSettled(hub: Hub, { policy, settle }: Config): Promise<number> {
  let left = Infinity;
  for (;;) {
    const now = await hub.settled(policy.connectTimeout + settle);
    if (now === 0 || now >= left) return now;
    left = now;
  }
}
