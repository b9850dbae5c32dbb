import { printable } from '../printable.ts';

/** How a table is rendered on a terminal. */
export interface TableStyle {
  /** Maximum width of a line in terminal cells, and the column to shorten, of which the end is kept. */
  readonly fit?: { readonly width: number; readonly column: number };
  /** Colours a padded cell. */
  readonly paint?: (cell: string, column: number) => string;
}

const GAP = '  ';

/** Columns aren't shortened below this width; the line wraps instead. */
const NARROWEST = 16;

/** Renders a table. Columns are as wide as their longest cell; control characters are escaped. */
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

/** Fits the cell into exactly `width`: adds spaces, or keeps only its end after an ellipsis. */
function fill(cell: string, width: number): string {
  if (widthOf(cell) <= width) return cell + ' '.repeat(width - widthOf(cell));
  const chars = [...cell];
  while (chars.length > 0 && widthOf(chars.join('')) >= width) chars.shift();
  return fill(`…${chars.join('')}`, width);
}

/** Width in terminal cells: East Asian wide characters take two, combining marks none. */
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
