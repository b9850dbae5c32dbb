import { waitFor } from 'xstate';
import type { ToolContext } from './hub-tool.ts';

/** Resolves as soon as `holds` returns true, which is checked at every step of the hub. Also resolves if the call is cancelled. */
export async function until(
  { hub, signal }: Pick<ToolContext, 'hub' | 'signal'>,
  holds: () => boolean,
): Promise<void> {
  if (signal.aborted) return;
  // Rejects if the call is cancelled or the hub ends: both end the wait.
  await waitFor(hub, holds, { signal }).catch(() => {});
}
