import { describe, expect, it } from '@jest/globals';
import { type ServerSentEvent, SseDecoder } from '../../src/wire/sse-decoder.ts';

function decode(chunks: readonly (string | Buffer)[], maxBytes = 1_000) {
  const events: ServerSentEvent[] = [];
  const oversize: number[] = [];
  const decoder = new SseDecoder({
    maxBytes,
    onEvent: (event) => events.push(event),
    onOversize: (bytes) => oversize.push(bytes),
  });
  for (const chunk of chunks) decoder.push(Buffer.from(chunk));
  decoder.end();
  return { events, oversize };
}

const STREAM =
  '\ufeff: a comment\nid: 1\ndata:\n\nevent: message\nid: 2\ndata: {"é":1}\ndata:two\n\nretry: 50\n\nunknown: x\n\ndata\n\ndata: cut';

const EVENTS = [
  { event: '', data: '', id: '1' },
  { event: 'message', data: '{"é":1}\ntwo', id: '2' },
  { event: '', data: '', id: '2', retry: 50 },
  { event: '', data: '', id: '2' },
];

describe('SseDecoder', () => {
  it.each([
    ['\n', STREAM],
    ['\r\n', STREAM.replaceAll('\n', '\r\n')],
    ['\r', STREAM.replaceAll('\n', '\r')],
  ])('decodes lines that end in %j, wherever the chunks end', (_, stream) => {
    const bytes = Buffer.from(stream);
    for (let split = 0; split <= bytes.length; split += 1) {
      const { events } = decode([bytes.subarray(0, split), bytes.subarray(split)]);
      expect(events).toEqual(EVENTS);
    }
  });

  it.each(['id: a\0b\nretry: 1s', 'id: a\u0001b\nretry: 99999999999999'])(
    'ignores an id that is invalid in a header and a retry that is too long for a timer: %j',
    (lines) => {
      expect(decode([`${lines}\ndata: x\n\n`]).events).toEqual([
        { event: '', data: 'x', id: null },
      ]);
    },
  );

  it('drops an event with too much data, reports its size, and decodes the next', () => {
    const chunks = ['data: ', 'x'.repeat(600), 'x'.repeat(600), '\n\ndata: y\n\n'];
    expect(decode(chunks)).toEqual({
      events: [{ event: '', data: 'y', id: null }],
      oversize: [1_200],
    });
    expect(decode(['data: 12345\n\n'], 5).events).toHaveLength(1);
    expect(decode(['data: 123456\n\n'], 5).oversize).toEqual([6]);
    expect(decode(['data: 12\ndata: 34\n\n'], 5).events[0]?.data).toBe('12\n34');
    expect(decode(['data: 12\ndata\ndata: 34\n\ndata: 5\n\n'], 5)).toMatchObject({
      events: [{ data: '5' }],
      oversize: [6],
    });
  });
});
