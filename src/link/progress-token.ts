import { memberOf, textAt } from '../wire/envelope.ts';
import { parseJson } from '../wire/json.ts';

/**
 * The `progressToken` of a JSON object, normalized so that equal tokens are equal texts; null when there is none. A
 * repeated member counts once, with its last value, as in JSON parsers.
 */
export function progressTokenOf(text: string): string | null {
  const found = memberOf(text, 'progressToken');
  if (found === null) return null;
  const token = parseJson(text.slice(found.start, found.end));
  return typeof token === 'string' || typeof token === 'number' ? JSON.stringify(token) : null;
}

/** The token under which progress of this request is to be reported, or null. */
export function tokenOfRequest(frame: string): string | null {
  // A search of the text is cheap and nearly always enough. An escaped name could hide from it.
  if (!frame.includes('progressToken') && !frame.includes('\\u')) return null;
  const meta = textAt(frame, 'params', '_meta');
  return meta === null ? null : progressTokenOf(meta);
}

/** Whether the request asks for a task, whose progress goes on after the answer. */
export function asksForTask(frame: string): boolean {
  return frame.includes('"task"') && textAt(frame, 'params', 'task') !== null;
}
