const QUOTE = 34;
const BACKSLASH = 92;

/** Bytes that end a run of plain characters: control characters, quotes and backslashes. */
const SPECIAL = new Uint8Array(256).fill(1, 0, 32);
SPECIAL[QUOTE] = 1;
SPECIAL[BACKSLASH] = 1;

/** Runs longer than this are read four bytes at a time. */
const SHORT = 48;

/** The end of the run of plain characters of a JSON string that starts at `from`. */
export function endOfRun(bytes: Uint8Array, from: number): number {
  const near = Math.min(from + SHORT, bytes.length);
  let at = from;
  while (at < near && SPECIAL[bytes[at] ?? 0] === 0) at += 1;
  return at < near || at === bytes.length ? at : endOfLongRun(bytes, at);
}

function endOfLongRun(bytes: Uint8Array, from: number): number {
  const aligned = (bytes.byteOffset + from + 3) & ~3;
  const count = (bytes.byteOffset + bytes.length - aligned) >> 2;
  const words = new Int32Array(bytes.buffer, aligned, Math.max(count, 0));
  let index = 0;
  for (; index < count; index += 1) {
    const word = words[index] ?? 0;
    const quotes = word ^ 0x22222222;
    const slashes = word ^ 0x5c5c5c5c;
    // The high bit of each byte that is below 32, or zero: "Bit Twiddling Hacks", "Determine if a word has a byte less than n".
    const found =
      ((word - 0x20202020) & ~word) |
      ((quotes - 0x01010101) & ~quotes) |
      ((slashes - 0x01010101) & ~slashes);
    if ((found & 0x80808080) !== 0) break;
  }
  let at = from;
  // Nothing was found before this word, except possibly in front of the first.
  const before = Math.min(aligned - bytes.byteOffset, bytes.length);
  while (at < before && SPECIAL[bytes[at] ?? 0] === 0) at += 1;
  if (at < before) return at;
  at = before + 4 * index;
  while (at < bytes.length && SPECIAL[bytes[at] ?? 0] === 0) at += 1;
  return at;
}
