import { parseArgs } from 'node:util';
import type { GivenOptions } from '../config/config.ts';
import { nameOf, type Options } from '../config/option.ts';
import { UsageError } from '../errors.ts';
import { printable } from '../printable.ts';

/** A parsed command line. */
export interface ParsedArguments {
  /** By option name. */
  readonly given: GivenOptions;
  /** The arguments that are not options. */
  readonly operands: readonly string[];
}

/** How an option with this name is parsed. */
interface Taken {
  readonly takes: string;
  /** The option that it sets: `foo` for `--no-foo`. */
  readonly name: string;
  readonly isDenied: boolean;
}

/**
 * Parses the arguments of a command with these options. Throws {@link UsageError} for an unknown option, a missing value,
 * and an unexpected operand.
 */
export function parseArguments(
  args: readonly string[],
  options: Options,
  takesOperands = false,
): ParsedArguments {
  const known = takenBy(options);
  // Every option is parsed as a flag; whether it takes a value is decided here, so that errors can name it.
  const { tokens } = parseArgs({ args: [...args], strict: false, tokens: true, options: {} });
  const given: Record<string, (string | boolean)[] | undefined> = {};
  const operands: string[] = [];
  const rest = [...tokens];
  for (let token = rest.shift(); token !== undefined; token = rest.shift()) {
    if (token.kind === 'option-terminator') continue;
    if (token.kind === 'positional') {
      if (!takesOperands) throw new UsageError(`unexpected "${printable(token.value)}"`);
      operands.push(token.value);
      continue;
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
      value = !option.isDenied;
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
    given[option.name] = [...(given[option.name] ?? []), value ?? true];
  }
  return { given, operands };
}

/** The options by their names on the command line, including `no-` forms. */
function takenBy(options: Options): ReadonlyMap<string, Taken> {
  const known = new Map<string, Taken>();
  const denials = new Map<string, Taken>();
  for (const [key, { takes, fallback }] of Object.entries(options)) {
    const name = nameOf(key);
    known.set(name, { takes, name, isDenied: false });
    if (fallback === true) denials.set(`no-${name}`, { takes, name, isDenied: true });
  }
  return new Map([...known, ...denials]);
}

/** `; did you mean …?` if one of `known` is similar. */
export function suggestion(word: string, known: Iterable<string>, dashes = '--'): string {
  const near = [...known].filter((each) => each.startsWith(word) || distance(each, word) <= 2);
  const [best] = near.sort((a, b) => distance(a, word) - distance(b, word));
  return best === undefined ? '' : `; did you mean ${dashes}${best}?`;
}

/** Levenshtein distance. */
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
