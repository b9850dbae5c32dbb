import { eachMember, memberOf, membersOf } from './envelope.ts';

/**
 * JSON text with the value under `keys` replaced by `raw`, everything else as it was. Null when there is no such value, or
 * when a member on the way stands there twice, so that it depends on the reader which one counts.
 */
export function replaceAt(text: string, keys: readonly string[], raw: string): string | null {
  let start = 0;
  let end = text.length;
  for (const key of keys) {
    const found = onlyMember(text.slice(start, end), key);
    if (found === null) return null;
    end = start + found.end;
    start += found.start;
  }
  return text.slice(0, start) + raw + text.slice(end);
}

/** The text of an object with the member `key`, which replaces the one that it had or comes last. */
export function withMember(text: string, key: string, raw: string): string {
  const found = memberOf(text, key);
  if (found !== null) return text.slice(0, found.start) + raw + text.slice(found.end);
  const close = text.lastIndexOf('}');
  const comma = membersOf(text).size === 0 ? '' : ',';
  return `${text.slice(0, close)}${comma}${JSON.stringify(key)}:${raw}${text.slice(close)}`;
}

/** The text of an object without the member `key`; unchanged when there is none. */
export function withoutMember(text: string, key: string): string {
  const members = membersOf(text);
  if (!members.delete(key)) return text;
  return `{${Array.from(members, ([name, value]) => `${JSON.stringify(name)}:${value}`).join(',')}}`;
}

function onlyMember(text: string, key: string): { start: number; end: number } | null {
  let found: { start: number; end: number } | null = null;
  let count = 0;
  eachMember(text, (each, start, end) => {
    if (each !== key) return;
    count += 1;
    found = { start, end };
  });
  return count === 1 ? found : null;
}
