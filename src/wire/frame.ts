/** One JSON-RPC message on one line. A large one may stay in the chunks in which it arrived, cut anywhere. */
export type Frame = string | readonly Buffer[];

/** From this size on, in bytes, a message isn't converted to text unless its content is needed. */
export const LARGE = 128 * 1024;

/** The smallest message limit, in bytes, with which the hub's own tools work. */
const LEAST = 64 * 1024;

/** The most bytes that UTF-8 needs for one unit of a JavaScript string. */
const MOST = 3;

/** The text of a frame. */
export function textOf(frame: Frame): string {
  return typeof frame === 'string' ? frame : Buffer.concat(frame).toString('utf8');
}

/** The first `length` bytes of a frame, as text. */
export function headOf(parts: readonly Buffer[], length: number): string {
  let head = '';
  for (let at = 0; at < parts.length && head.length < length; at += 1) {
    head += parts[at]?.toString('latin1', 0, length - head.length) ?? '';
  }
  return head;
}

/** The last `length` bytes of a frame, as text. */
export function tailOf(parts: readonly Buffer[], length: number): string {
  let tail = '';
  for (let at = parts.length - 1; at >= 0 && tail.length < length; at -= 1) {
    const part = parts[at]?.subarray(-(length - tail.length));
    tail = (part?.toString('latin1') ?? '') + tail;
  }
  return tail;
}

/** The parts without trailing blanks. */
export function trimEnd(parts: readonly Buffer[]): readonly Buffer[] {
  const last = parts.at(-1);
  if (last === undefined) return parts;
  let end = last.length;
  while (end > 0 && (last[end - 1] ?? 0) <= 32) end -= 1;
  if (end === last.length) return parts;
  const rest = parts.slice(0, -1);
  return end === 0 ? trimEnd(rest) : [...rest, last.subarray(0, end)];
}

/** The longest line, in bytes, that an agent accepts whose limit for a message is `most` bytes. */
export function lineLimit(most: number): number {
  return Math.max(most, LEAST);
}

/** The approximate size of a frame in bytes. */
export function sizeOf(frame: Frame): number {
  return typeof frame === 'string'
    ? frame.length
    : frame.reduce((sum, part) => sum + part.length, 0);
}

/** The size of the frame on its line, in bytes, if that exceeds `limit`; otherwise null. */
export function bytesOver(frame: Frame, limit: number): number | null {
  if (typeof frame === 'string' && frame.length * MOST < limit) return null;
  const bytes =
    typeof frame === 'string'
      ? Buffer.byteLength(frame)
      : frame.reduce((sum, part) => sum + part.length, 0);
  // The line break counts as well.
  return bytes < limit ? null : bytes + 1;
}
