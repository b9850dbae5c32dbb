import { BUDGETS } from '../budgets.ts';
import { type Frame, sizeOf } from '../wire/frame.ts';

/** Knows whether an agent reads what it is told. */
export class Outflow {
  #bytes = 0;
  #isHeld = false;
  #behind: Promise<void> | undefined;

  /** The agent has not read so much that nothing more is to be made for it, until this is fulfilled. */
  get behind(): Promise<void> | undefined {
    return this.#behind;
  }

  /** A frame was sent; `hold` is fulfilled when the agent has read what was sent. */
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
