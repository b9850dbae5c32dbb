/** Keys whose values are credentials or traffic between an agent and an instance. */
const PRIVATE_KEY =
  /^(token|secret|passw(or)?d|authorization|cookie|set-cookie|credentials?|api[-_]?key|access[-_]?token|mcp-session-id|headers?|arguments|result)$/i;

/** Shorter secrets are not searched for in texts, because they would match ordinary words. */
const MIN_LENGTH = 4;

/**
 * Removes credentials from data that is shown or stored. Each secret is replaced by a numbered mark, `‹removed 1›`, always the
 * same for the same secret, so that changes remain visible. A secret once seen under its key is also removed from all later
 * texts, because servers quote what they refuse. Of an instance's `catalogue`, only the names are kept.
 */
export class Redaction {
  readonly #marks = new Map<string, string>();

  /** Removes `secret` from all texts from now on. Returns its mark. */
  learn(secret: string): string {
    const known = this.#marks.get(secret);
    if (known !== undefined) return known;
    const mark = `‹removed ${this.#marks.size + 1}›`;
    this.#marks.set(secret, mark);
    return mark;
  }

  /** Returns a copy as plain data, without secrets at any depth. Errors become their messages, functions and the like null. */
  clean(value: unknown): unknown {
    if (typeof value === 'string') return this.#text(value);
    if (value instanceof Error) return { message: this.#text(value.message) };
    if (Array.isArray(value)) return value.map((each) => this.clean(each));
    if (typeof value === 'object' && value !== null) {
      return Object.fromEntries(
        Object.entries(value).map(([key, each]) => [this.#text(key), this.#field(key, each)]),
      );
    }
    return typeof value === 'number' || typeof value === 'boolean' ? value : null;
  }

  #field(key: string, value: unknown): unknown {
    if (key === 'catalogue') return this.clean(namesIn(value));
    if (value === null || value === undefined || !PRIVATE_KEY.test(key)) return this.clean(value);
    return this.learn(typeof value === 'string' ? value : JSON.stringify(value));
  }

  #text(text: string): string {
    let clean = text
      // Credentials, then the query of a URL or path.
      .replace(/(?<=\bhttps?:\/\/)([^/?#\s@]+)(?=@)/gi, (found) => this.learn(found))
      .replace(/(?<=\/[^\s?]*\?)\S+/g, (found) => this.learn(found))
      .replace(/(?<=\b(?:bearer|basic) )\S+/gi, (found) => this.learn(found));
    for (const [secret, mark] of this.#marks) {
      if (secret.length >= MIN_LENGTH) clean = clean.replaceAll(secret, mark);
    }
    return clean;
  }
}

/** Keeps only names: schemas and descriptions are a hundred times larger and add little. */
function namesIn(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(namesIn);
  if (typeof value !== 'object' || value === null) return null;
  if ('name' in value) return { name: value.name };
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, namesIn(each)]));
}
