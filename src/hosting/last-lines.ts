/** Limits of what is kept, in characters and lines. */
const KEPT = 4_096;
const LINES = 5;

/** Keeps the last lines of a process's output. */
export class LastLines {
  #text = '';

  push(chunk: string): void {
    this.#text = (this.#text + chunk).slice(-KEPT);
  }

  /** The last lines that aren't blank, the oldest first. */
  get lines(): readonly string[] {
    return this.#text
      .split(/\r?\n/)
      .map((line) => line.trimEnd())
      .filter((line) => line !== '')
      .slice(-LINES);
  }
}
