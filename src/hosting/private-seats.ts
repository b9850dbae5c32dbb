import { isDeepStrictEqual } from 'node:util';
import type { JSONRPCRequest, Result } from '@modelcontextprotocol/sdk/types.js';
import { SELF } from '../self.ts';
import type { Guest, Seat, Seats } from './seats.ts';
import type { StdioServer } from './stdio-server.ts';

/** A server for each client. */
export class PrivateSeats implements Seats {
  readonly #start: () => StdioServer;
  #spare: { readonly server: StdioServer; readonly answer: Result } | null;

  /** `spare` has been asked to initialize as {@link SELF}: it is for the first client that says the same. */
  constructor(
    start: () => StdioServer,
    spare: { readonly server: StdioServer; readonly answer: Result },
  ) {
    this.#start = start;
    this.#spare = spare;
  }

  open(initialize: JSONRPCRequest, guest: Guest): Seat {
    const spare = isDeepStrictEqual(initialize.params, SELF) ? this.#takeSpare() : null;
    const server = spare?.server ?? this.#start();
    server.listen((message) => guest.onMessage(message));
    void server.ended.then(() => {
      if (!server.isAskedFor) guest.onEnd(server.lastWords);
    });
    if (spare === null) server.send(initialize);
    else guest.onMessage({ jsonrpc: '2.0', id: initialize.id, result: spare.answer });
    return {
      send: (message) => server.send(message),
      hold: () => server.pause(),
      goOn: () => server.resume(),
      patience: null,
      leave: () => server.stop(),
    };
  }

  #takeSpare() {
    const spare = this.#spare;
    this.#spare = null;
    return spare?.server.end === null ? spare : null;
  }
}
