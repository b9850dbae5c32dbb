import { JsonScanner } from './json-scanner.ts';
import { TopLevel } from './top-level.ts';

/** The JSON-RPC facts of a frame. */
export interface Envelope {
  /**
   * As JSON text, so that `1` and `"1"` stay apart and no digit is lost. Normalized: equal ids have equal texts. Null if
   * there is no id; the text `null` if the id is `null` or not a valid id.
   */
  readonly id: string | null;
  readonly method: string | null;
  readonly hasResult: boolean;
  readonly hasError: boolean;
  /**
   * Whether another parser could read a different message: a JSON-RPC member occurs twice, the method is not a string, or
   * there is a method beside a result or an error.
   */
  readonly isAmbiguous: boolean;
}

const QUOTE = 34;
const BACKSLASH = 92;
const OPEN_BRACE = 123;
const CLOSE_BRACE = 125;
const OPEN_BRACKET = 91;
const CLOSE_BRACKET = 93;
const COMMA = 44;
const COLON = 58;

/** Up to this length a frame is parsed. A longer one is scanned, which allocates nothing for its content. */
const LONG = 16 * 1024;

/** Reads the top level of a JSON object. Null if the text isn't valid JSON or isn't an object. */
export function readEnvelope(text: string): Envelope | null {
  if (text.length > LONG) {
    const scanner = new JsonScanner();
    scanner.push(Buffer.from(text));
    return scanner.end() ? envelopeOf(scanner) : null;
  }
  if (!isJson(text)) return null;
  const top = new TopLevel();
  const isObject = eachMember(text, (_, start, end, keyStart, keyEnd) => {
    top.name(text.slice(keyStart, keyEnd));
    if (top.wantsValue) top.value(text.slice(start, end));
  });
  return isObject ? envelopeOfTop(top) : null;
}

/** What a scanner found in a complete frame; null if the frame isn't a JSON object. */
export function envelopeOf({ kind, top }: JsonScanner): Envelope | null {
  return kind === OPEN_BRACE ? envelopeOfTop(top) : null;
}

function envelopeOfTop(top: TopLevel): Envelope {
  const method = top.rawMethod === null ? null : parsed(top.rawMethod);
  const hasResult = top.has('result');
  const hasError = top.has('error');
  return {
    id: top.rawId === null ? null : canonicalId(top.rawId),
    method: typeof method === 'string' ? method : null,
    hasResult,
    hasError,
    isAmbiguous:
      top.isRepeated || (method !== null && (typeof method !== 'string' || hasResult || hasError)),
  };
}

/** The frame with another id. `rawId` is JSON text. */
export function replaceId(text: string, rawId: string): string {
  const found = memberOf(text, 'id');
  return found === null ? text : text.slice(0, found.start) + rawId + text.slice(found.end);
}

/** The position of the value of `key` in the text of an object; of several the last, of none null. */
export function memberOf(text: string, key: string): { start: number; end: number } | null {
  let found: { start: number; end: number } | null = null;
  const isObject = eachMember(text, (each, start, end) => {
    if (each === key) found = { start, end };
  });
  return isObject ? found : null;
}

/** The members of an object as JSON texts, by name; of several with the same name the last. */
export function membersOf(text: string): Map<string, string> {
  const members = new Map<string, string>();
  eachMember(text, (key, start, end) => members.set(key, text.slice(start, end)));
  return members;
}

/** The elements of an array as JSON texts, unchecked; null if `text` is no array or has more than `most` elements. */
export function elementsOf(text: string, most: number): string[] | null {
  let at = skipBlank(text, 0);
  if (text.charCodeAt(at) !== OPEN_BRACKET) return null;
  const elements: string[] = [];
  at = skipBlank(text, at + 1);
  while (text.charCodeAt(at) !== CLOSE_BRACKET) {
    const end = skipValue(text, at);
    if (end === -1 || elements.length === most) return null;
    elements.push(text.slice(at, end));
    at = skipBlank(text, end);
    if (text.charCodeAt(at) === COMMA) at = skipBlank(text, at + 1);
  }
  return elements;
}

/** The text of the value that is reached through these keys, or null. */
export function textAt(text: string, ...keys: readonly string[]): string | null {
  let at: string = text;
  for (const key of keys) {
    const found = memberOf(at, key);
    if (found === null) return null;
    at = at.slice(found.start, found.end);
  }
  return at;
}

/** Visits the members of an object. Returns false if `text` is no object; some members may have been visited then. */
export function eachMember(
  text: string,
  visit: (key: string, start: number, end: number, keyStart: number, keyEnd: number) => void,
): boolean {
  let at = skipBlank(text, 0);
  if (text.charCodeAt(at) !== OPEN_BRACE) return false;
  at = skipBlank(text, at + 1);
  if (text.charCodeAt(at) === CLOSE_BRACE) at += 1;
  else {
    for (;;) {
      if (text.charCodeAt(at) !== QUOTE) return false;
      const keyStart = at;
      const keyEnd = skipString(text, at);
      if (keyEnd === -1) return false;
      const key = textOf(text, at, keyEnd);
      at = skipBlank(text, keyEnd);
      if (key === null || text.charCodeAt(at) !== COLON) return false;
      const start = skipBlank(text, at + 1);
      const end = skipValue(text, start);
      if (end === -1 || end === start) return false;
      visit(key, start, end, keyStart, keyEnd);
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

/** The frame on one line. JSON strings contain no line breaks, and between tokens a line break is a blank. */
export function oneLine(text: string): string {
  return text.includes('\n') || text.includes('\r') ? text.replace(/[\r\n]/g, ' ') : text;
}

/** An id as `JSON.stringify` writes it, without losing digits that a number can't hold. */
export function canonicalId(rawId: string): string {
  if (/^(?:"[^\\]*"|-?[1-9]\d*|0)$/.test(rawId)) return rawId;
  const id = parsed(rawId);
  return typeof id === 'string' || typeof id === 'number' ? JSON.stringify(id) : 'null';
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** The value of a valid JSON scalar. */
function parsed(raw: string): unknown {
  return JSON.parse(raw);
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

/** The JSON string between `start` and `end`, or null. */
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
