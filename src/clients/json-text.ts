import {
  getNodeValue,
  type Node,
  type ParseError,
  parseTree,
  printParseErrorCode,
} from 'jsonc-parser';
import type { JsonObject } from '../../machines/model.ts';
import { isObject } from '../wire/json.ts';
import { ConfigError } from './config-error.ts';
import type { ConfigText } from './config-text.ts';
import { insertMember, removeMember, replaceValue } from './json-edits.ts';
import { maskJson } from './json-mask.ts';

/** JSON with comments and trailing commas. */
export const jsonText: ConfigText = {
  read(text, servers) {
    const root = rootOf(text);
    const value: unknown = getNodeValue(root);
    const member = memberOf(root, servers, text);
    if (member !== null && member.value.type !== 'object') {
      throw new ConfigError(`"${servers}" is not an object`, text, member.value.offset);
    }
    if (member !== null) for (const key of keysOf(member.value)) memberOf(member.value, key, text);
    return isObject(value) ? value : {};
  },

  set(text, servers, name, members) {
    const filled = text.trim() === '' ? `{}${text.includes('\r\n') ? '\r\n' : '\n'}` : text;
    const root = rootOf(filled);
    const parent = memberOf(root, servers, filled);
    if (parent === null) return insertMember(filled, root, servers, { [name]: members });
    const entry = memberOf(parent.value, name, filled);
    if (entry === null) return insertMember(filled, parent.value, name, members);
    if (entry.value.type !== 'object') return replaceValue(filled, entry.value, members);
    let edited = filled;
    for (const [key, value] of Object.entries(members)) {
      const node = at(edited, servers, name);
      const known = node === null ? null : memberOf(node, key, edited);
      if (node === null) break;
      if (known === null) edited = insertMember(edited, node, key, value);
      else if (!isSame(getNodeValue(known.value), value))
        edited = replaceValue(edited, known.value, value);
    }
    return edited;
  },

  remove(text, servers, name) {
    const root = rootOf(text);
    const parent = memberOf(root, servers, text);
    const entry = parent === null ? null : memberOf(parent.value, name, text);
    if (parent === null || entry === null) return text;
    const isLast = parent.value.children?.length === 1;
    return isLast
      ? removeMember(text, root, parent.property)
      : removeMember(text, parent.value, entry.property);
  },

  mask: maskJson,
};

interface Member {
  readonly property: Node;
  readonly value: Node;
}

function rootOf(text: string): Node {
  const errors: ParseError[] = [];
  const filled = text.trim() === '' ? '{}' : text;
  const root = parseTree(filled, errors, { allowTrailingComma: true });
  const [first] = errors;
  if (first !== undefined) {
    const what = printParseErrorCode(first.error)
      .replace(/([a-z])([A-Z])/g, '$1 $2')
      .toLowerCase();
    throw new ConfigError(what, text, first.offset);
  }
  if (root?.type !== 'object') throw new ConfigError('not an object', text, root?.offset ?? 0);
  return root;
}

function keysOf(node: Node): string[] {
  return (node.children ?? []).map(({ children = [] }) => String(children[0]?.value));
}

/** The member with this name, or null. Throws if there are two, because programs differ in which one they use. */
function memberOf(node: Node, key: string, text: string): Member | null {
  const found = (node.children ?? []).filter(({ children = [] }) => children[0]?.value === key);
  const [property, second] = found;
  if (second !== undefined) throw new ConfigError(`duplicate key "${key}"`, text, second.offset);
  const value = property?.children?.[1];
  return property === undefined || value === undefined ? null : { property, value };
}

function at(text: string, ...path: readonly string[]): Node | null {
  let node: Node | null = rootOf(text);
  for (const key of path) node = node === null ? null : (memberOf(node, key, text)?.value ?? null);
  return node;
}

function isSame(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

/** The block to add by hand. */
export function printJson(servers: string, name: string, members: JsonObject): string {
  return JSON.stringify({ [servers]: { [name]: members } }, null, 2);
}
