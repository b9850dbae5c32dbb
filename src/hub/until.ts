import { waitFor } from 'xstate';
import type { HubActor } from '../../machines/hub.ts';
import { countOf, isIdle } from '../../machines/slots.ts';

/** Resolves when the hub is `running`, after `limit` milliseconds at most. */
export async function untilRunning(actor: HubActor, limit: number): Promise<void> {
  const signal = AbortSignal.timeout(limit);
  await waitFor(actor, (hub) => hub.matches('running'), { signal }).catch(() => {});
}

/**
 * Resolves when the first scan is over and every instance has been connected to or has failed, after `limit` milliseconds
 * at most. With how many instances are left.
 */
export async function untilSettled(actor: HubActor, limit: number): Promise<number> {
  const signal = AbortSignal.timeout(limit);
  const isSettled = (hub: ReturnType<HubActor['getSnapshot']>) =>
    !hub.matches('starting') && isIdle(hub.context.slots);
  await waitFor(actor, isSettled, { signal }).catch(() => {});
  return countOf(actor.getSnapshot().context.slots);
}
