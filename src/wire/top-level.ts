/** The members of a JSON-RPC message and their bits. */
const MEMBERS = { jsonrpc: 1, id: 2, method: 4, params: 8, result: 16, error: 32 } as const;

type Member = keyof typeof MEMBERS;

const BITS = new Map<string, number>(Object.entries(MEMBERS));

/** Go's parser ignores case and reads U+017F as `s`. */
const FOLDED = new Set([...BITS.keys()].map((key) => key.toUpperCase()));

/** The longest JSON spelling of a member's name: quotes, and six characters for each character. */
const LONGEST = 2 + 6 * 'jsonrpc'.length;

/** The top level of a JSON-RPC message. */
export class TopLevel {
  /** The id as it is spelled; `null` for an object or an array. Of several the last. */
  rawId: string | null = null;
  /** The method as it is spelled. Of several the last. */
  rawMethod: string | null = null;
  /** Whether a member occurs twice, or with a name that only some parsers recognize. */
  isRepeated = false;
  #seen = 0;
  #next: 'id' | 'method' | null = null;

  has(member: Member): boolean {
    return (this.#seen & MEMBERS[member]) !== 0;
  }

  /** Whether the next value is needed. */
  get wantsValue(): boolean {
    return this.#next !== null;
  }

  /** Notes a name as it is spelled, a valid JSON string. */
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

  /** Notes a value as it is spelled. */
  value(raw: string): void {
    if (this.#next === 'id') this.rawId = raw;
    else if (this.#next === 'method') this.rawMethod = raw;
    this.#next = null;
  }
}
