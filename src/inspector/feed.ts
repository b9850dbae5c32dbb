import { Redaction } from '../redaction.ts';
import { SpareDescriptors } from '../spare-descriptors.ts';
import { instanceContexts, instanceRef } from '../views/selectors.ts';
import { parseJson } from '../wire/json.ts';
import type { HubMessage, ViewerMessage } from './messages.ts';
import { type OfficialFrames, translate } from './official-frames.ts';
import { Watch, type WatchSource } from './watch.ts';

/** A viewer of a hub. */
export interface Viewer {
  /** Handles a {@link ViewerMessage} as JSON. Ignores everything else. */
  receive(text: string): void;
  close(): void;
}

interface Looking {
  readonly send: (line: string) => void;
  frames: OfficialFrames | 'starting' | null;
}

/**
 * Sends a hub's state and its changes to viewers, as {@link HubMessage}s in lines of JSON, without credentials. Nothing is
 * observed or buffered without a viewer.
 */
export class Feed {
  readonly #source: WatchSource;
  readonly #viewers = new Set<Looking>();
  readonly #redaction = new Redaction();
  readonly #spare = new SpareDescriptors();
  readonly #onTrouble: (message: string, error: string) => void;
  #watch: Watch | null = null;

  /** `onTrouble` is called with errors. */
  constructor(source: WatchSource, onTrouble: (message: string, error: string) => void = () => {}) {
    this.#source = source;
    this.#onTrouble = onTrouble;
  }

  /** Drops what is held back for viewers. */
  close(): void {
    this.#spare.close();
  }

  /** Adds a viewer: sends everything, then the changes. */
  open(send: (line: string) => void): Viewer {
    this.#learnTokens();
    this.#watch ??= new Watch(this.#source, (message) => {
      this.#learnTokens();
      const line = this.#lineOf(message);
      for (const viewer of this.#viewers) viewer.send(line);
    });
    // Present viewers get the latest changes now; the new one gets them with everything else.
    this.#watch.flush();
    const viewer: Looking = { send, frames: null };
    for (const message of this.#watch.everything()) send(this.#lineOf(message));
    this.#viewers.add(viewer);
    return {
      receive: (text) => void this.#receive(viewer, text),
      close: () => this.#close(viewer),
    };
  }

  #close(viewer: Looking): void {
    this.#viewers.delete(viewer);
    this.#stopFrames(viewer);
    if (this.#viewers.size > 0) return;
    this.#watch?.stop();
    this.#watch = null;
  }

  async #receive(viewer: Looking, text: string): Promise<void> {
    const message = await this.#parse(text);
    if (message === undefined || !this.#viewers.has(viewer)) return;
    if (message.type === 'reconnect') {
      const hub = this.#source.actor.getSnapshot();
      instanceRef(hub, message.id)?.send({ type: 'instance.reconnect' });
    } else if (message.on) {
      void this.#startFrames(viewer);
    } else {
      this.#stopFrames(viewer);
    }
  }

  /** Parses a viewer's message. Undefined if it is invalid. Loads the schema late, because few hubs ever get a message. */
  async #parse(text: string): Promise<ViewerMessage | undefined> {
    try {
      const { viewerMessageSchema } = await this.#spare.during(() => import('./messages.ts'));
      return viewerMessageSchema.safeParse(parseJson(text)).data;
    } catch (error) {
      this.#onTrouble("a viewer's request has failed", String(error));
      return undefined;
    }
  }

  async #startFrames(viewer: Looking): Promise<void> {
    if (viewer.frames !== null) return;
    viewer.frames = 'starting';
    let frames: OfficialFrames;
    try {
      frames = await this.#spare.during(() =>
        translate(this.#source.actor, (frame) =>
          viewer.send(this.#lineOf({ type: 'frames', frames: [{ ...frame }] })),
        ),
      );
    } catch (error) {
      viewer.frames = null;
      this.#onTrouble('the frames of @statelyai/inspect cannot be sent', String(error));
      return;
    }
    // Skips viewers that have left in the meantime or no longer want frames.
    if (viewer.frames === null) frames.stop();
    else viewer.frames = frames;
  }

  #stopFrames(viewer: Looking): void {
    if (viewer.frames !== null && viewer.frames !== 'starting') viewer.frames.stop();
    viewer.frames = null;
  }

  #lineOf(message: HubMessage): string {
    return JSON.stringify(this.#redaction.clean(message));
  }

  /** Servers may quote a refused token, so tokens must be known before errors are shown. */
  #learnTokens(): void {
    for (const { registration } of instanceContexts(this.#source.actor.getSnapshot())) {
      if (registration.token !== null) this.#redaction.learn(registration.token);
    }
  }
}
