import { printable } from '../printable.ts';

/** How a table meets a terminal. */
export interface TableStyle {
  /** Terminal cells that a line may take, and the column that gives way to that: its end is kept. */
  readonly fit?: { readonly width: number; readonly column: number };
  /** Colours a padded cell. */
  readonly paint?: (cell: string, column: number) => string;
}

const GAP = '  ';

/** To less than this no column is cut: better a line that wraps. */
const NARROWEST = 16;

/** A table as text: columns as wide as their longest cell, nothing in it that steers a terminal. */
export function renderTable(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  { fit, paint = (cell) => cell }: TableStyle = {},
): string {
  const all = [head, ...rows].map((row) => row.map(printable));
  const widths = head.map((_, column) => Math.max(...all.map((row) => widthOf(row[column] ?? ''))));
  if (fit !== undefined) {
    const total = widths.reduce((sum, width) => sum + width + GAP.length, -GAP.length);
    const full = widths[fit.column] ?? 0;
    widths[fit.column] = Math.min(full, Math.max(NARROWEST, full - Math.max(0, total - fit.width)));
  }
  return all
    .map((row) =>
      row
        .map((cell, column) => paint(fill(cell, widths[column] ?? 0), column))
        .join(GAP)
        .trimEnd(),
    )
    .join('\n');
}

/** The cell in exactly `width`: spaces after it, or the end of it after an ellipsis. */
function fill(cell: string, width: number): string {
  if (widthOf(cell) <= width) return cell + ' '.repeat(width - widthOf(cell));
  const chars = [...cell];
  while (chars.length > 0 && widthOf(chars.join('')) >= width) chars.shift();
  return fill(`…${chars.join('')}`, width);
}

/** Terminal cells: wide characters of East Asia take two, marks that combine take none. */
function widthOf(text: string): number {
  let width = 0;
  for (const char of text) {
    if (/\p{M}/u.test(char)) continue;
    const isWide =
      /[\u1100-\u115f\u2e80-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6]|\p{Emoji_Presentation}/u.test(
        char,
      );
    width += isWide ? 2 : 1;
  }
  return width;
}
