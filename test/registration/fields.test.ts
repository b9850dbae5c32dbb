import { describe, expect, it } from '@jest/globals';
import { parseRegistration } from '../../src/registration/schema.ts';
import { fields } from './sources/observer.ts';

const parse = (content: unknown, allowHosts: readonly string[] = []) =>
  parseRegistration(typeof content === 'string' ? content : JSON.stringify(content), {
    allowHosts,
  });

const reasonOf = (content: unknown, allowHosts: readonly string[] = []) => {
  const parsed = parse(content, allowHosts);
  return 'reason' in parsed ? parsed.reason : null;
};

const announcedIn = (content: unknown, allowHosts: readonly string[] = []) => {
  const parsed = parse(content, allowHosts);
  if ('reason' in parsed) throw new Error(parsed.reason);
  return parsed.registration;
};

describe('the two forms', () => {
  it('reads our own', () => {
    expect(
      announcedIn({
        id: 'web-1f3a',
        name: 'web',
        path: '/home/me/web',
        port: 7778,
        pid: 4242,
        started: '2026-11-22T09:00:00Z',
        has_package_json: true,
        last_seen: '2026-11-22T09:00:00Z',
      }),
    ).toEqual({
      id: 'web-1f3a',
      name: 'web',
      path: '/home/me/web',
      port: 7778,
      url: null,
      pid: 4242,
      processStart: null,
      nonce: null,
      token: null,
      startedAt: '2026-11-22T09:00:00Z',
      hasPackageJson: true,
    });
  });

  it("reads Brummer's", () => {
    expect(
      announcedIn({
        id: 'api-77',
        name: 'api',
        directory: '/home/me/api',
        port: 7779,
        started_at: '2026-11-22T09:00:00.123456789+01:00',
        last_ping: '2026-11-22T09:00:00Z',
        process_info: { pid: 4243, executable: '/usr/bin/brum' },
        token: 'secret',
      }),
    ).toEqual({
      id: 'api-77',
      name: 'api',
      path: '/home/me/api',
      port: 7779,
      url: null,
      pid: 4243,
      processStart: null,
      nonce: null,
      token: 'secret',
      startedAt: '2026-11-22T09:00:00.123456789+01:00',
      hasPackageJson: null,
    });
  });

  it('prefers path to directory, pid to process_info.pid, started to started_at', () => {
    const both = { directory: '/other', pid: 1, process_info: { pid: 2 } };
    const times = { started: '2026-11-22T09:00:00Z', started_at: '2026-11-22T10:00:00Z' };
    expect(announcedIn(fields('a', { ...both, ...times }))).toMatchObject({
      path: '/home/me/web',
      pid: 1,
      startedAt: '2026-11-22T09:00:00Z',
    });
  });

  it('ignores unknown keys, and treats null as missing for optional keys', () => {
    const unsaid = { pid: null, token: null, url: null, started: null, has_package_json: null };
    const announced = announcedIn(fields('a', { ...unsaid, color: 'red', toString: 1 }));
    expect(announced).toEqual({ ...announcedIn(fields('a')) });
    expect(announced).not.toHaveProperty('color');
  });

  it('accepts a byte-order mark, as text and as bytes', () => {
    const text = `\ufeff${JSON.stringify(fields('a'))}`;
    expect(reasonOf(text)).toBeNull();
    const bytes = new TextEncoder().encode(text);
    expect(parseRegistration(bytes)).toHaveProperty('registration');
  });

  it.each(['__proto__', 'constructor', 'toString', 'a.b_c-1', '...', 'x'.repeat(128)])(
    'takes %s as an id like any other',
    (id) => expect(announcedIn(fields(id)).id).toBe(id),
  );

  it('ignores a key named __proto__', () => {
    const text = '{"__proto__":{"id":"evil"},"name":"n","path":"/p","port":1}';
    expect(reasonOf(text)).toMatch(/^id: /);
  });
});

describe('what is refused', () => {
  it.each<[string, unknown, RegExp]>([
    ['nothing', '', /not JSON/],
    ['half a file', '{"id": "web"', /not JSON/],
    ['a list', [fields('a')], /not a JSON object/],
    ['null', 'null', /not a JSON object/],
    ['no id', fields('a', { id: undefined }), /^id: /],
    ['an id that is no text', fields('a', { id: 7 }), /^id: /],
    ['an empty id', fields(''), /^id: /],
    ['a long id', fields('x'.repeat(129)), /^id: /],
    ['an id with a slash', fields('a/b'), /^id: /],
    ['an id with a newline at its end', fields('a\n'), /^id: /],
    ['the id .', fields('.'), /^id: /],
    ['the id ..', fields('..'), /^id: /],
    ['no name', fields('a', { name: undefined }), /^name: /],
    ['an empty name', fields('a', { name: '' }), /^name: /],
    ['a long name', fields('a', { name: 'x'.repeat(201) }), /^name: /],
    ['no path', fields('a', { path: undefined }), /^path: /],
    ['a relative path', fields('a', { path: 'web' }), /^path: /],
    ['a relative directory', fields('a', { directory: './web' }), /^directory: /],
    ['a path with a NUL', fields('a', { path: '/a\0b' }), /^path: /],
    ['neither port nor url', fields('a', { port: undefined }), /^port: .*url/],
    ['port 0', fields('a', { port: 0 }), /^port: /],
    ['port 65536', fields('a', { port: 65_536 }), /^port: /],
    ['half a port', fields('a', { port: 80.5 }), /^port: /],
    ['a port as text', fields('a', { port: '7778' }), /^port: /],
    ['pid 0', fields('a', { pid: 0 }), /^pid: /],
    ['a negative pid', fields('a', { process_info: { pid: -1 } }), /^process_info.pid: /],
    ['process_info that is no object', fields('a', { process_info: 4 }), /^process_info: /],
    ['an empty token', fields('a', { token: '' }), /^token: /],
    ['a token with a blank', fields('a', { token: 'a b' }), /^token: /],
    ['a token with a line break', fields('a', { token: 'a\r\nX: y' }), /^token: /],
    ['a token that is not ASCII', fields('a', { token: 'ä' }), /^token: /],
    ['a time that is none', fields('a', { started: 'yesterday' }), /^started: /],
    ['a time as a number', fields('a', { last_seen: 1_700_000_000 }), /^last_seen: /],
    ['a text for has_package_json', fields('a', { has_package_json: 'yes' }), /has_package/],
  ])('%s', (_what, content, reason) => expect(reasonOf(content)).toMatch(reason));

  it('bytes that are not UTF-8', () => {
    const bytes = Buffer.from(JSON.stringify(fields('a', { name: 'ä' })), 'latin1');
    expect(parseRegistration(bytes)).toHaveProperty('reason');
  });

  it('gives the reason in one printable line, whatever the file contains', () => {
    const evil = '\u001b[31m\nforged';
    for (const key of ['id', 'path', 'port', 'token', 'started', 'url', 'has_package_json']) {
      expect(reasonOf(fields('a', { [key]: evil }))).toMatch(/^[\x20-\x7e]+$/);
    }
    expect(reasonOf(`{${evil}`)).toMatch(/^[\x20-\x7e]+$/);
    expect(reasonOf(fields('a', { url: 'http://b\u00fccher.example/\u001b' }))).toMatch(
      /^[\x20-\x7e]+$/,
    );
  });
});

describe('url', () => {
  const url = (text: string, allowHosts: readonly string[] = []) =>
    parse(fields('a', { port: undefined, url: text }), allowHosts);

  it.each([
    ['http://127.0.0.1:9000/mcp', 'http://127.0.0.1:9000/mcp', 9000],
    ['http://127.9.8.7/x?y=1#z', 'http://127.9.8.7/x?y=1', 80],
    ['http://127.1:9000', 'http://127.0.0.1:9000/', 9000],
    ['http://0x7f000001:9000/', 'http://127.0.0.1:9000/', 9000],
    ['http://[::1]:9000/mcp', 'http://[::1]:9000/mcp', 9000],
    ['http://[0:0:0:0:0:0:0:1]:9000/', 'http://[::1]:9000/', 9000],
    ['http://[::ffff:127.0.0.1]:9000/', 'http://[::ffff:7f00:1]:9000/', 9000],
    ['http://LOCALHOST:9000/mcp', 'http://localhost:9000/mcp', 9000],
  ])('%s is loopback', (text, normalised, port) =>
    expect(url(text)).toMatchObject({ registration: { url: normalised, port } }),
  );

  it.each([
    'http://0.0.0.0:9000/',
    'http://0:9000/',
    'http://[::]:9000/',
    'http://[::ffff:0.0.0.0]/',
    'http://[::ffff:10.0.0.1]/',
    'http://10.0.0.1/',
    'http://128.0.0.1/',
    'http://2130706434.example/',
    'http://localhost.example/',
    'http://notlocalhost/',
    'http://127.0.0.1.example/',
    'http://127.0.0.1%2eexample/',
    'http://example/?http://127.0.0.1',
  ])('%s is not', (text) =>
    expect(url(text)).toMatchObject({ reason: expect.stringContaining('not a loopback host') }),
  );

  it.each([
    ['https://127.0.0.1/', /http:/],
    ['file:///etc/passwd', /http:/],
    ['ws://127.0.0.1/', /http:/],
    ['127.0.0.1:80', /must be a URL/],
    ['/mcp', /must be a URL/],
    ['http://me:secret@127.0.0.1/', /credentials/],
    ['http://127.0.0.1@example/', /credentials/],
    ['http://127.0.0.1:0/', /port 0/],
  ])('%s is refused', (text, reason) =>
    expect(url(text)).toMatchObject({ reason: expect.stringMatching(reason) }),
  );

  it('may name a host that is allowed, however it is spelled', () => {
    expect(url('http://box.example:9000/', ['BOX.example'])).toHaveProperty('registration');
    expect(url('http://[fd00::1]:9000/', ['fd00:0::1'])).toHaveProperty('registration');
    expect(url('http://0.0.0.0:9000/', ['0.0.0.0'])).toHaveProperty('registration');
    expect(url('http://other.example:9000/', ['box.example'])).toHaveProperty('reason');
  });

  it('wins over port, which still has to be one', () => {
    const both = fields('a', { port: 1, url: 'http://127.0.0.1:9000/x' });
    expect(announcedIn(both)).toMatchObject({ port: 9000, url: 'http://127.0.0.1:9000/x' });
    expect(reasonOf({ ...both, port: 0 })).toMatch(/^port: /);
  });
});
