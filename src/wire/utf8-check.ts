import { isUtf8 } from 'node:buffer';

const NONE = Buffer.alloc(0);

/** Checks whether bytes that arrive in chunks, cut anywhere, are UTF-8. */
export class Utf8Check {
  /** The beginning of a character that continues in the next chunk. */
  #cut: Buffer = NONE;

  /** Whether the bytes so far are UTF-8. Must be called with every chunk, in order, until one isn't. */
  push(piece: Uint8Array): boolean {
    let bytes = piece;
    if (this.#cut.length > 0) {
      const whole = lengthOf(this.#cut[0] ?? 0);
      const rest = bytes.subarray(0, whole - this.#cut.length);
      this.#cut = Buffer.concat([this.#cut, rest]);
      if (this.#cut.length < whole) return this.#cut.length < 2 || isPlausible(this.#cut);
      if (!isUtf8(this.#cut)) return false;
      this.#cut = NONE;
      bytes = bytes.subarray(rest.length);
    }
    const end = bytes.length - cutAtEnd(bytes);
    if (end < bytes.length) this.#cut = Buffer.from(bytes.subarray(end));
    return isUtf8(end < bytes.length ? bytes.subarray(0, end) : bytes);
  }

  /** Whether the last character is complete. */
  end(): boolean {
    return this.#cut.length === 0;
  }
}

/** The length, in bytes, of a character that begins with this byte. */
function lengthOf(lead: number): number {
  return lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : lead >= 0xc0 ? 2 : 1;
}

/** How many bytes at the end belong to an incomplete character. */
function cutAtEnd(bytes: Uint8Array): number {
  for (let back = 1; back <= Math.min(3, bytes.length); back += 1) {
    const byte = bytes[bytes.length - back] ?? 0;
    if (byte < 0x80) return 0;
    if (byte >= 0xc0) return lengthOf(byte) > back ? back : 0;
  }
  return 0;
}

/** Detects an invalid continuation byte before the character is complete. */
function isPlausible(cut: Buffer): boolean {
  return cut.subarray(1).every((byte) => byte >= 0x80 && byte < 0xc0);
}
