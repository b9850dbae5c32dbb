import { parseArgs } from 'node:util';
import type { GivenOptions } from '../config/config.ts';
import { OPTIONS } from '../config/options.ts';
import { UsageError } from '../errors.ts';
import { printable } from '../printable.ts';

/** A flag or a value of one command, beside the options of the hub. */
export interface Parameter {
  readonly name: string;
  readonly takes: 'value' | 'flag';
}

interface Known {
  readonly name: string;
  readonly takes: string;
  /** The flag that this one denies. */
  readonly denies?: string;
}

const HUB_PARAMETERS: readonly Known[] = [
  { name: 'config', takes: 'value' },
  ...OPTIONS,
  ...OPTIONS.filter(({ takes }) => takes === 'flag').map(({ name, takes }) => ({
    name: `no-${name}`,
    takes,
    denies: name,
  })),
];

/**
 * The options of `hub`, `list` and `doctor`, and those of `own`. Throws {@link UsageError} for what is unknown, lacks its value, or
 * isn't an option.
 */
export function parseHubArguments(args: readonly string[], own: readonly Parameter[] = []) {
  return parse(args, [...HUB_PARAMETERS, ...own]);
}

/** The options of a command that knows only its own; what is no option goes to `operands`, where there may be some. */
export function parseOwnArguments(
  args: readonly string[],
  own: readonly Parameter[],
  operands?: string[],
): GivenOptions {
  return parse(args, own, operands);
}

function parse(
  args: readonly string[],
  parameters: readonly Known[],
  operands?: string[],
): Record<string, (string | boolean)[] | undefined> {
  const known = new Map(parameters.map((each) => [each.name, each]));
  // Every option as a flag: whether it takes a value is decided here, for errors that name it.
  const { tokens } = parseArgs({ args: [...args], strict: false, tokens: true, options: {} });
  const given: Record<string, (string | boolean)[] | undefined> = {};
  const rest = [...tokens];
  for (let token = rest.shift(); token !== undefined; token = rest.shift()) {
    if (token.kind !== 'option') {
      if (token.kind === 'option-terminator') continue;
      if (operands !== undefined) {
        operands.push(token.value);
        continue;
      }
      throw new UsageError(`unexpected "${printable(token.value)}"`);
    }
    const option = known.get(token.name);
    if (option === undefined || token.rawName !== `--${token.name}`) {
      throw new UsageError(
        `unknown option ${printable(token.rawName)}${suggestion(token.name, known.keys())}`,
      );
    }
    let value: string | boolean | undefined = token.value;
    if (option.takes === 'flag') {
      if (value !== undefined) throw new UsageError(`--${token.name} takes no value`);
      value = true;
    } else if (value === undefined && rest[0]?.kind === 'positional') {
      const next = rest[0];
      if (option.takes !== 'optional' || /^\d+$/.test(next.value)) {
        value = next.value;
        rest.shift();
      }
    }
    if (value === undefined && option.takes !== 'optional') {
      throw new UsageError(`--${token.name} needs a value`);
    }
    const name = option.denies ?? token.name;
    given[name] = [...(given[name] ?? []), option.denies === undefined && (value ?? true)];
  }
  return given;
}

/** `; did you mean …?` when one of `known` is near. */
export function suggestion(word: string, known: Iterable<string>, dashes = '--'): string {
  const near = [...known].filter((each) => each.startsWith(word) || distance(each, word) <= 2);
  const [best] = near.sort((a, b) => distance(a, word) - distance(b, word));
  return best === undefined ? '' : `; did you mean ${dashes}${best}?`;
}

/** Levenshtein's. */
function distance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i += 1) {
    const next = [i];
    for (let j = 1; j <= b.length; j += 1) {
      const replace = (row[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(replace, (row[j] ?? 0) + 1, (next[j - 1] ?? 0) + 1));
    }
    row = next;
  }
  return row.at(-1) ?? 0;
}
