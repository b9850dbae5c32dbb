const LF = 10;
const CR = 13;

/** How many bytes are kept of the beginning and of the end of an oversize line. */
const KEPT = 4_096;

export interface LineReaderOptions {
  /** The longest line that is delivered, in bytes. */
  readonly maxBytes: number;
  onLine(line: string): void;
  /** Called instead for a line that is too long, with its size, beginning and end. */
  onOversize(line: { readonly bytes: number; readonly head: string; readonly tail: string }): void;
}

/**
 * Splits a byte stream into lines in linear time: each chunk is searched once and each line copied once. `\n` and `\r\n`
 * end a line, blank lines are skipped, and a byte-order mark at the start is dropped.
 */
export class LineReader {
  readonly #options: LineReaderOptions;
  #parts: Buffer[] = [];
  #bytes = 0;
  #head: Buffer | null = null;
  #isFirst = true;

  constructor(options: LineReaderOptions) {
    this.#options = options;
  }

  push(chunk: Buffer): void {
    let start = 0;
    for (let end = chunk.indexOf(LF); end !== -1; end = chunk.indexOf(LF, start)) {
      this.#add(chunk.subarray(start, end));
      this.#finish();
      start = end + 1;
    }
    if (start < chunk.length) this.#add(chunk.subarray(start));
  }

  /** The stream has ended. The rest is a line even without a line break. */
  end(): void {
    this.#finish();
  }

  #add(part: Buffer): void {
    this.#bytes += part.length;
    this.#parts.push(part);
    if (this.#bytes <= this.#options.maxBytes) return;
    // Too long already: only its beginning and end are needed.
    const all = Buffer.concat(this.#parts);
    this.#head ??= Buffer.from(all.subarray(0, KEPT));
    this.#parts = [Buffer.from(all.subarray(-KEPT))];
  }

  #finish(): void {
    const parts = this.#parts;
    const [head, bytes] = [this.#head, this.#bytes];
    this.#parts = [];
    this.#bytes = 0;
    this.#head = null;
    const [only] = parts;
    if (only === undefined) return;
    let line = parts.length === 1 ? only : Buffer.concat(parts);
    if (head !== null) {
      const tail = line.toString('utf8');
      this.#options.onOversize({ bytes, head: head.toString('utf8'), tail });
      return;
    }
    if (line.at(-1) === CR) line = line.subarray(0, -1);
    let text = line.toString('utf8');
    if (this.#isFirst && text.charCodeAt(0) === 0xfeff) text = text.slice(1);
    this.#isFirst = false;
    if (text.trim() !== '') this.#options.onLine(text);
  }
}

/** The id, as JSON text, of a message of which only the beginning and end are known; `null` if it can't be found. */
export function idNear(head: string, tail: string): string {
  const atHead =
    /^\s*\{(?:\s*"(?:jsonrpc|method)"\s*:\s*"[^"\\]*"\s*,)*\s*"id"\s*:\s*("[^"\\]*"|-?\d+)/;
  const atTail = /,\s*"id"\s*:\s*("[^"\\]*"|-?\d+)\s*\}\s*$/;
  return atHead.exec(head)?.[1] ?? atTail.exec(tail)?.[1] ?? 'null';
}
