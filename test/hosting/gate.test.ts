import { once } from 'node:events';
import { request } from 'node:http';
import { describe, expect, it } from '@jest/globals';
import { agentOf, INITIALIZE, odd, pidOf, post, RunProcess } from '../helpers/run-process.ts';

describe('access to signalbox run', () => {
  it.each([[[]], [['--token']]])(
    'requires the token that hubs read from the registration, with %j',
    async (args) => {
      const run = new RunProcess(odd(), args);
      expect(await pidOf(await agentOf(run))).toBeGreaterThan(0);
      const { port, token } = await run.registered();
      expect(token).toMatch(/^[\w-]{32}$/);
      const statusOf = async (headers = {}) => (await post({ port }, headers)).status;
      expect(await statusOf()).toBe(401);
      expect(await statusOf({ authorization: `Bearer ${token}x` })).toBe(401);
      expect(await statusOf({ authorization: `Basic ${token}` })).toBe(401);
      expect(await statusOf({ authorization: `bearer ${token}` })).toBe(200);
    },
  );

  it('requires no token with --no-token', async () => {
    const { port, token } = await new RunProcess(odd(), ['--no-token']).registered();
    expect(token).toBeUndefined();
    expect((await post({ port })).status).toBe(200);
  });

  it('is refused to other origins, and only /mcp exists', async () => {
    const run = await new RunProcess(odd()).registered();
    const statusOf = async (headers = {}) => (await post(run, headers)).status;
    expect(await statusOf({ origin: 'https://evil.example' })).toBe(403);
    expect(await statusOf({ origin: 'null' })).toBe(403);
    expect(await statusOf({ origin: 'http://localhost:6274' })).toBe(200);
    expect((await post(run, {}, INITIALIZE, { path: '/' })).status).toBe(404);
  });

  it.each([
    ['localhost', 200],
    ['LOCALHOST:1', 200],
    ['127.0.0.1', 200],
    ['[::1]:80', 200],
    ['evil.example', 403],
    ['127.0.0.1.evil.example', 403],
    ['localhost@evil.example', 403],
    ['evil.example#localhost', 403],
    ['localhost, evil.example', 403],
    ['evil.example@localhost', 403],
  ])('requires a loopback host: Host %j is answered with %d', async (host, status) => {
    const { port, token } = await new RunProcess(odd()).registered();
    const asked = request({
      port,
      host: '127.0.0.1',
      path: '/mcp',
      method: 'DELETE',
      headers: { host, authorization: `Bearer ${token}` },
    });
    const [response] = await once(asked.end(), 'response');
    // There is no session to end, but only permitted requests learn that.
    expect(response.statusCode).toBe(status === 200 ? 400 : status);
    response.destroy();
  });

  it('confirms the nonce of the registration, in a header and in _meta', async () => {
    const run = await new RunProcess(odd()).registered();
    const { nonce } = run;
    const response = await post(run);
    expect(response.headers.get('signalbox-nonce')).toBe(nonce);
    expect(await response.text()).toContain(`"_meta":{"signalbox/nonce":"${nonce}"}`);
  });
});
