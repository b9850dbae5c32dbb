const UNITS = [
  [86_400_000, 'd'],
  [3_600_000, 'h'],
  [60_000, 'min'],
] as const;

/** Milliseconds in the largest unit of which there is one. */
export function ageOf(duration: number): string {
  const [size, unit] = UNITS.find(([least]) => duration >= least) ?? [1_000, 's'];
  return `${Math.max(0, Math.floor(duration / size))} ${unit}`;
}
