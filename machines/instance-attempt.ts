import { not } from 'xstate';
import { instanceSetup } from './instance-setup.ts';

/**
 * What every attempt to connect waits for: the connection's report, or the timeout. `failed` is the state entered when
 * the attempt fails. The state that uses this sends `open` on entry.
 */
export function attempt(failed: string) {
  return instanceSetup.createStateConfig({
    on: {
      'connection.up': { guard: 'isCurrent', target: '#instance.active' },
      'connection.failed': { guard: 'isCurrent', target: failed },
    },
    after: { connectTimeout: failed },
  });
}

/** The events on which an instance that is away is connected to at once, unless somebody else answers at its endpoint. */
export const reconnectable = instanceSetup.createStateConfig({
  on: {
    'instance.reconnect': {
      guard: not('isDisowned'),
      target: '#instance.connecting',
      actions: 'forgiveRetries',
    },
    'machine.woke': {
      guard: not('isDisowned'),
      target: '#instance.connecting',
      actions: 'forgiveRetries',
    },
  },
});
