import { describe, expect, it } from '@jest/globals';
import { parseRegistration } from '../../src/registration/schema.ts';

const VALID = { id: 'web-1', name: 'web', path: '/home/me/web', port: 7778 };

const parse = (value: unknown, allowHosts: string[] = []) =>
  parseRegistration(typeof value === 'string' ? value : JSON.stringify(value), {
    allowHosts,
  });

describe('a registration', () => {
  it('in the hub’s form is accepted', () => {
    const parsed = parse({
      ...VALID,
      pid: 4242,
      started: '2026-11-22T09:00:00Z',
      has_package_json: true,
      last_seen: '2026-11-22T09:00:00Z',
      something: 'else',
    });
    expect(parsed).toEqual({
      registration: {
        ...VALID,
        url: null,
        pid: 4242,
        token: null,
        processStart: null,
        nonce: null,
        startedAt: '2026-11-22T09:00:00Z',
        hasPackageJson: true,
      },
    });
  });

  it("of Brummer's form is taken", () => {
    const parsed = parse({
      id: 'api-77',
      name: 'api',
      directory: '/home/me/api',
      port: 7779,
      started_at: '2026-11-22T09:00:00Z',
      last_ping: '2026-11-22T09:00:00.123456789+01:00',
      process_info: { pid: 4243, executable: '/usr/bin/brum' },
      token: 'secret',
    });
    expect(parsed).toMatchObject({
      registration: {
        id: 'api-77',
        path: '/home/me/api',
        pid: 4243,
        token: 'secret',
        hasPackageJson: null,
      },
    });
  });

  it.each([
    ['a byte-order mark', `\ufeff${JSON.stringify(VALID)}`],
    ['an id that is a word of the language', { ...VALID, id: '__proto__' }],
    ['an id of 128 characters', { ...VALID, id: 'x'.repeat(128) }],
    ['a url on localhost', { ...VALID, port: undefined, url: 'http://localhost:80/x' }],
    ['a url on IPv6 loopback', { ...VALID, port: undefined, url: 'http://[::1]:9/mcp' }],
    [
      'a url in an odd spelling of loopback',
      { ...VALID, port: undefined, url: 'http://0x7f.1:9/mcp' },
    ],
    ['a null where nothing is known', { ...VALID, pid: null, token: null }],
  ])('with %s is taken', (_, value) => {
    expect(parse(value)).toHaveProperty('registration');
  });

  it('takes port and path from a url', () => {
    const { port: _, ...rest } = VALID;
    expect(parse({ ...rest, url: 'http://127.0.0.1:81/a?b=c' })).toMatchObject({
      registration: { port: 81, url: 'http://127.0.0.1:81/a?b=c' },
    });
    expect(parse({ ...rest, url: 'http://localhost/mcp' })).toMatchObject({
      registration: { port: 80 },
    });
  });

  it('may name another host if that is allowed', () => {
    const value = { ...VALID, port: undefined, url: 'http://devbox:81/mcp' };
    expect(parse(value)).toEqual({
      code: 'HOST_NOT_ALLOWED',
      reason: expect.stringContaining('devbox is not a loopback host'),
    });
    expect(parse(value, ['DEVBOX'])).toHaveProperty('registration');
  });

  const CODES: Readonly<Record<string, string>> = {
    'not JSON': 'NOT_JSON',
    'is not a JSON object': 'NOT_AN_OBJECT',
  };

  it.each<[string, unknown]>([
    ['not JSON', '{"id":'],
    ['is not a JSON object', '[]'],
    ['is not a JSON object', 'null'],
    ['id:', { ...VALID, id: undefined }],
    ['id:', { ...VALID, id: '' }],
    ['id:', { ...VALID, id: 'a/b' }],
    ['id:', { ...VALID, id: '..' }],
    ['id:', { ...VALID, id: 'x'.repeat(129) }],
    ['id:', { ...VALID, id: 7 }],
    ['name:', { ...VALID, name: '' }],
    ['name:', { ...VALID, name: 'x'.repeat(201) }],
    ['path:', { ...VALID, path: undefined }],
    ['path:', { ...VALID, path: 'relative/path' }],
    ['port:', { ...VALID, port: undefined }],
    ['port:', { ...VALID, port: 0 }],
    ['port:', { ...VALID, port: 65_536 }],
    ['port:', { ...VALID, port: 80.5 }],
    ['port:', { ...VALID, port: '80' }],
    ['pid:', { ...VALID, pid: 0 }],
    ['pid:', { ...VALID, pid: -4 }],
    ['process_info.pid:', { ...VALID, process_info: { pid: 'x' } }],
    ['token:', { ...VALID, token: 'a b' }],
    ['token:', { ...VALID, token: 'a\nb' }],
    ['token:', { ...VALID, token: 'é' }],
    ['started:', { ...VALID, started: 'yesterday' }],
    ['has_package_json:', { ...VALID, has_package_json: 'yes' }],
    ['url:', { ...VALID, url: 'nonsense' }],
    ['url:', { ...VALID, url: 'https://localhost/mcp' }],
    ['url:', { ...VALID, url: 'http://me:pw@localhost/mcp' }],
    ['url:', { ...VALID, url: 'http://example.com/mcp' }],
    ['url:', { ...VALID, url: 'http://0.0.0.0:9/mcp' }],
    ['url:', { ...VALID, url: 'http://[::]:9/mcp' }],
    ['url:', { ...VALID, url: 'http://127.0.0.1.example.com/mcp' }],
  ])('is refused by a reason that begins with %j: %j', (reason, value) => {
    expect(parse(value)).toEqual({
      code: CODES[reason] ?? expect.stringMatching(/^(INVALID_FIELD|HOST_NOT_ALLOWED)$/),
      reason: expect.stringMatching(new RegExp(`^${reason}`)),
    });
  });
});
