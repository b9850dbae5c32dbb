import type { InspectionEvent } from 'xstate';
import type { World } from '../../machines/model.ts';
import { Redaction } from '../redaction.ts';
import { actorName } from '../views/actor-name.ts';
import { pathOf } from '../views/state-path.ts';
import { FORMAT } from './format.ts';

export interface RecorderOptions {
  /** The version that is recorded. */
  readonly version: string;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** Takes a line of JSON, without its newline. */
  readonly write: (line: string) => void;
}

/**
 * Writes down what the actors of a hub are told and what they read, without credentials: enough to run each of them
 * again. A part of a hub's surroundings from its start.
 */
export class Recorder {
  readonly #options: RecorderOptions;
  readonly #redaction = new Redaction();
  /** XState's session ids by name; of each name the latest life. */
  readonly #lives = new Map<string, string>();
  /** The last state of each actor by session id. */
  readonly #states = new Map<string, string>();

  constructor(options: RecorderOptions) {
    this.#options = options;
    const started = new Date(options.now()).toISOString();
    this.#write({ recording: FORMAT, signalbox: options.version, started });
  }

  /** For the `inspect` of the hub's actor. */
  readonly inspect = (inspected: InspectionEvent): void => {
    const of = inspected.actorRef.sessionId;
    const at = this.#options.now();
    if (inspected.type === '@xstate.actor') {
      const name = actorName(inspected.actorRef);
      this.#lives.set(name, of);
      this.#write({ actor: of, name });
    } else if (inspected.type === '@xstate.event') {
      const from = inspected.sourceRef?.sessionId ?? null;
      const { event } = inspected;
      // A token may be a word that charts use.
      this.#write({ at, of, event: { ...this.#clean(event), type: event.type }, from });
    } else if (inspected.type === '@xstate.snapshot' && 'value' in inspected.snapshot) {
      const state = pathOf(inspected.snapshot.value);
      if (state === null || this.#states.get(of) === state) return;
      this.#states.set(of, state);
      this.#write({ at, of, state });
    }
  };

  /** What an instance's chart reads of the world. */
  world(name: string, world: World): void {
    this.#write({ of: this.#lives.get(name), world });
  }

  /** The time that the hub's chart reads. */
  clock(clock: number): void {
    this.#write({ of: this.#lives.get('hub'), clock });
  }

  /** What a dead instance's chart learns of its process. */
  processGone(name: string, processGone: boolean): void {
    this.#write({ of: this.#lives.get(name), processGone });
  }

  #clean(event: object): object {
    const clean = this.#redaction.clean(event);
    return typeof clean === 'object' && clean !== null ? clean : {};
  }

  #write(line: object): void {
    this.#options.write(JSON.stringify(line));
  }
}
