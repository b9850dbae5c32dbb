import { HubError } from '../errors.ts';
import { failureFrame } from '../wire/answer.ts';
import { readEnvelope } from '../wire/envelope.ts';
import { type Frame, textOf } from '../wire/frame.ts';

/** Most bytes that UTF-8 takes for one unit of a JavaScript string. */
const MOST = 3;

/** What the hub's own tools need, in bytes: an agent that takes less than this can't be served. */
const LEAST = 64 * 1024;

/**
 * The frame if an agent that takes lines of `most` bytes can take it. Otherwise, for an answer, the error that says so;
 * null for what nobody waits for.
 */
export function fitting(frame: Frame, most: number): Frame | null {
  const limit = Math.max(most, LEAST);
  if (typeof frame === 'string' && frame.length * MOST < limit) return frame;
  // The end of the line counts, too.
  const bytes = bytesOf(frame);
  if (bytes < limit) return frame;
  const envelope = readEnvelope(textOf(frame));
  if (envelope === null || envelope.id === null || envelope.method !== null) return null;
  const message = `the answer has ${bytes + 1} bytes, the limit is ${limit}`;
  return failureFrame(envelope.id, '', new HubError('MESSAGE_TOO_LARGE', message));
}

function bytesOf(frame: Frame): number {
  return typeof frame === 'string'
    ? Buffer.byteLength(frame)
    : frame.reduce((sum, part) => sum + part.length, 0);
}
