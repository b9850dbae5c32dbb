/** The value of a state as the chart names it: `{ active: 'idle' }` is `active.idle`. */
export function pathOf(value: unknown): string | null {
  if (typeof value === 'string') return value;
  if (typeof value !== 'object' || value === null) return null;
  const [[key, below] = []] = Object.entries(value);
  return key === undefined ? null : [key, pathOf(below)].join('.');
}

/** The state that is shown, its outermost: `active` of `active.idle`. */
export function outerState(path: string): string {
  return path.split('.')[0] ?? path;
}
