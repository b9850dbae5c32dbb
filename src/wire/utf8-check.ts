import { isUtf8 } from 'node:buffer';

const NONE = Buffer.alloc(0);

/** Tells whether bytes that come in pieces, cut anywhere, are UTF-8. */
export class Utf8Check {
  /** The beginning of a character whose rest is in the next piece. */
  #cut: Buffer = NONE;

  /** Whether the bytes are UTF-8 up to here. Every piece must be given, in order, until one isn't. */
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

/** How many bytes the character has that begins with this one. */
function lengthOf(lead: number): number {
  return lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : lead >= 0xc0 ? 2 : 1;
}

/** How many bytes at the end are the beginning of a character whose rest isn't there. */
function cutAtEnd(bytes: Uint8Array): number {
  for (let back = 1; back <= Math.min(3, bytes.length); back += 1) {
    const byte = bytes[bytes.length - back] ?? 0;
    if (byte < 0x80) return 0;
    if (byte >= 0xc0) return lengthOf(byte) > back ? back : 0;
  }
  return 0;
}

/** A byte that continues nothing would be found only when the character is complete; it needn't wait for that. */
function isPlausible(cut: Buffer): boolean {
  return cut.subarray(1).every((byte) => byte >= 0x80 && byte < 0xc0);
}
