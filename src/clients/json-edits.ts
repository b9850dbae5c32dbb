import { createScanner, type Node } from 'jsonc-parser';
import type { Json } from '../../machines/model.ts';

// jsonc-parser's own edits reformat neighbouring text. These change nothing else.

/** Appends a member to an object, indented like its siblings. Returns the new text. */
export function insertMember(text: string, object: Node, key: string, value: Json): string {
  const eol = eolOf(text);
  const unit = indentUnit(text);
  const outer = indentAt(text, object.offset);
  const last = object.children?.at(-1);
  const isSpread = last === undefined || isAtLineStart(text, last.offset);
  const inner = last !== undefined && isSpread ? indentAt(text, last.offset) : outer + unit;
  const member = `${JSON.stringify(key)}: ${spread(value, unit, inner, eol)}`;
  if (last === undefined) {
    const close = object.offset + object.length - 1;
    const inside = text.slice(object.offset + 1, close).trimEnd();
    const content = `${inside}${eol}${inner}${member}${eol}${outer}`;
    return text.slice(0, object.offset + 1) + content + text.slice(close);
  }
  const end = last.offset + last.length;
  const comma = commaAfter(text, end);
  if (!isSpread) {
    return `${text.slice(0, end)}, ${JSON.stringify(key)}: ${JSON.stringify(value)}${text.slice(end)}`;
  }
  const lineEnd = endOfLine(text, comma === null ? end : comma + 1);
  const separator = comma === null ? ',' : '';
  return [
    text.slice(0, end),
    separator,
    text.slice(end, lineEnd),
    `${eol}${inner}${member}${comma === null ? '' : ','}`,
    text.slice(lineEnd),
  ].join('');
}

/** Removes a member of an object, with its comma and its line. Returns the new text. */
export function removeMember(text: string, object: Node, property: Node): string {
  const members = object.children ?? [];
  const index = members.indexOf(property);
  const end = property.offset + property.length;
  const comma = commaAfter(text, end);
  const stop = comma === null ? end : comma + 1;
  let start = property.offset;
  while (start > 0 && /[ \t]/.test(text.charAt(start - 1))) start -= 1;
  if (text.charAt(start - 1) === '\n') start -= text.charAt(start - 2) === '\r' ? 2 : 1;
  const previous = members[index - 1];
  const orphan =
    comma === null && previous !== undefined
      ? commaAfter(text, previous.offset + previous.length)
      : null;
  const isOnly = members.length === 1;
  const rest = isOnly ? text.slice(stop).replace(/^\s*(?=\})/, '') : text.slice(stop);
  const before = text.slice(0, start);
  if (orphan === null) return before + rest;
  return before.slice(0, orphan) + before.slice(orphan + 1) + rest;
}

/** Replaces a value. Returns the new text. */
export function replaceValue(text: string, node: Node, value: Json): string {
  const indent = indentAt(text, node.offset);
  const written = text.slice(node.offset, node.offset + node.length).includes('\n')
    ? spread(value, indentUnit(text), indent, eolOf(text))
    : JSON.stringify(value);
  return text.slice(0, node.offset) + written + text.slice(node.offset + node.length);
}

function spread(value: Json, unit: string, indent: string, eol: string): string {
  return JSON.stringify(value, null, unit).replaceAll('\n', `${eol}${indent}`);
}

function eolOf(text: string): string {
  return text.includes('\r\n') ? '\r\n' : '\n';
}

/** The indentation of the first indented line. */
function indentUnit(text: string): string {
  return /\n([ \t]+)\S/.exec(text)?.[1] ?? '  ';
}

/** The indentation of the line at an offset. */
function indentAt(text: string, offset: number): string {
  const line = text.slice(text.lastIndexOf('\n', offset - 1) + 1, offset);
  return /^[ \t]*/.exec(line)?.[0] ?? '';
}

function isAtLineStart(text: string, offset: number): boolean {
  return /(^|\n)[ \t]*$/.test(text.slice(0, offset));
}

/** The offset of the comma after a member, or null. */
function commaAfter(text: string, from: number): number | null {
  const scanner = createScanner(text, true);
  scanner.setPosition(from);
  scanner.scan();
  const offset = scanner.getTokenOffset();
  return text.charAt(offset) === ',' ? offset : null;
}

/** The offset after a comment on the same line, if there is one. */
function endOfLine(text: string, from: number): number {
  const [blank = '', comment = ''] =
    /^[ \t]*(\/\/[^\r\n]*|\/\*[^\r\n]*?\*\/)?/.exec(text.slice(from)) ?? [];
  return comment === '' ? from : from + blank.length;
}
