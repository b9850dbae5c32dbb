import { isObject, parseJson, stringOf } from './json.ts';

/** The JSON-RPC facts of a frame. */
export interface Envelope {
  /**
   * As JSON text, so that `1` and `"1"` stay apart and no digit is lost; each id has one spelling, however the frame
   * spells it. Null when there is none; the text `null` when it is that.
   */
  readonly id: string | null;
  readonly method: string | null;
  readonly hasResult: boolean;
  readonly hasError: boolean;
}

/** What walking through a frame finds: where the id stands, too. */
interface Walked extends Envelope {
  readonly idStart: number;
  readonly idEnd: number;
}

const QUOTE = 34;
const BACKSLASH = 92;
const OPEN_BRACE = 123;
const CLOSE_BRACE = 125;
const OPEN_BRACKET = 91;
const CLOSE_BRACKET = 93;
const COMMA = 44;
const COLON = 58;

/** Up to this length a frame is parsed; from there on it is walked through, which copies nothing. */
const LONG = 16 * 1024;

/** How SDK servers end an answer. The last `}` of a JSON object closes it, so what stands before is at its top level. */
export const TAIL = /,"jsonrpc":"2\.0","id":(-?\d+|"[^"\\]*")\}$/;
export const TAIL_LENGTH = 300;

/**
 * Reads the top level of a JSON object. Null when the text isn't one. Of a long text, what is nested is skipped by its
 * brackets and strings, not checked.
 */
export function readEnvelope(text: string): Envelope | null {
  if (text.length <= LONG) return parse(text);
  if (text.startsWith('{"result":')) {
    const id = TAIL.exec(text.slice(-TAIL_LENGTH))?.[1];
    if (id !== undefined) return { id, method: null, hasResult: true, hasError: false };
  }
  return walk(text);
}

/** The frame with another id. `rawId` is JSON text. */
export function replaceId(text: string, rawId: string): string {
  const walked = walk(text);
  if (walked === null || walked.id === null) return text;
  return text.slice(0, walked.idStart) + rawId + text.slice(walked.idEnd);
}

function parse(text: string): Envelope | null {
  let message: unknown;
  try {
    message = JSON.parse(text);
  } catch {
    return null;
  }
  if (!isObject(message)) return null;
  const { id, method } = message;
  // An integer with more digits than a number holds.
  if (typeof id === 'number' && Math.abs(id) > Number.MAX_SAFE_INTEGER) return walk(text);
  return {
    id: id === undefined ? null : isScalar(id) ? JSON.stringify(id) : 'null',
    method: stringOf(method),
    hasResult: 'result' in message,
    hasError: 'error' in message,
  };
}

/** No other id can be one. */
function isScalar(id: unknown): boolean {
  return typeof id === 'string' || typeof id === 'number';
}

function walk(text: string): Walked | null {
  let id: string | null = null;
  let idStart = -1;
  let idEnd = -1;
  let method: string | null = null;
  let hasResult = false;
  let hasError = false;
  const isObject = eachMember(text, (key, start, end) => {
    if (key === 'id') {
      id = spelled(text.slice(start, end));
      idStart = start;
      idEnd = end;
    } else if (key === 'method') {
      method = text.charCodeAt(start) === QUOTE ? textOf(text, start, end) : null;
    } else if (key === 'result') hasResult = true;
    else if (key === 'error') hasError = true;
  });
  return isObject ? { id, idStart, idEnd, method, hasResult, hasError } : null;
}

/** Where in the text of an object the value of `key` stands, the last one if there are more; null when there is none. */
export function memberOf(text: string, key: string): { start: number; end: number } | null {
  let found: { start: number; end: number } | null = null;
  const isObject = eachMember(text, (each, start, end) => {
    if (each === key) found = { start, end };
  });
  return isObject ? found : null;
}

/** The text of what stands under one key after the other, or null. */
export function textAt(text: string, ...keys: readonly string[]): string | null {
  let at: string = text;
  for (const key of keys) {
    const found = memberOf(at, key);
    if (found === null) return null;
    at = at.slice(found.start, found.end);
  }
  return at;
}

/** Visits the members of the object that `text` is. False: it isn't one; some may have been visited then. */
function eachMember(
  text: string,
  visit: (key: string, start: number, end: number) => void,
): boolean {
  let at = skipBlank(text, 0);
  if (text.charCodeAt(at) !== OPEN_BRACE) return false;
  at = skipBlank(text, at + 1);
  if (text.charCodeAt(at) === CLOSE_BRACE) at += 1;
  else {
    for (;;) {
      if (text.charCodeAt(at) !== QUOTE) return false;
      const keyEnd = skipString(text, at);
      if (keyEnd === -1) return false;
      const key = textOf(text, at, keyEnd);
      at = skipBlank(text, keyEnd);
      if (key === null || text.charCodeAt(at) !== COLON) return false;
      const start = skipBlank(text, at + 1);
      const end = skipValue(text, start);
      if (end === -1 || end === start) return false;
      visit(key, start, end);
      at = skipBlank(text, end);
      const next = text.charCodeAt(at);
      at += 1;
      if (next === CLOSE_BRACE) break;
      if (next !== COMMA) return false;
      at = skipBlank(text, at);
    }
  }
  return skipBlank(text, at) === text.length;
}

/** The frame on one line: outside of strings a line break is a blank, and inside of them there is none. */
export function oneLine(text: string): string {
  return text.includes('\n') || text.includes('\r') ? text.replace(/[\r\n]/g, ' ') : text;
}

/** An id as `JSON.stringify` spells it; digits that a number can't hold stay. */
function spelled(rawId: string): string {
  return /^"[^\\]*"$|^-?\d+$/.test(rawId) ? rawId : JSON.stringify(parseJson(rawId) ?? null);
}

function skipBlank(text: string, from: number): number {
  let at = from;
  for (;;) {
    const code = text.charCodeAt(at);
    if (code !== 32 && code !== 10 && code !== 13 && code !== 9) return at;
    at += 1;
  }
}

/** The end of the string that starts at `from`, or -1. */
function skipString(text: string, from: number): number {
  let at = from + 1;
  for (;;) {
    const quote = text.indexOf('"', at);
    if (quote === -1) return -1;
    let slashes = 0;
    while (text.charCodeAt(quote - 1 - slashes) === BACKSLASH) slashes += 1;
    if (slashes % 2 === 0) return quote + 1;
    at = quote + 1;
  }
}

/** The end of the value that starts at `from`, or -1. */
function skipValue(text: string, from: number): number {
  const first = text.charCodeAt(from);
  if (first === QUOTE) return skipString(text, from);
  if (first !== OPEN_BRACE && first !== OPEN_BRACKET) {
    const scalar = /[^\s,\]}]*/y;
    scalar.lastIndex = from;
    const found = scalar.exec(text)?.[0] ?? '';
    return /^(?:true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?)$/.test(found)
      ? from + found.length
      : -1;
  }
  let depth = 0;
  for (let at = from; at < text.length; ) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) {
      at = skipString(text, at);
      if (at === -1) return -1;
      continue;
    }
    at += 1;
    if (code === OPEN_BRACE || code === OPEN_BRACKET) depth += 1;
    else if (code === CLOSE_BRACE || code === CLOSE_BRACKET) {
      depth -= 1;
      if (depth === 0) return at;
    }
  }
  return -1;
}

/** The string that stands between `start` and `end` as JSON, or null. */
function textOf(text: string, start: number, end: number): string | null {
  const inner = text.slice(start + 1, end - 1);
  if (!inner.includes('\\')) return inner;
  try {
    const decoded: unknown = JSON.parse(text.slice(start, end));
    return typeof decoded === 'string' ? decoded : null;
  } catch {
    return null;
  }
}
