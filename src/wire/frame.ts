import { TAIL, TAIL_LENGTH } from './envelope.ts';

/** One JSON-RPC message on one line; a large one may stay in the bytes in which it came, cut anywhere. */
export type Frame = string | readonly Buffer[];

/** From this size on, in bytes, a body is not made into one text unless somebody has to look inside. */
export const LARGE = 128 * 1024;

/** How the other half of servers begins an answer. */
const HEAD = /^\{"jsonrpc":"2\.0","id":(-?\d+|"[^"\\]*"),"result":\{/;

/**
 * The id, as JSON text, of the answer that a large body is, told from its ends; what is between is not looked at. Null:
 * it is something else, or stands on more than one line.
 */
export function answeredBy(parts: readonly Buffer[]): string | null {
  const head = parts[0]?.toString('latin1', 0, TAIL_LENGTH) ?? '';
  const tail = tailOf(parts);
  const id = head.startsWith('{"result":') ? TAIL.exec(tail)?.[1] : HEAD.exec(head)?.[1];
  if (id === undefined || !tail.endsWith('}')) return null;
  return parts.some((part) => part.includes('\n') || part.includes('\r')) ? null : id;
}

/** The text of a frame, whatever it came in. */
export function textOf(frame: Frame): string {
  return typeof frame === 'string' ? frame : Buffer.concat(frame).toString('utf8');
}

function tailOf(parts: readonly Buffer[]): string {
  let tail = '';
  for (let at = parts.length - 1; at >= 0 && tail.length < TAIL_LENGTH; at -= 1) {
    tail = (parts[at]?.toString('latin1') ?? '').slice(-TAIL_LENGTH) + tail;
  }
  return tail;
}
