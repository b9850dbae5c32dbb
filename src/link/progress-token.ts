import { memberOf, textAt } from '../wire/envelope.ts';
import { parseJson } from '../wire/json.ts';

/**
 * The `progressToken` of the object that the text is, in the one spelling that each token has; null when there is none. Of
 * several it is the last, as for parsers.
 */
export function progressTokenOf(text: string): string | null {
  const found = memberOf(text, 'progressToken');
  if (found === null) return null;
  const token = parseJson(text.slice(found.start, found.end));
  return typeof token === 'string' || typeof token === 'number' ? JSON.stringify(token) : null;
}

/** The token under which the progress of this request is to be told, or null. */
export function tokenOfRequest(frame: string): string | null {
  // A look at the text is cheap, and tells nearly always.
  if (!frame.includes('progressToken') && !frame.includes('\\u')) return null;
  const meta = textAt(frame, 'params', '_meta');
  return meta === null ? null : progressTokenOf(meta);
}

/** Whether the request asks for a task: its progress goes on after its answer. */
export function asksForTask(frame: string): boolean {
  return frame.includes('"task"') && textAt(frame, 'params', 'task') !== null;
}
