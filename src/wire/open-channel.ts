import type { Target } from '../../machines/model.ts';
import { BUDGETS } from '../budgets.ts';
import type { Channel } from './channel.ts';
import type { ConnectionGuard } from './guarded-agent.ts';
import type { HttpSockets } from './http-exchange.ts';
import { createNodeRequester } from './node-requester.ts';
import { StreamableHttp } from './streamable-http.ts';

export interface ChannelOptions {
  readonly target: Pick<Target, 'endpoint' | 'token'>;
  readonly sockets: HttpSockets;
  /** The largest message that is accepted from the instance, in bytes. */
  readonly maxMessage: number;
  /** Called at any sign of life from the instance. */
  onHeard(): void;
}

/** A channel to an instance. The only place that chooses a transport. */
export function openChannel({ target, ...options }: ChannelOptions): Channel {
  return new StreamableHttp({ endpoint: target.endpoint, token: target.token, ...options });
}

/** A channel that carries an agent's traffic, on sockets of its own. */
export function openTrafficChannel({
  guard,
  ...options
}: Omit<ChannelOptions, 'sockets'> & { readonly guard: ConnectionGuard }): Channel {
  const calls = createNodeRequester({ keepAlive: true, guard });
  const aside = createNodeRequester({
    keepAlive: true,
    maxSockets: BUDGETS.controlSockets.value,
    guard,
  });
  const sockets: HttpSockets = {
    request: calls.request,
    requestAside: aside.request,
    destroy: () => {
      calls.destroy();
      aside.destroy();
    },
  };
  return openChannel({ ...options, sockets });
}
