import { describe, expect, it } from '@jest/globals';
import { readMessages } from '../../src/hosting/message.ts';

const textsOf = (line: string) => readMessages(line).map(({ text }) => text);

describe('a line of a stdio server', () => {
  it.each([
    [{ jsonrpc: '2.0', id: 1, result: { a: [1], _meta: { x: 1 } } }],
    [{ jsonrpc: '2.0', id: 'a', error: { code: -1, message: 'no', data: [null] } }],
    [{ jsonrpc: '2.0', method: 'notifications/strange', params: { deep: { deeper: true } } }],
    [{ jsonrpc: '2.0', id: 0, method: 'sampling/createMessage', params: { _meta: { k: 'v' } } }],
  ])('%j is the message that it is', (message) => {
    expect(textsOf(JSON.stringify(message))).toEqual([JSON.stringify(message)]);
  });

  it('may be a batch', () => {
    const [one, other] = [1, 2].map((id) => `{"jsonrpc":"2.0", "id":${id}, "result":{"x":1.0}}`);
    expect(textsOf(`[${one},"junk", ${other}]`)).toEqual([one, other]);
  });

  it('keeps its spelling, and members that JSON-RPC does not know', () => {
    const line =
      '{"extra":1,"result":{"big":12345678901234567890,"a":1.0,"a":"\\u0041"},"id":1e0,"jsonrpc":"2.0"}';
    expect(readMessages(line)).toEqual([{ kind: 'answer', id: '1', isError: false, text: line }]);
  });

  it('is one line, whatever blanks stand in it', () => {
    expect(textsOf('{"jsonrpc":"2.0",\r"method":"a"}')).toEqual([
      '{"jsonrpc":"2.0", "method":"a"}',
    ]);
  });

  it.each([
    '{"jsonrpc":"2.0","id":7,"result":"text"}',
    '{"jsonrpc":"2.0","id":7}',
    '{"id":7,"result":{}}',
    '{"jsonrpc":"2.0","id":7,"error":{"code":"E1"}}',
  ])('%s, an answer that is none, is an error for its request', (line) => {
    expect(textsOf(line).map((text) => JSON.parse(text))).toMatchObject([
      { id: 7, error: { code: -32603 } },
    ]);
  });

  it.each([
    'Server ready',
    '',
    '[]',
    'null',
    '{"half":',
    '[{"jsonrpc":"2.0","method":"a"} {"jsonrpc":"2.0","method":"b"}]',
    '{"jsonrpc":"2.0"}',
    '{"method":1,"id":1}',
  ])('%j is none', (line) => {
    expect(readMessages(line)).toEqual([]);
  });
});
