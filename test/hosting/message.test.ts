import { describe, expect, it } from '@jest/globals';
import { readMessages } from '../../src/hosting/message.ts';

describe('a line of a stdio server', () => {
  it.each([
    [{ jsonrpc: '2.0', id: 1, result: { a: [1], _meta: { x: 1 } } }],
    [{ jsonrpc: '2.0', id: 'a', error: { code: -1, message: 'no', data: [null] } }],
    [{ jsonrpc: '2.0', method: 'notifications/strange', params: { deep: { deeper: true } } }],
    [{ jsonrpc: '2.0', id: 0, method: 'sampling/createMessage', params: { _meta: { k: 'v' } } }],
  ])('%j is the message that it is', (message) => {
    expect(readMessages(JSON.stringify(message))).toEqual([message]);
  });

  it('may be a batch', () => {
    const [one, other] = [1, 2].map((id) => ({ jsonrpc: '2.0', id, result: {} }));
    expect(readMessages(JSON.stringify([one, 'junk', other]))).toEqual([one, other]);
  });

  it('is a message without what JSON-RPC does not know', () => {
    expect(readMessages('{"jsonrpc":"2.0","id":1,"result":{},"extra":1}')).toEqual([
      { jsonrpc: '2.0', id: 1, result: {} },
    ]);
  });

  it.each([
    '{"jsonrpc":"2.0","id":7,"result":"text"}',
    '{"jsonrpc":"2.0","id":7}',
    '{"id":7,"result":{}}',
    '{"jsonrpc":"2.0","id":7,"error":{"code":"E1"}}',
  ])('%s, an answer that is none, is an error for its request', (line) => {
    expect(readMessages(line)).toMatchObject([{ id: 7, error: { code: -32603 } }]);
  });

  it.each([
    'Server ready',
    '',
    '[]',
    'null',
    '{"half":',
    '{"jsonrpc":"2.0"}',
    '{"method":1,"id":1}',
  ])('%j is none', (line) => {
    expect(readMessages(line)).toEqual([]);
  });
});
