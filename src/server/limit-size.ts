import { HubError } from '../errors.ts';
import { failureFrame } from '../wire/answer.ts';
import { readEnvelope } from '../wire/envelope.ts';
import { bytesOver, type Frame, lineLimit, textOf } from '../wire/frame.ts';

/**
 * The frame if it has at most `most` bytes. Otherwise, for an answer, an error with the sizes, and null for other messages.
 */
export function limitSize(frame: Frame, most: number): Frame | null {
  const limit = lineLimit(most);
  const bytes = bytesOver(frame, limit);
  if (bytes === null) return frame;
  const envelope = readEnvelope(textOf(frame));
  if (envelope === null || envelope.id === null || envelope.method !== null) return null;
  const message = `the answer has ${bytes} bytes, the limit is ${limit}`;
  return failureFrame(envelope.id, '', new HubError('MESSAGE_TOO_LARGE', message));
}
