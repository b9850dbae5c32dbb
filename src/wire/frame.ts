/** One JSON-RPC message on one line; a large one may stay in the bytes in which it came, cut anywhere. */
export type Frame = string | readonly Buffer[];

/** From this size on, in bytes, a message is not made into one text unless somebody has to look inside. */
export const LARGE = 128 * 1024;

/** What the hub's own tools need, in bytes: an agent that takes less than this can't be served. */
const LEAST = 64 * 1024;

/** Most bytes that UTF-8 takes for one unit of a JavaScript string. */
const MOST = 3;

/** The text of a frame, whatever it came in. */
export function textOf(frame: Frame): string {
  return typeof frame === 'string' ? frame : Buffer.concat(frame).toString('utf8');
}

/** The first `length` bytes of a frame in bytes, as text. */
export function headOf(parts: readonly Buffer[], length: number): string {
  let head = '';
  for (let at = 0; at < parts.length && head.length < length; at += 1) {
    head += parts[at]?.toString('latin1', 0, length - head.length) ?? '';
  }
  return head;
}

/** The last `length` bytes, likewise. */
export function tailOf(parts: readonly Buffer[], length: number): string {
  let tail = '';
  for (let at = parts.length - 1; at >= 0 && tail.length < length; at -= 1) {
    const part = parts[at]?.subarray(-(length - tail.length));
    tail = (part?.toString('latin1') ?? '') + tail;
  }
  return tail;
}

/** What is left of the parts without the blanks at their end. */
export function trimEnd(parts: readonly Buffer[]): readonly Buffer[] {
  const last = parts.at(-1);
  if (last === undefined) return parts;
  let end = last.length;
  while (end > 0 && (last[end - 1] ?? 0) <= 32) end -= 1;
  if (end === last.length) return parts;
  const rest = parts.slice(0, -1);
  return end === 0 ? trimEnd(rest) : [...rest, last.subarray(0, end)];
}

/** Bytes of a line that an agent takes which was told to take messages of `most` bytes. */
export function lineLimit(most: number): number {
  return Math.max(most, LEAST);
}

/** About how many bytes a frame has. */
export function sizeOf(frame: Frame): number {
  return typeof frame === 'string'
    ? frame.length
    : frame.reduce((sum, part) => sum + part.length, 0);
}

/** How many bytes the frame has on its line when that is more than `limit`; otherwise null. */
export function bytesOver(frame: Frame, limit: number): number | null {
  if (typeof frame === 'string' && frame.length * MOST < limit) return null;
  const bytes =
    typeof frame === 'string'
      ? Buffer.byteLength(frame)
      : frame.reduce((sum, part) => sum + part.length, 0);
  // The end of the line counts, too.
  return bytes < limit ? null : bytes + 1;
}
