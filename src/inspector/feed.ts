import { Redaction } from '../redaction.ts';
import { SpareDescriptors } from '../spare-descriptors.ts';
import { instanceContexts, instanceRef } from '../views/selectors.ts';
import { parseJson } from '../wire/json.ts';
import type { HubMessage, ViewerMessage } from './messages.ts';
import { type OfficialFrames, translate } from './official-frames.ts';
import { Watch, type WatchSource } from './watch.ts';

/** Somebody who looks. */
export interface Viewer {
  /** Takes a {@link ViewerMessage} as JSON; everything else is ignored. */
  receive(text: string): void;
  close(): void;
}

interface Looking {
  readonly send: (line: string) => void;
  frames: OfficialFrames | 'starting' | null;
}

/**
 * Shows a hub to those who look, as {@link HubMessage}s in lines of JSON, without credentials. While nobody looks, it
 * listens to nothing and keeps nothing.
 */
export class Feed {
  readonly #source: WatchSource;
  readonly #viewers = new Set<Looking>();
  readonly #redaction = new Redaction();
  readonly #spare = new SpareDescriptors();
  readonly #onTrouble: (message: string, error: string) => void;
  #watch: Watch | null = null;

  /** `onTrouble` is told what fails of showing it. */
  constructor(source: WatchSource, onTrouble: (message: string, error: string) => void = () => {}) {
    this.#source = source;
    this.#onTrouble = onTrouble;
  }

  /** Gives up what is held back for viewers. */
  close(): void {
    this.#spare.close();
  }

  /** Sends everything there is, then what changes. */
  open(send: (line: string) => void): Viewer {
    this.#learnTokens();
    this.#watch ??= new Watch(this.#source, (message) => {
      this.#learnTokens();
      const line = this.#lineOf(message);
      for (const viewer of this.#viewers) viewer.send(line);
    });
    // Who is here already gets what changed; who comes gets it with the rest.
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

  /** Undefined for whatever is no message. The schema is loaded late: few hubs are ever told anything. */
  async #parse(text: string): Promise<ViewerMessage | undefined> {
    try {
      const { viewerMessageSchema } = await this.#spare.during(() => import('./messages.ts'));
      return viewerMessageSchema.safeParse(parseJson(text)).data;
    } catch (error) {
      this.#onTrouble('what a viewer asks for cannot be done', String(error));
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
    // Who has left meanwhile, or doesn't want them any more, gets none.
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

  /** Servers quote what they refuse: their tokens must be known before their words are shown. */
  #learnTokens(): void {
    for (const { registration } of instanceContexts(this.#source.actor.getSnapshot())) {
      if (registration.token !== null) this.#redaction.learn(registration.token);
    }
  }
}
