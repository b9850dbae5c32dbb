import { MASK } from './config-text.ts';

/** A string of one of four kinds, a comment, a line ending, punctuation, whitespace, or a bare word. */
const TOKEN = new RegExp(
  [
    /(?<string>"""(?:\\[\s\S]|(?!""")[^\\])*"{3,5}|'''(?:(?!''')[\s\S])*'{3,5}|"(?:\\.|[^"\\\n])*"|'[^'\n]*')/,
    /(?<comment>#[^\r\n]*)/,
    /(?<eol>\r?\n)/,
    /(?<sign>[[\]{}=,])/,
    /(?<blank>[^\S\n]+|\.)/,
    /(?<word>[^\s"'#[\]{}=,.]+)/,
    /(?<other>[\s\S])/,
  ]
    .map(({ source }) => source)
    .join('|'),
  'g',
);

/** A statement, or an inline table or array in its value. */
interface Level {
  readonly isArray: boolean;
  /** The key before `=`. */
  key: string[];
  isValue: boolean;
}

/** Masks comments in a TOML text, and strings, numbers and dates unless `isShown` accepts their path. */
export function maskToml(text: string, isShown: (path: readonly string[]) => boolean): string {
  const reader = new Reader();
  return [...text.matchAll(TOKEN)]
    .map(({ 0: raw, groups = {} }) => {
      const kind = Object.keys(groups).find((each) => groups[each] !== undefined) ?? 'other';
      if (kind === 'comment') return `# ${MASK}`;
      const path = reader.read(kind, raw);
      return path === null || isShown(path) ? raw : raw.replace(/[^\r\n]+/g, MASK);
    })
    .join('');
}

/** Tracks, token by token, the path of the value being read. */
class Reader {
  #table: readonly string[] = [];
  /** The parts of a table's name while its header is read. */
  #header: string[] | null = null;
  #levels: Level[] = [statement()];

  /** Returns the path of the value that the token is part of, or null. */
  read(kind: string, raw: string): string[] | null {
    const [top = statement()] = this.#levels.slice(-1);
    if (kind === 'eol') this.#endLine();
    else if (kind === 'sign') this.#readSign(raw, top);
    else if (kind !== 'blank' && this.#header !== null) this.#header.push(unquoted(raw));
    else if (kind !== 'blank' && !top.isValue) top.key.push(unquoted(raw));
    else if (kind !== 'blank') return this.#path();
    return null;
  }

  #path(): string[] {
    return [...this.#table, ...this.#levels.flatMap(({ key }) => key)];
  }

  #endLine(): void {
    if (this.#levels.length > 1) return;
    if (this.#header !== null) this.#table = this.#header;
    this.#header = null;
    this.#levels = [statement()];
  }

  #readSign(sign: string, top: Level): void {
    if (this.#header !== null) return;
    if (sign === '[' && !top.isValue) this.#header = [];
    else if (sign === '[') this.#levels.push({ isArray: true, key: [], isValue: true });
    else if (sign === '{') this.#levels.push(statement());
    else if (sign === ']' || sign === '}')
      this.#levels.splice(Math.max(1, this.#levels.length - 1));
    else if (sign === '=') top.isValue = true;
    else if (sign === ',' && !top.isArray) Object.assign(top, statement());
  }
}

function statement(): Level {
  return { isArray: false, key: [], isValue: false };
}

function unquoted(raw: string): string {
  return /^["']/.test(raw) ? raw.slice(1, -1) : raw;
}
