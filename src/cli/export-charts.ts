import { writeFileSync } from 'node:fs';
import { guardName } from '../drawing/chart.ts';
import { charts } from '../drawing/charts.ts';
import { errnoOf } from '../errors.ts';
import { printable } from '../printable.ts';

/** Writes all charts to `file` as JSON: each chart's configuration by its name, as the Stately editor imports it. */
export function exportCharts(file: string): void {
  const configs = Object.fromEntries(
    Array.from(charts, ([name, machine]) => [name, machine.config]),
  );
  const text = JSON.stringify(configs, (_, value: unknown) => withoutFunctions(value), 2);
  try {
    writeFileSync(file, `${text}\n`);
  } catch (error) {
    throw new Error(`${printable(file)} cannot be written (${errnoOf(error) ?? 'unknown'})`);
  }
  process.stdout.write(`${[...charts.keys()].join(', ')}: ${printable(file)}\n`);
}

/** Replaces guards with their names and drops other functions, such as the one that creates the initial context. */
function withoutFunctions(value: unknown): unknown {
  if (typeof value !== 'function') return value;
  return guardName(value) || undefined;
}
