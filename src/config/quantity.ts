import { LONGEST_DELAY } from '../../machines/backoff.ts';

const MILLISECONDS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000 };

const BYTES: Readonly<Record<string, number>> = {
  '': 1,
  B: 1,
  KB: 1e3,
  MB: 1e6,
  KiB: 2 ** 10,
  MiB: 2 ** 20,
};

/** Parses `250ms`, `5s`, `2m`, `1h` or `0` to milliseconds. Null if it is invalid, or longer than a timer supports. */
export function parseDuration(text: string): number | null {
  if (text === '0') return 0;
  const [, amount, unit = ''] = /^(\d+(?:\.\d+)?)(ms|s|m|h)$/.exec(text) ?? [];
  const value = Math.round(Number(amount) * (MILLISECONDS[unit] ?? Number.NaN));
  return value <= LONGEST_DELAY ? value : null;
}

/** Parses `10MiB`, `64KiB`, `1MB` or `65536` to bytes. Null if it is invalid. */
export function parseBytes(text: string): number | null {
  const [, amount, unit = ''] = /^(\d+(?:\.\d+)?)(|B|KB|MB|KiB|MiB)$/.exec(text) ?? [];
  const value = Math.round(Number(amount) * (BYTES[unit] ?? Number.NaN));
  return Number.isSafeInteger(value) ? value : null;
}
