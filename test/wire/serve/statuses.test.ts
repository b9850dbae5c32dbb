import { expect, it } from '@jest/globals';
import { INITIALIZE, POSTING, Served, textOf } from '../../helpers/served.ts';

const PING = '{"jsonrpc":"2.0","id":2,"method":"ping"}';
const NOTE = '{"jsonrpc":"2.0","method":"notifications/x"}';

interface Row {
  /** What the specification, or the official SDK's server, demands. */
  readonly rule: string;
  readonly method?: string;
  /** Instead of those that are right; undefined: without it. */
  readonly headers?: Readonly<Record<string, string | undefined>>;
  readonly body?: string;
  readonly path?: string;
  /** @defaultValue true */
  readonly isInSession?: boolean;
  readonly status: number;
  /** Of the JSON-RPC error in the body. */
  readonly code?: number;
  readonly message?: string;
}

const invalid = (rule: string, body: string): Row => ({
  rule,
  body,
  status: 400,
  code: -32700,
  message: 'Parse error: Invalid JSON-RPC message',
});

const ROWS: readonly Row[] = [
  { rule: 'Host must be loopback', headers: { host: 'evil.example' }, status: 403, code: -32000 },
  { rule: 'Origin must be loopback', headers: { origin: 'https://evil.example' }, status: 403 },
  { rule: 'the token is needed', headers: { authorization: undefined }, status: 401 },
  { rule: 'the token must be right', headers: { authorization: 'Bearer x' }, status: 401 },
  {
    rule: 'the token comes before the path',
    headers: { authorization: 'x' },
    path: '/',
    status: 401,
  },
  { rule: 'there is one path', path: '/other', status: 404, message: 'The endpoint is /mcp' },
  { rule: 'a query is none of the path', path: '/mcp?x', body: NOTE, status: 202 },
  ...['PUT', 'PATCH', 'OPTIONS'].map((method) => ({
    rule: `${method} is not allowed`,
    method,
    status: 405,
    message: 'Method not allowed.',
  })),
  { rule: 'a POST accepts JSON and events', headers: { accept: 'application/json' }, status: 406 },
  { rule: 'a POST says what it accepts', headers: { accept: undefined }, status: 406 },
  { rule: 'a POST has JSON', headers: { 'content-type': 'text/plain' }, status: 415 },
  { rule: 'a POST says what it has', headers: { 'content-type': undefined }, status: 415 },
  {
    rule: 'parameters of JSON do not matter',
    headers: { 'content-type': 'Application/JSON; charset=utf-8' },
    body: NOTE,
    status: 202,
  },
  {
    rule: 'JSON as a parameter is none',
    headers: { 'content-type': 'text/plain; a=application/json' },
    status: 415,
  },
  {
    rule: 'a session must be known',
    headers: { 'mcp-session-id': 'x' },
    status: 404,
    message: 'Session not found',
  },
  {
    rule: 'the session comes before the body',
    headers: { 'mcp-session-id': 'x' },
    body: '{',
    status: 404,
  },
  {
    rule: 'the version must be known',
    headers: { 'mcp-protocol-version': '1999-01-01' },
    status: 400,
    code: -32000,
  },
  {
    rule: 'an older version is known',
    headers: { 'mcp-protocol-version': '2024-11-05' },
    body: NOTE,
    status: 202,
  },
  {
    rule: 'a request needs a session',
    isInSession: false,
    status: 400,
    message: 'Bad Request: Server not initialized',
  },
  { rule: 'so does a notification', isInSession: false, body: NOTE, status: 400, code: -32000 },
  {
    rule: 'a session initializes once',
    body: INITIALIZE,
    status: 400,
    code: -32600,
    message: 'Invalid Request: Server already initialized',
  },
  {
    rule: 'initialize comes alone',
    body: `[${INITIALIZE},${PING}]`,
    isInSession: false,
    status: 400,
    code: -32600,
  },
  {
    rule: 'initialize names a version',
    body: INITIALIZE.replace('protocolVersion', 'x'),
    isInSession: false,
    status: 400,
  },
  {
    rule: 'initialize names its client',
    body: INITIALIZE.replace('clientInfo', 'x'),
    isInSession: false,
    status: 400,
  },
  { rule: 'initialize opens a session', body: INITIALIZE, isInSession: false, status: 200 },
  {
    rule: 'initialize opens one with an unknown version in its header',
    body: INITIALIZE,
    headers: { 'mcp-protocol-version': 'x' },
    isInSession: false,
    status: 200,
  },
  { rule: 'notifications are accepted', body: NOTE, status: 202 },
  { rule: 'answers are accepted', body: '{"jsonrpc":"2.0","id":1,"result":{}}', status: 202 },
  {
    rule: 'errors without an id are accepted',
    body: '{"jsonrpc":"2.0","error":{"code":1,"message":""}}',
    status: 202,
  },
  { rule: 'a batch of notifications is accepted', body: `[${NOTE},${NOTE}]`, status: 202 },
  { rule: 'an empty batch is accepted', body: '[]', status: 202 },
  {
    rule: 'a batch has 100 messages at most',
    body: `[${Array(101).fill(NOTE)}]`,
    status: 400,
    code: -32600,
  },
  {
    rule: 'a batch is JSON',
    body: `[${NOTE} ${NOTE}]`,
    status: 400,
    code: -32700,
    message: 'Parse error: Invalid JSON',
  },
  ...['{', '', '{"a":NaN}', `\ufeff${NOTE}`].map((body) => ({
    rule: `${JSON.stringify(body)} is no JSON`,
    body,
    status: 400,
    code: -32700,
    message: 'Parse error: Invalid JSON',
  })),
  ...['null', '1', '"x"', '["x"]', '{}'].map((body) => invalid(`${body} is no message`, body)),
  invalid('it is JSON-RPC 2.0', '{"jsonrpc":"1.0","method":"x"}'),
  invalid('an id is not null', '{"jsonrpc":"2.0","id":null,"method":"x"}'),
  invalid('an id is whole', '{"jsonrpc":"2.0","id":1.5,"method":"x"}'),
  invalid('an id is a string or a number', '{"jsonrpc":"2.0","id":{},"method":"x"}'),
  invalid('a method is a string', '{"jsonrpc":"2.0","id":1,"method":1}'),
  invalid('params are an object', '{"jsonrpc":"2.0","id":1,"method":"x","params":[]}'),
  invalid('a result is an object', '{"jsonrpc":"2.0","id":1,"result":"x"}'),
  invalid('a result is for a request', '{"jsonrpc":"2.0","result":{}}'),
  invalid('an error has a code', '{"jsonrpc":"2.0","id":1,"error":{"message":"x"}}'),
  invalid(
    'there is a result or an error',
    '{"jsonrpc":"2.0","id":1,"result":{},"error":{"code":1,"message":""}}',
  ),
  invalid('a request has no result', '{"jsonrpc":"2.0","id":1,"method":"x","result":{}}'),
  {
    rule: 'members that JSON-RPC does not know are fine',
    body: NOTE.replace('{', '{"x":1,'),
    status: 202,
  },
  { rule: 'a body has an end', body: ' '.repeat(1_000_001), status: 413 },
  {
    rule: 'a GET accepts events',
    method: 'GET',
    headers: { accept: 'application/json' },
    status: 406,
  },
  { rule: 'a GET needs a session', method: 'GET', isInSession: false, status: 400 },
  {
    rule: 'a GET needs a known version',
    method: 'GET',
    headers: { 'mcp-protocol-version': 'x' },
    status: 400,
  },
  { rule: 'a GET is the standing stream', method: 'GET', status: 200 },
  { rule: 'a DELETE needs a session', method: 'DELETE', isInSession: false, status: 400 },
  {
    rule: 'a DELETE needs a known session',
    method: 'DELETE',
    headers: { 'mcp-session-id': 'x' },
    status: 404,
  },
  { rule: 'a DELETE ends the session', method: 'DELETE', status: 200 },
];

it.each(ROWS)('$rule: $status', async (row) => {
  const { method = 'POST', headers = {}, body = PING, path, isInSession = true, status } = row;
  const served = await Served.start();
  const { session } = await served.open();
  const given = { ...POSTING, ...(isInSession ? session : {}), ...headers };
  const response = await served.send(method, given, method === 'POST' ? body : '', path);
  expect(response.statusCode).toBe(status);
  if (status === 405) expect(response.headers.allow).toBe('GET, POST, DELETE');
  if (status === 401) expect(response.headers['www-authenticate']).toBe('Bearer');
  if (status < 400) return;
  const error = JSON.parse(await textOf(response));
  expect(error).toMatchObject({
    jsonrpc: '2.0',
    id: null,
    error: { code: row.code ?? error.error.code },
  });
  if (row.message !== undefined) expect(error.error.message).toBe(row.message);
});

it('more sessions than there may be: 503, until one has ended', async () => {
  const served = await Served.start({ maxSessions: 1 });
  const { session } = await served.open();
  const open = async () => (await served.send('POST', POSTING, INITIALIZE)).statusCode;
  expect(await open()).toBe(503);
  expect((await served.send('DELETE', session)).statusCode).toBe(200);
  expect(await open()).toBe(200);
});

it('a session that was refused is none: 404', async () => {
  const served = await Served.start({ refuses: true });
  const { session, heard } = await served.open();
  expect(heard.events).toEqual(['closed']);
  expect((await served.send('POST', { ...POSTING, ...session }, PING)).statusCode).toBe(404);
});
