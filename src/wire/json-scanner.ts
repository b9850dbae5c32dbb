import { endOfRun } from './plain-run.ts';
import { TopLevel } from './top-level.ts';
import { Utf8Check } from './utf8-check.ts';

// What the scanner expects next.
const VALUE = 0;
const FIRST_ITEM = 1;
const KEY = 2;
const FIRST_KEY = 3;
const KEY_END = 4;
const VALUE_END = 5;
const STRING = 6;
const ESCAPE = 7;
const HEX = 8;
const MINUS = 9;
const ZERO = 10;
const INTEGER = 11;
const POINT = 12;
const FRACTION = 13;
const EXPONENT = 14;
const EXPONENT_SIGN = 15;
const EXPONENT_DIGITS = 16;
const LITERAL = 17;
const INVALID = 18;

const QUOTE = 34;
const BACKSLASH = 92;
const OBJECT = 123;
const ARRAY = 91;

/** What may follow a backslash, besides `u`. */
const ESCAPED = new Uint8Array(256);
for (const byte of Buffer.from('"\\/bfnrt')) ESCAPED[byte] = 1;

const NOTHING = Buffer.alloc(0);

/**
 * Checks JSON in UTF-8 in chunks, cut anywhere, strictly by RFC 8259: in linear time, without recursion, and keeping only
 * a few bytes. Of an object it finds what JSON-RPC needs.
 */
export class JsonScanner {
  /** The first byte of the value: `{`, `[`, or that of a scalar. */
  kind = 0;
  /** Whether the text has more than one line. */
  hasLineBreaks = false;
  /** The top level, if the value is an object. */
  readonly top = new TopLevel();
  readonly #utf8 = new Utf8Check();
  #state = VALUE;
  #stack = new Uint8Array(64);
  #depth = 0;
  #isKey = false;
  #literal = '';
  #hexDigits = 0;
  /** The bytes of a key, an id or a method at the top level. */
  #isKept = false;
  #from = 0;
  #kept: Uint8Array[] = [];

  /** Checks the next chunk. */
  push(bytes: Uint8Array): void {
    if (this.#state === INVALID) return;
    this.#from = 0;
    const length = bytes.length;
    let state = this.#state;
    for (let at = 0; at < length; at += 1) {
      if (state === STRING) {
        at = endOfRun(bytes, at);
        if (at === length) break;
        // The most frequent cases outside of structure: an escape, and the end of a string.
        if (bytes[at] === BACKSLASH) {
          state = ESCAPE;
          if (ESCAPED[bytes[at + 1] ?? 0] === 0) continue;
          at += 1;
          state = STRING;
          continue;
        }
      } else if (state === INTEGER || state === FRACTION) {
        while (isDigit(bytes[at] ?? 0)) at += 1;
        if (at === length) break;
      }
      state = this.#step(state, bytes[at] ?? 0, at, bytes);
      if (state === INVALID) break;
    }
    this.#state = state;
    if (this.#isKept) this.#kept.push(bytes.subarray(this.#from));
    if (!this.#utf8.push(bytes)) this.#state = INVALID;
  }

  /** Whether the chunks together are a complete JSON text. */
  end(): boolean {
    // Only the end of the text shows that a number is complete.
    if (this.#state !== INVALID && this.#state !== STRING) {
      this.#state = this.#step(this.#state, 32, 0, NOTHING);
    }
    return this.#state === VALUE_END && this.#depth === 0 && this.#utf8.end();
  }

  #step(state: number, byte: number, at: number, bytes: Uint8Array): number {
    switch (state) {
      case STRING:
        return byte === QUOTE ? this.#endString(at, bytes) : INVALID;
      case ESCAPE:
        if (byte === 117) this.#hexDigits = 4;
        return byte === 117 ? HEX : ESCAPED[byte] === 1 ? STRING : INVALID;
      case HEX:
        this.#hexDigits -= 1;
        return !isHex(byte) ? INVALID : this.#hexDigits === 0 ? STRING : HEX;
      case LITERAL:
        return this.#stepLiteral(byte, at, bytes);
      case MINUS:
        return byte === 48 ? ZERO : isDigit(byte) ? INTEGER : INVALID;
      case POINT:
        return isDigit(byte) ? FRACTION : INVALID;
      case EXPONENT:
        if (byte === 43 || byte === 45) return EXPONENT_SIGN;
        return isDigit(byte) ? EXPONENT_DIGITS : INVALID;
      case EXPONENT_SIGN:
        return isDigit(byte) ? EXPONENT_DIGITS : INVALID;
      case ZERO:
      case INTEGER:
      case FRACTION:
      case EXPONENT_DIGITS:
        if (isDigit(byte)) return state === ZERO ? INVALID : state;
        if (byte === 46 && state <= INTEGER) return POINT;
        if ((byte | 32) === 101 && state !== EXPONENT_DIGITS) return EXPONENT;
        this.#keepTo(at, bytes);
        return this.#stepStructure(VALUE_END, byte, at);
      default:
        return this.#stepStructure(state, byte, at);
    }
  }

  #stepStructure(state: number, byte: number, at: number): number {
    if (byte === 32 || byte === 9) return state;
    if (byte === 10 || byte === 13) {
      this.hasLineBreaks = true;
      return state;
    }
    switch (state) {
      case VALUE_END:
        if (this.#depth === 0) return INVALID;
        if (byte === 44) return this.#stack[this.#depth - 1] === OBJECT ? KEY : VALUE;
        return this.#close(byte);
      case KEY_END:
        return byte === 58 ? VALUE : INVALID;
      case FIRST_KEY:
      case KEY:
        if (byte !== QUOTE) return state === FIRST_KEY ? this.#close(byte) : INVALID;
        this.#isKey = true;
        if (this.#depth === 1) this.#keepFrom(at);
        return STRING;
      case FIRST_ITEM:
        return byte === 93 ? this.#close(byte) : this.#startValue(byte, at);
      default:
        return this.#startValue(byte, at);
    }
  }

  #startValue(byte: number, at: number): number {
    if (this.#depth === 0) this.kind = byte;
    const isContainer = byte === OBJECT || byte === ARRAY;
    if (this.#depth === 1 && this.top.wantsValue) {
      if (isContainer) this.top.value('[]');
      else this.#keepFrom(at);
    }
    if (isContainer) {
      if (this.#depth === this.#stack.length) {
        const larger = new Uint8Array(2 * this.#depth);
        larger.set(this.#stack);
        this.#stack = larger;
      }
      this.#stack[this.#depth] = byte;
      this.#depth += 1;
      return byte === OBJECT ? FIRST_KEY : FIRST_ITEM;
    }
    if (byte === QUOTE) return STRING;
    if (byte === 45) return MINUS;
    if (byte === 48) return ZERO;
    if (isDigit(byte)) return INTEGER;
    this.#literal = byte === 116 ? 'rue' : byte === 102 ? 'alse' : byte === 110 ? 'ull' : '';
    return this.#literal === '' ? INVALID : LITERAL;
  }

  #stepLiteral(byte: number, at: number, bytes: Uint8Array): number {
    if (byte !== this.#literal.charCodeAt(0)) return INVALID;
    this.#literal = this.#literal.slice(1);
    if (this.#literal !== '') return LITERAL;
    this.#keepTo(at + 1, bytes);
    return VALUE_END;
  }

  #close(byte: number): number {
    // The codes of `}` and `]` are two above those of `{` and `[`.
    if (this.#stack[this.#depth - 1] !== byte - 2) return INVALID;
    this.#depth -= 1;
    return VALUE_END;
  }

  #endString(at: number, bytes: Uint8Array): number {
    this.#keepTo(at + 1, bytes);
    if (!this.#isKey) return VALUE_END;
    this.#isKey = false;
    return KEY_END;
  }

  #keepFrom(at: number): void {
    this.#isKept = true;
    this.#from = at;
  }

  #keepTo(end: number, bytes: Uint8Array): void {
    if (!this.#isKept) return;
    this.#isKept = false;
    const last = bytes.subarray(this.#from, end);
    const all = this.#kept.length === 0 ? Buffer.from(last) : Buffer.concat([...this.#kept, last]);
    this.#kept = [];
    const text = all.toString('utf8');
    if (this.#isKey) this.top.name(text);
    else this.top.value(text);
  }
}

function isDigit(byte: number): boolean {
  return byte >= 48 && byte <= 57;
}

function isHex(byte: number): boolean {
  const lower = byte | 32;
  return isDigit(byte) || (lower >= 97 && lower <= 102);
}
