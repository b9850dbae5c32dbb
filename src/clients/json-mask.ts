import { type Node, parseTree, visit } from 'jsonc-parser';
import { MASK } from './config-text.ts';

type Edit = readonly [offset: number, length: number, text: string];

/** Masks comments in a JSON text, and strings and numbers unless `isShown` accepts their path. */
export function maskJson(text: string, isShown: (path: readonly string[]) => boolean): string {
  const root = parseTree(text, [], { allowTrailingComma: true });
  const edits = [...(root === undefined ? [] : valuesIn(root, [], isShown)), ...commentsIn(text)];
  let masked = text;
  for (const [offset, length, by] of edits.sort(([a], [b]) => b - a)) {
    masked = masked.slice(0, offset) + by + masked.slice(offset + length);
  }
  return masked;
}

function valuesIn(
  node: Node,
  path: readonly string[],
  isShown: (path: readonly string[]) => boolean,
): Edit[] {
  const { type, offset, length, children = [] } = node;
  if (type === 'property') {
    const [key, value] = children;
    return value === undefined ? [] : valuesIn(value, [...path, String(key?.value)], isShown);
  }
  if (type === 'object' || type === 'array') {
    return children.flatMap((child) => valuesIn(child, path, isShown));
  }
  if (isShown(path) || (type !== 'string' && type !== 'number')) return [];
  return [[offset, length, type === 'string' ? `"${MASK}"` : MASK]];
}

function commentsIn(text: string): Edit[] {
  const found: Edit[] = [];
  const onComment = (offset: number, length: number) => {
    const raw = text.slice(offset, offset + length);
    const lines = raw.split('\n').map(() => MASK);
    found.push([offset, length, raw.startsWith('//') ? `// ${MASK}` : `/* ${lines.join('\n')} */`]);
  };
  visit(text, { onComment });
  return found;
}
