import { ExchangeError } from '../exchange-error.ts';
import { objectOf, stringOf } from '../json.ts';
import { NONCE_KEY } from '../nonce.ts';
import type { Era } from './era.ts';

/**
 * Protocol versions up to 2025-11-25: `initialize` opens the session, which may have an id, and the transport has a
 * standing stream of its own.
 *
 * @see https://modelcontextprotocol.io/specification/2025-11-25/basic/lifecycle
 */
export const legacy: Era = {
  firstRequest: 'initialize',

  firstParams: ({ protocolVersion, capabilities, clientInfo }) => ({
    protocolVersion,
    capabilities,
    clientInfo,
  }),

  /** Rejects with `IDENTITY_MISMATCH` when the instance doesn't confirm the nonce of its registration. */
  async open({ channel, rpc, target: { endpoint, nonce } }, { protocolVersion, result }) {
    const confirmed = channel.nonce ?? stringOf(objectOf(result['_meta'])[NONCE_KEY]);
    if (nonce !== null && nonce !== confirmed) {
      const message = `somebody else answers at ${endpoint.host}: the nonce of the registration is not confirmed`;
      throw new ExchangeError({ code: 'IDENTITY_MISMATCH', message });
    }
    channel.protocolVersion = protocolVersion;
    // Awaited, because requests on other sockets must not overtake it.
    await rpc.notify('notifications/initialized');
    return {
      endpoint,
      protocolVersion,
      capabilities: objectOf(result['capabilities']),
      serverInfo: objectOf(result['serverInfo']),
      instructions: stringOf(result['instructions']),
    };
  },

  listen: (channel, lastEventId, sink) => channel.listen(lastEventId, sink),
};
