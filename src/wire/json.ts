import type { Json, JsonObject } from '../../machines/model.ts';
import { BUDGETS } from '../budgets.ts';

/** `JSON.stringify` recurses, so whatever is nested deeper than this is only passed on as text. */
const DEEPEST = 1_000;

/**
 * Parses JSON. Undefined if the text isn't JSON, is nested too deeply to be serialized again, or has more than `mostObjects`
 * objects and arrays or twice as many other values.
 */
export function parseJson(
  text: string,
  mostObjects: number = BUDGETS.parsedObjects.value,
): Json | undefined {
  if (isTaxing(text, mostObjects)) return undefined;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The value if it is an object, otherwise an empty one. */
export function objectOf(value: Json | undefined): JsonObject {
  return isObject(value) ? value : {};
}

/** The objects in the value if it is an array, otherwise none. */
export function objectsOf(value: Json | undefined): JsonObject[] {
  return Array.isArray(value) ? value.filter(isObject) : [];
}

/** The value if it is a string, otherwise null. */
export function stringOf(value: Json | undefined): string | null {
  return typeof value === 'string' ? value : null;
}

const QUOTE = 34;
const BACKSLASH = 92;
const COMMA = 44;

/** Whether JSON is nested too deeply to be parsed, or has too many objects and arrays, or twice as many other values. */
export function isTaxing(text: string, mostObjects: number): boolean {
  if (text.length < 2 * Math.min(DEEPEST, mostObjects)) return false;
  let depth = 0;
  let objects = 0;
  let commas = 0;
  for (let at = 0; at < text.length; at += 1) {
    const char = text.charCodeAt(at);
    if (char === QUOTE) at = endOfString(text, at);
    // [ and {, and ] and }, differ only in this bit.
    else if ((char | 32) === 123) {
      depth += 1;
      objects += 1;
      if (depth > DEEPEST || objects > mostObjects) return true;
    } else if ((char | 32) === 125) depth -= 1;
    else if (char === COMMA) {
      commas += 1;
      if (commas > 2 * mostObjects) return true;
    }
  }
  return false;
}

/** The position of the closing quote of the string that starts at `from`, or the end of the text. */
function endOfString(text: string, from: number): number {
  for (let at = text.indexOf('"', from + 1); at !== -1; at = text.indexOf('"', at + 1)) {
    let slashes = 0;
    while (text.charCodeAt(at - 1 - slashes) === BACKSLASH) slashes += 1;
    if (slashes % 2 === 0) return at;
  }
  return text.length;
}
