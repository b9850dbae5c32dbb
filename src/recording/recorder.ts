import type { InspectionEvent } from 'xstate';
import type { World } from '../../machines/model.ts';
import { Redaction } from '../redaction.ts';
import { actorName } from '../views/actor-name.ts';
import { pathOf } from '../views/state-path.ts';
import { FORMAT } from './format.ts';

export interface RecorderOptions {
  /** The version of Signalbox. */
  readonly version: string;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** Writes a line of JSON, without a newline. */
  readonly write: (line: string) => void;
}

/**
 * Records the events that a hub's actors receive and the values that they read, without credentials: enough to replay each
 * actor. Must be attached before the hub starts.
 */
export class Recorder {
  readonly #options: RecorderOptions;
  readonly #redaction = new Redaction();
  /** XState session ids by actor name, of the latest actor with each name. */
  readonly #sessionIds = new Map<string, string>();
  /** The last state of each actor, by session id. */
  readonly #states = new Map<string, string>();

  constructor(options: RecorderOptions) {
    this.#options = options;
    const started = new Date(options.now()).toISOString();
    this.#write({ recording: FORMAT, signalbox: options.version, started });
  }

  /** The `inspect` option of the hub's actor. */
  readonly inspect = (inspected: InspectionEvent): void => {
    const of = inspected.actorRef.sessionId;
    const at = this.#options.now();
    if (inspected.type === '@xstate.actor') {
      const name = actorName(inspected.actorRef);
      this.#sessionIds.set(name, of);
      this.#write({ actor: of, name });
    } else if (inspected.type === '@xstate.event') {
      const from = inspected.sourceRef?.sessionId ?? null;
      const { event } = inspected;
      // Keep the type: a token could equal a word that charts use.
      this.#write({ at, of, event: { ...this.#clean(event), type: event.type }, from });
    } else if (inspected.type === '@xstate.snapshot' && 'value' in inspected.snapshot) {
      const state = pathOf(inspected.snapshot.value);
      if (state === null || this.#states.get(of) === state) return;
      this.#states.set(of, state);
      this.#write({ at, of, state });
    }
  };

  /** Records the facts that an instance's chart reads. */
  world(name: string, world: World): void {
    this.#write({ of: this.#sessionIds.get(name), world });
  }

  /** Records the time that the hub's chart reads. */
  clock(clock: number): void {
    this.#write({ of: this.#sessionIds.get('hub'), clock });
  }

  /** Records whether the process of a dead instance is gone, as read by its chart. */
  processGone(name: string, processGone: boolean): void {
    this.#write({ of: this.#sessionIds.get(name), processGone });
  }

  #clean(event: object): object {
    const clean = this.#redaction.clean(event);
    return typeof clean === 'object' && clean !== null ? clean : {};
  }

  #write(line: object): void {
    this.#options.write(JSON.stringify(line));
  }
}
