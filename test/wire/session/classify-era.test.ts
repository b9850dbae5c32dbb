import { describe, expect, it } from '@jest/globals';
import type { FailureCode } from '../../../machines/model.ts';
import type { ExchangeEnd } from '../../../src/wire/channel.ts';
import { ExchangeError } from '../../../src/wire/exchange-error.ts';
import { PROTOCOL_VERSIONS } from '../../../src/wire/protocol-versions.ts';
import { classifyEra } from '../../../src/wire/session/classify-era.ts';
import { type Reply, RpcError, replyAtEnd } from '../../../src/wire/session/reply.ts';

const answered = (protocolVersion: string | number | null): Reply => ({
  kind: 'result',
  result: { protocolVersion, capabilities: {}, serverInfo: { name: 'some', version: '1' } },
});
const error = (code: number, data?: readonly string[]): Reply => ({
  kind: 'error',
  error: {
    code,
    message: 'no',
    ...(data === undefined ? {} : { data: { supported: data, requested: '2025-11-25' } }),
  },
  status: null,
});
const refused = (status: number, body: string): Reply =>
  replyAtEnd({ kind: 'status', status, body });
const ended = (end: ExchangeEnd): Reply => replyAtEnd(end);
const failed = (code: FailureCode, message: string): Reply =>
  ended({ kind: 'failed', failure: { code, message }, lastEventId: null });
const inBody = (code: number) => JSON.stringify({ jsonrpc: '2.0', error: { code, message: 'no' } });

/** What a verdict means for a connection: the era, the code of the failure, or the instance's own error. */
function meaningOf(reply: Reply, hadSession: boolean): string {
  const verdict = classifyEra(reply, hadSession);
  if (verdict.era !== null) return `${verdict.era} ${verdict.protocolVersion}`;
  return verdict.error instanceof ExchangeError
    ? verdict.error.failure.code
    : `error ${verdict.error.code}`;
}

describe('the era of an instance', () => {
  it.each(PROTOCOL_VERSIONS.map((version) => [version]))('is legacy at version %s', (version) => {
    expect(meaningOf(answered(version), false)).toBe(`legacy ${version}`);
    expect(meaningOf(answered(version), true)).toBe(`legacy ${version}`);
  });

  it.each<[string, Reply, string]>([
    ['a version of another era', answered('2026-07-28'), 'UNSUPPORTED_VERSION'],
    ['an unknown version', answered('1900-01-01'), 'UNSUPPORTED_VERSION'],
    ['a version that is no text', answered(20251125), 'UNSUPPORTED_VERSION'],
    ['no version', answered(null), 'UNSUPPORTED_VERSION'],
    ['-32022 with versions', error(-32022, ['2026-07-28']), 'UNSUPPORTED_VERSION'],
    ['-32022 without versions', error(-32022), 'UNSUPPORTED_VERSION'],
    ['HTTP 400 with -32022', refused(400, inBody(-32022)), 'UNSUPPORTED_VERSION'],
    ['an unknown method', error(-32601), 'error -32601'],
    ['HTTP 400 with an error', refused(400, inBody(-32600)), 'error -32600'],
    ['HTTP 500 with an error', refused(500, inBody(-32603)), 'error -32603'],
    ['HTTP 400 without an error', refused(400, 'Bad Request'), 'HTTP_ERROR'],
    ['HTTP 500 without an error', refused(500, '<h1>Oops</h1>'), 'HTTP_ERROR'],
    ['HTTP 401', refused(401, ''), 'UNAUTHORIZED'],
    ['HTTP 403 with an error', refused(403, inBody(-32600)), 'UNAUTHORIZED'],
    ['HTTP 404 with an error', refused(404, inBody(-32001)), 'HTTP_ERROR'],
    ['an acceptance', ended({ kind: 'accepted' }), 'PROTOCOL_ERROR'],
    [
      'a stream without an answer',
      ended({ kind: 'ended', lastEventId: null, retry: null }),
      'PROTOCOL_ERROR',
    ],
    ['HTML', failed('PROTOCOL_ERROR', 'answered text/html'), 'PROTOCOL_ERROR'],
    ['a broken connection', failed('CONNECTION_LOST', 'broke'), 'CONNECTION_LOST'],
  ])('is unknown after %s', (_, reply, meaning) => {
    expect(meaningOf(reply, false)).toBe(meaning);
  });

  it('takes HTTP 404 for a forgotten session only if there was one', () => {
    expect(meaningOf(refused(404, 'Not Found'), false)).toBe('HTTP_ERROR');
    expect(meaningOf(refused(404, 'Not Found'), true)).toBe('SESSION_EXPIRED');
  });

  it('names the versions that the instance says it speaks', () => {
    expect(classifyEra(error(-32022, ['2026-07-28', '2027-01-01']), false)).toMatchObject({
      era: null,
      error: { message: expect.stringContaining('2026-07-28, 2027-01-01') },
    });
  });

  it("keeps the instance's own error", () => {
    const { error: own } = { error: null, ...classifyEra(error(-32601), false) };
    expect(own).toBeInstanceOf(RpcError);
  });
});
