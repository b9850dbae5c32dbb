import { memberOf, membersOf } from '../wire/envelope.ts';
import { bytesOver, lineLimit } from '../wire/frame.ts';

/** The beginning of nearly every server's answer to a tool call. */
const SHAPED = /^\{(?:"(?:jsonrpc|id)":(?:"[^"\\]*"|-?\d+),)*"result":\{"content":\[/;

/** How much of an answer {@link hasShape} needs to see, in characters. */
export const SHAPE_LENGTH = 512;

/** Whether an answer that begins with `head` clearly has MCP's shape. False means only that it isn't clear. */
export function hasShape(head: string): boolean {
  return SHAPED.test(head);
}

/**
 * The answer to a `tools/call`, repaired if its result isn't in MCP's shape: the result's JSON becomes text content, and
 * also structured content if it is an object and the answer stays within `most` bytes. Any other answer is unchanged.
 */
export function readableResult(frame: string, most: number): string {
  if (hasShape(frame)) return frame;
  const place = memberOf(frame, 'result');
  if (place === null) return frame;
  const result = frame.slice(place.start, place.end);
  const isObject = result.startsWith('{');
  const members = isObject ? membersOf(result) : new Map<string, string>();
  if (isMcp(members)) return frame;
  const text = result.startsWith('"') ? result : JSON.stringify(result);
  const content = `"content":[{"type":"text","text":${text}}]`;
  const [isError, meta, own] = [
    members.get('isError'),
    members.get('_meta'),
    members.get('structuredContent'),
  ];
  const rest = [
    ...(isError === 'true' || isError === 'false' ? [`"isError":${isError}`] : []),
    ...(meta?.startsWith('{') ? [`"_meta":${meta}`] : []),
  ];
  const answer = (...parts: string[]) =>
    `${frame.slice(0, place.start)}{${parts.join(',')}}${frame.slice(place.end)}`;
  if (isObject) {
    const structured = own?.startsWith('{') ? own : result;
    const whole = answer(content, `"structuredContent":${structured}`, ...rest);
    if (bytesOver(whole, lineLimit(most)) === null) return whole;
  }
  return answer(content, ...rest);
}

function isMcp(members: ReadonlyMap<string, string>): boolean {
  if (members.get('content')?.startsWith('[') || members.has('task') || members.has('toolResult')) {
    return true;
  }
  const kind = members.get('resultType');
  return kind !== undefined && JSON.parse(kind) !== 'complete';
}
