import type { Failure } from '../../machines/model.ts';
import { BUDGETS } from '../budgets.ts';
import type { ExchangeEnd, ExchangeSink } from './channel.ts';
import { headOf, tailOf } from './frame.ts';
import type { HttpResponse } from './http-exchange.ts';
import { ENDS, MessageBody } from './message-body.ts';
import { type ServerSentEvent, SseDecoder } from './sse-decoder.ts';

/** What the reader of a response needs to know of its exchange. */
export interface Reading {
  /** The largest message that is accepted, in bytes. */
  readonly maxMessage: number;
  /** The event after which a stream is continued, or null. */
  readonly lastEventId: string | null;
  readonly sink: ExchangeSink;
  /** Called for every chunk of a stream. */
  onHeard(): void;
  /** Whether the exchange has ended or was aborted. */
  isOver(): boolean;
  end(how: ExchangeEnd): void;
  /** The connection broke. The exchange can be resumed after `lastEventId`. */
  fail(error: NodeJS.ErrnoException, lastEventId: string | null): void;
}

/** A server with nothing to say sends at most this many bytes: a line break or two. */
const LONGEST_BLANK = 16;
/** The bytes with which a JSON-RPC message or a batch begins. */
const [OBJECT, ARRAY] = [0x7b, 0x5b];

const CUT_SHORT = 'closed before its end';

const ENDED: ExchangeEnd = { kind: 'ended', lastEventId: null, retry: null };

/** Reads the response to one request: one JSON body, or an event stream with any number of messages. */
export function readResponse(response: HttpResponse, reading: Reading): void {
  const { status, headers, body } = response;
  const type = (headers['content-type'] ?? '').split(';', 1)[0]?.trim().toLowerCase() ?? '';
  const isSuccess = status >= 200 && status < 300;
  if (isSuccess && type === 'text/event-stream') {
    readStream(body, reading);
    return;
  }
  const limit = status < 300 ? reading.maxMessage : BUDGETS.refusalBody.value;
  const message = new MessageBody(limit);
  body.on('data', (chunk: Buffer) => message.push(chunk));
  endWith(
    body,
    reading,
    () => null,
    () => {
      if (isSuccess) reading.end(endOfBody(status, type, message, reading.sink));
      else reading.end({ kind: 'status', status, body: message.text() ?? '' });
    },
  );
}

/** Delivers the message of a successful response that isn't a stream. */
function endOfBody(
  status: number,
  type: string,
  message: MessageBody,
  sink: ExchangeSink,
): ExchangeEnd {
  const { bytes } = message;
  const isJson = type === 'application/json';
  if (message.isOversize) sink.onOversize(bytes);
  else if (isJson) void message.deliver(sink);
  else if (bytes > 0) {
    const said = `answered ${type || 'no content type'}, not JSON or an event stream`;
    const failure: Failure = { code: 'PROTOCOL_ERROR', message: said };
    return { kind: 'failed', failure, lastEventId: null };
  }
  const isBlank = bytes === 0 || (bytes < LONGEST_BLANK && message.text()?.trim() === '');
  return isBlank && (status !== 200 || !isJson) ? { kind: 'accepted' } : ENDED;
}

function readStream(body: HttpResponse['body'], reading: Reading): void {
  const { maxMessage, sink, onHeard, isOver } = reading;
  sink.onOpen?.();
  // A resumed stream that brought nothing new can be resumed at the same place.
  let { lastEventId } = reading;
  let retry: number | null = null;
  let held = 0;
  // Brummer labels some of its JSON as an event stream. No event stream begins like JSON.
  let json: MessageBody | null | undefined;
  const decoder = new SseDecoder({
    maxBytes: maxMessage,
    onOversize: (bytes) => sink.onOversize(bytes),
    onEvent: (event) => {
      if (isOver()) return;
      if (event.id !== null) lastEventId = event.id === '' ? null : event.id;
      if (event.retry !== undefined) retry = event.retry;
      // Heartbeats and other events that aren't MCP messages have names of their own.
      if (event.data === '' || (event.event !== '' && event.event !== 'message')) return;
      const hold = deliver(event, sink);
      if (hold === undefined) return;
      held += 1;
      body.pause();
      hold.then(() => {
        held -= 1;
        if (held === 0) body.resume();
      });
    },
  });
  body.on('data', (chunk: Buffer) => {
    onHeard();
    if (json === undefined) {
      const isJson = chunk[0] === OBJECT || chunk[0] === ARRAY;
      json = isJson ? new MessageBody(maxMessage) : null;
    }
    (json ?? decoder).push(chunk);
  });
  endWith(
    body,
    reading,
    () => lastEventId,
    () => {
      if (!json) decoder.end();
      else if (json.isOversize) sink.onOversize(json.bytes);
      else void json.deliver(sink);
      reading.end({ kind: 'ended', lastEventId, retry });
    },
  );
}

/** Calls `complete` at the end of `body`. A body that breaks off fails the exchange instead. */
function endWith(
  body: HttpResponse['body'],
  { isOver, fail }: Reading,
  lastEventId: () => string | null,
  complete: () => void,
): void {
  body.on('error', (error) => fail(error, lastEventId()));
  body.on('close', () => {
    if (!isOver()) fail(new Error(CUT_SHORT), lastEventId());
  });
  body.on('end', () => {
    if (!isOver()) complete();
  });
}

/** Delivers the message of an event. A promise asks for a pause. */
function deliver({ data, isMalformed }: ServerSentEvent, sink: ExchangeSink) {
  if (typeof data === 'string' && !isMalformed) return sink.onFrame(data);
  const bytes = typeof data === 'string' ? Buffer.from(data) : data;
  if (isMalformed) {
    sink.onMalformed?.(headOf([bytes], ENDS), tailOf([bytes], ENDS));
    return undefined;
  }
  const message = new MessageBody(bytes.length);
  message.push(bytes);
  return message.deliver(sink);
}
