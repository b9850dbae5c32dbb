/** The members of a JSON-RPC message, each with its bit in what was seen. */
const MEMBERS = { jsonrpc: 1, id: 2, method: 4, params: 8, result: 16, error: 32 } as const;

type Member = keyof typeof MEMBERS;

const BITS = new Map<string, number>(Object.entries(MEMBERS));

/** Parsers in Go ignore case, and take U+017F for an `s`. */
const FOLDED = new Set([...BITS.keys()].map((key) => key.toUpperCase()));

/** The longest name of a member as JSON: quotes, and six characters for each of its own. */
const LONGEST = 2 + 6 * 'jsonrpc'.length;

/** What stands at the top level of a JSON-RPC message. */
export class TopLevel {
  /** The id as it is spelled; `null` for an object or an array. Of several the last one. */
  rawId: string | null = null;
  /** The method as it is spelled, likewise. */
  rawMethod: string | null = null;
  /** Whether a member is there twice, or under a name that only some parsers take for it. */
  isRepeated = false;
  #seen = 0;
  #next: 'id' | 'method' | null = null;

  has(member: Member): boolean {
    return (this.#seen & MEMBERS[member]) !== 0;
  }

  /** Whether the value that comes next is of interest. */
  get wantsValue(): boolean {
    return this.#next !== null;
  }

  /** Takes a name as it is spelled; it is a valid JSON string. */
  name(raw: string): void {
    this.#next = null;
    if (raw.length > LONGEST) return;
    const name = raw.includes('\\') ? String(JSON.parse(raw)) : raw.slice(1, -1);
    const bit = BITS.get(name);
    if (bit === undefined) {
      if (FOLDED.has(name.toUpperCase())) this.isRepeated = true;
      return;
    }
    if ((this.#seen & bit) !== 0) this.isRepeated = true;
    this.#seen |= bit;
    if (name === 'id' || name === 'method') this.#next = name;
  }

  /** Takes the value as it is spelled. */
  value(raw: string): void {
    if (this.#next === 'id') this.rawId = raw;
    else if (this.#next === 'method') this.rawMethod = raw;
    this.#next = null;
  }
}
