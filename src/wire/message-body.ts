import { isUtf8 } from 'node:buffer';
import type { ExchangeSink } from './channel.ts';
import { envelopeOf } from './envelope.ts';
import { headOf, LARGE, tailOf, trimEnd } from './frame.ts';
import { JsonScanner } from './json-scanner.ts';

/** How many bytes of the beginning and of the end of an unreadable message are shown. */
export const ENDS = 4_096;

/** A message that arrives in chunks. A large one is checked as it arrives. */
export class MessageBody {
  /** How many bytes have arrived. */
  bytes = 0;
  readonly #limit: number;
  readonly #parts: Buffer[] = [];
  #scanner: JsonScanner | null = null;

  /** Of a message with more than `limit` bytes only the beginning is kept. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  get isOversize(): boolean {
    return this.bytes > this.#limit;
  }

  push(chunk: Buffer): void {
    this.bytes += chunk.length;
    if (this.isOversize) return;
    // A byte-order mark isn't part of the message.
    const part = this.bytes === chunk.length ? withoutMark(chunk) : chunk;
    this.#parts.push(part);
    if (this.#scanner !== null) this.#scanner.push(part);
    else if (this.bytes >= LARGE) {
      this.#scanner = new JsonScanner();
      for (const each of this.#parts) this.#scanner.push(each);
    }
  }

  /** Delivers the message to `sink`, as bytes or text. A returned promise asks for a pause. */
  deliver(sink: ExchangeSink): Promise<void> | undefined {
    const scanner = this.#scanner;
    if (scanner !== null && sink.onLarge !== undefined) {
      const parts = trimEnd(this.#parts);
      if (!scanner.end()) return this.#malformed(sink);
      const envelope = envelopeOf(scanner);
      const isLine = !scanner.hasLineBreaks && parts[0]?.[0] === 123;
      const taken = isLine && envelope !== null && sink.onLarge(parts, envelope);
      if (taken !== false) return taken;
    }
    const text = this.text();
    if (text === null) return this.#malformed(sink);
    return text.trim() === '' ? undefined : sink.onFrame(text);
  }

  /** The message as text; null if it isn't UTF-8. */
  text(): string | null {
    const all = Buffer.concat(this.#parts);
    const text = all.toString('utf8');
    return text.includes('\ufffd') && !isUtf8(all) ? null : text;
  }

  #malformed(sink: ExchangeSink): undefined {
    sink.onMalformed?.(headOf(this.#parts, ENDS), tailOf(this.#parts, ENDS));
  }
}

function withoutMark(chunk: Buffer): Buffer {
  const isMark = chunk[0] === 0xef && chunk[1] === 0xbb && chunk[2] === 0xbf;
  return isMark ? chunk.subarray(3) : chunk;
}
