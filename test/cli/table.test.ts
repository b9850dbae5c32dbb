import { describe, expect, it } from '@jest/globals';
import { renderTable } from '../../src/cli/table.ts';

describe('a table', () => {
  it('has columns as wide as their content, and no trailing spaces', () => {
    const rows = [
      ['long', ''],
      ['日本', 'x'],
      ['e\u0301', 'y'],
    ];
    expect(renderTable(['A', 'BB'], rows)).toBe('A     BB\nlong\n日本  x\ne\u0301     y');
  });

  it('escapes line breaks and control characters', () => {
    const table = renderTable(['A'], [['a\nb\u001b[31m\u009b\u202e']]);
    expect(table).toBe('A\na\\u000ab\\u001b[31m\\u009b\\u202e');
  });

  it.each([
    [80, 'web  /home/me/projects/customers/web  why'],
    [32, 'web  …rojects/customers/web  why'],
    [10, 'web  …s/customers/web  why'],
  ])('gives way to a terminal of %d cells with the beginning of one column', (width, line) => {
    const rows = [['web', '/home/me/projects/customers/web', 'why']];
    const table = renderTable(['N', 'PATH', ''], rows, { fit: { width, column: 1 } });
    expect(table.split('\n')[1]).toBe(line);
    // Except for the last, which is too narrow for anything.
    if (width > 16) expect(line.length).toBeLessThanOrEqual(width);
  });

  it('is aligned if a wide character does not fit into the remaining space', () => {
    const rows = [['/日本語日本語日本語日本', 'x']];
    const table = renderTable(['PATH', ''], rows, { fit: { width: 19, column: 0 } });
    expect(table.split('\n')[1]).toBe('…本語日本語日本   x');
  });

  it('is coloured cell by cell, without changing its widths', () => {
    const paint = (cell: string, column: number) => (column === 0 ? `<${cell}>` : cell);
    expect(renderTable(['A', 'B'], [['long', 'x']], { paint })).toBe('<A   >  B\n<long>  x');
  });
});
