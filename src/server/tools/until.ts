import type { ToolContext } from './hub-tool.ts';

/**
 * Resolves as soon as `holds` returns true, which is checked at every step of an instance or a binding. Also resolves if the
 * call is cancelled.
 */
export function until(
  { hub, signal }: Pick<ToolContext, 'hub' | 'signal'>,
  holds: () => boolean,
): Promise<void> {
  if (holds() || signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const finish = () => {
      for (const subscription of subscriptions) subscription.unsubscribe();
      signal.removeEventListener('abort', finish);
      resolve();
    };
    const check = () => {
      if (holds()) finish();
    };
    const subscriptions = [
      hub.on('instance.transitioned', check),
      hub.on('binding.transitioned', check),
    ];
    signal.addEventListener('abort', finish);
  });
}
