import { isUtf8 } from 'node:buffer';
import { BUDGETS } from '../budgets.ts';
import { LARGE } from './frame.ts';

const LF = 10;
const CR = 13;
const COLON = 58;
const SPACE = 32;
/** The first letter of `data`. */
const DATA = 100;

/** At most this many bytes are kept of a line other than `data`. */
const SHORT_LINE = 2 * BUDGETS.eventId.value;

/** After this many lines those of an event are joined: each separate line costs more memory than its content. */
const LINES = 1_024;

/** An id with one of these characters can't be sent in a header. */
const UNSENDABLE = /\p{Cc}/u;

export interface ServerSentEvent {
  /** Empty if the stream named none. */
  readonly event: string;
  /** Empty for an event that only has an id, which marks a place to resume from. One large line stays bytes. */
  readonly data: string | Buffer;
  /** Whether the data wasn't UTF-8. */
  readonly isMalformed?: boolean;
  /** The last id that the stream named; null before the first. Empty if the stream can't be resumed there. */
  readonly id: string | null;
  /** The reconnection time in milliseconds, if this event sets it. */
  readonly retry?: number;
}

export interface SseDecoderOptions {
  onEvent(event: ServerSentEvent): void;
  /** The most data that one event may have, in bytes. */
  readonly maxBytes: number;
  /** Called instead for an event with more data. */
  onOversize(bytes: number): void;
}

/**
 * Decodes server-sent events from bytes in linear time. An event that is incomplete at the end of the stream is dropped.
 *
 * @see https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation
 */
export class SseDecoder {
  readonly #options: SseDecoderOptions;
  /** The beginning of a line that isn't complete yet. */
  #parts: Buffer[] = [];
  #partBytes = 0;
  #partLimit = 0;
  #skipLf = false;
  #isFirst = true;
  #event = '';
  #data: (string | Buffer)[] = [];
  /** The lines before those of `#data`. */
  #text: string | null = null;
  #lines = 0;
  #dataBytes = 0;
  #isMalformed = false;
  #id: string | null = null;
  #retry: number | undefined;
  #isNews = false;

  constructor(options: SseDecoderOptions) {
    this.#options = options;
  }

  push(chunk: Buffer): void {
    let start = 0;
    if (this.#skipLf && chunk.length > 0) {
      if (chunk[0] === LF) start = 1;
      this.#skipLf = false;
    }
    let lf = chunk.indexOf(LF, start);
    let cr = chunk.indexOf(CR, start);
    while (lf !== -1 || cr !== -1) {
      const end = lf === -1 || (cr !== -1 && cr < lf) ? cr : lf;
      this.#line(chunk.subarray(start, end));
      start = end + 1;
      if (end === cr) {
        if (start === chunk.length) this.#skipLf = true;
        else if (chunk[start] === LF) start += 1;
      }
      if (lf !== -1 && lf < start) lf = chunk.indexOf(LF, start);
      if (cr !== -1 && cr < start) cr = chunk.indexOf(CR, start);
    }
    if (start < chunk.length) this.#keep(chunk.subarray(start));
  }

  end(): void {
    this.#parts = [];
    this.#data = [];
  }

  #keep(part: Buffer): void {
    if (this.#partBytes === 0) {
      // Data may follow a byte-order mark.
      const isData = part[0] === DATA || part[0] === 0xef;
      this.#partLimit = isData ? this.#options.maxBytes : SHORT_LINE;
    }
    this.#partBytes += part.length;
    // The beginning of a long line names the field; the rest is only counted.
    if (this.#partBytes - part.length <= this.#partLimit) this.#parts.push(part);
  }

  #line(end: Buffer): void {
    let line = end;
    let bytes = end.length;
    if (this.#partBytes > 0) {
      this.#keep(end);
      bytes = this.#partBytes;
      line = this.#parts.length === 1 ? (this.#parts[0] ?? end) : Buffer.concat(this.#parts);
      this.#parts = [];
      this.#partBytes = 0;
    }
    if (this.#isFirst) {
      this.#isFirst = false;
      if (line[0] === 0xef && line[1] === 0xbb && line[2] === 0xbf) line = line.subarray(3);
    }
    if (line.length === 0) this.#dispatch();
    else if (line[0] !== COLON) this.#field(line, bytes);
  }

  #field(line: Buffer, bytes: number): void {
    const colon = line.indexOf(COLON);
    const name = line.toString('latin1', 0, colon === -1 ? line.length : colon);
    const from = colon === -1 ? line.length : line[colon + 1] === SPACE ? colon + 2 : colon + 1;
    if (name === 'data') {
      this.#addData(line.subarray(from), Math.max(bytes - from, 0));
      this.#isNews = true;
    } else if (name === 'event') {
      this.#event = line.toString('utf8', from);
    } else if (name === 'id') {
      const isLong = bytes - from > BUDGETS.eventId.value;
      const id = isLong ? '' : line.toString('utf8', from);
      if (UNSENDABLE.test(id)) return;
      this.#id = id;
      this.#isNews = true;
    } else if (name === 'retry') {
      const retry = line.toString('latin1', from);
      // A longer delay overflows a timer, which then fires at once.
      if (/^\d{1,9}$/.test(retry)) this.#retry = Number(retry);
    }
  }

  #addData(line: Buffer, bytes: number): void {
    this.#dataBytes += bytes + (this.#lines > 0 ? 1 : 0);
    this.#lines += 1;
    if (this.#dataBytes > this.#options.maxBytes) {
      this.#data = [];
      this.#text = null;
      return;
    }
    this.#data.push(line.length < LARGE ? this.#textOf(line) : line);
    if (this.#data.length < LINES) return;
    this.#text = this.#joined();
    this.#data = [];
  }

  #textOf(line: string | Buffer): string {
    if (typeof line === 'string') return line;
    const text = line.toString('utf8');
    if (text.includes('\ufffd') && !isUtf8(line)) this.#isMalformed = true;
    return text;
  }

  #joined(): string {
    const text = this.#data.map((line) => this.#textOf(line)).join('\n');
    if (this.#text === null) return text;
    return this.#data.length === 0 ? this.#text : `${this.#text}\n${text}`;
  }

  #dispatch(): void {
    const [event, bytes, retry, id] = [this.#event, this.#dataBytes, this.#retry, this.#id];
    const [first = ''] = this.#data;
    const data = this.#lines > 1 ? this.#joined() : first;
    const isMalformed = this.#isMalformed;
    const isNews = this.#isNews || retry !== undefined;
    this.#event = '';
    this.#data = [];
    this.#text = null;
    this.#lines = 0;
    this.#dataBytes = 0;
    this.#isMalformed = false;
    this.#retry = undefined;
    this.#isNews = false;
    if (!isNews) return;
    if (bytes > this.#options.maxBytes) {
      this.#options.onOversize(bytes);
      return;
    }
    this.#options.onEvent({
      event,
      data,
      id,
      ...(isMalformed ? { isMalformed } : {}),
      ...(retry === undefined ? {} : { retry }),
    });
  }
}
