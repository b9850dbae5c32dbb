import { BUDGETS } from '../budgets.ts';
import { type Frame, sizeOf } from '../wire/frame.ts';

/** Tracks whether an agent reads its messages. */
export class Outflow {
  #bytes = 0;
  #isHeld = false;
  #behind: Promise<void> | undefined;

  /** Set while the agent has too much unread output. Nothing more is produced for it until this is fulfilled. */
  get behind(): Promise<void> | undefined {
    return this.#behind;
  }

  /** Records that a frame was sent. `hold` is fulfilled when the agent has read it. */
  sent(frame: Frame, hold: Promise<void> | undefined): void {
    if (hold === undefined) return;
    this.#bytes += sizeOf(frame);
    if (this.#bytes > BUDGETS.outputBehind.value) this.#behind ??= hold;
    if (this.#isHeld) return;
    this.#isHeld = true;
    void hold.then(() => {
      this.#isHeld = false;
      this.#bytes = 0;
      this.#behind = undefined;
    });
  }
}
