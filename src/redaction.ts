/** Keys whose values are credentials or what an agent and an instance say to each other. */
const PRIVATE_KEY =
  /^(token|secret|passw(or)?d|authorization|cookie|set-cookie|credentials?|api[-_]?key|access[-_]?token|mcp-session-id|headers?|arguments|result)$/i;

/** A secret shorter than this would be found in every word. */
const SHORTEST = 4;

/**
 * Takes credentials out of what is shown or kept. Each becomes a mark with a number, `‹removed 1›`, the same for the
 * same secret, so that what changed can still be told from what did not. A secret once seen under its key is taken out of
 * every text that follows: servers quote what they refuse. Of what an instance offers (`catalogue`) the names are left.
 */
export class Redaction {
  readonly #marks = new Map<string, string>();

  /** From now on `secret` is removed from every text. */
  learn(secret: string): string {
    const known = this.#marks.get(secret);
    if (known !== undefined) return known;
    const mark = `‹removed ${this.#marks.size + 1}›`;
    this.#marks.set(secret, mark);
    return mark;
  }

  /** A copy, plain data, without secrets at any depth. Errors become their messages; what is no data, null. */
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
      if (secret.length >= SHORTEST) clean = clean.replaceAll(secret, mark);
    }
    return clean;
  }
}

/** Names have a hundredth of the size of schemas and descriptions, and tell as much. */
function namesIn(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(namesIn);
  if (typeof value !== 'object' || value === null) return null;
  if ('name' in value) return { name: value.name };
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, namesIn(each)]));
}
