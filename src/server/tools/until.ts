import { waitFor } from 'xstate';
import type { ToolContext } from './hub-tool.ts';

/** Resolves as soon as `holds`, which is asked again at every step of the hub; also when the call is cancelled. */
export async function until(
  { hub, signal }: Pick<ToolContext, 'hub' | 'signal'>,
  holds: () => boolean,
): Promise<void> {
  if (signal.aborted) return;
  // It rejects when the call is cancelled, or the hub ends: then nothing is waited for any more.
  await waitFor(hub, holds, { signal }).catch(() => {});
}
