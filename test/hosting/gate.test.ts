import { once } from 'node:events';
import { request } from 'node:http';
import { describe, expect, it } from '@jest/globals';
import { agentOf, INITIALIZE, odd, pidOf, post, RunProcess } from '../helpers/run-process.ts';

describe('who may come in', () => {
  it.each([[[]], [['--token']]])(
    'needs the token that hubs read in the registration, with %j',
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

  it('needs no token with --no-token', async () => {
    const { port, token } = await new RunProcess(odd(), ['--no-token']).registered();
    expect(token).toBeUndefined();
    expect((await post({ port })).status).toBe(200);
  });

  it('is nobody whom another site sends, and nothing is beside /mcp', async () => {
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
  ])('is who asks for this machine: Host %j is answered %d', async (host, status) => {
    const { port, token } = await new RunProcess(odd()).registered();
    const asked = request({
      port,
      host: '127.0.0.1',
      path: '/mcp',
      method: 'DELETE',
      headers: { host, authorization: `Bearer ${token}` },
    });
    const [response] = await once(asked.end(), 'response');
    // There is no session to end; who may come in is told so.
    expect(response.statusCode).toBe(status === 200 ? 400 : status);
    response.destroy();
  });

  it('is told who is here: the nonce of the registration, by header and in _meta', async () => {
    const run = await new RunProcess(odd()).registered();
    const { nonce } = run;
    const response = await post(run);
    expect(response.headers.get('signalbox-nonce')).toBe(nonce);
    expect(await response.text()).toContain(`"_meta":{"signalbox/nonce":"${nonce}"}`);
  });
});
