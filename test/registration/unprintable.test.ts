import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { isPrintable, printable, shown } from '../../src/printable.ts';
import { parseRegistration } from '../../src/registration/schema.ts';
import * as scripted from '../fixtures/scripted.mjs';
import { afterTest } from '../helpers/cleanup.ts';
import { MemoryAgent, startHubHere } from '../helpers/hub-here.ts';
import { register, temporaryDirectory } from '../helpers/registrations.ts';

const parse = (facts: object) =>
  parseRegistration(JSON.stringify({ id: 'web', name: 'web', path: '/web', port: 1, ...facts }));

/** Controls, line breaks, marks of direction, joiners, tags, and a surrogate on its own. */
const unprintable = fc
  .oneof(
    fc.integer({ min: 0, max: 0x1f }),
    fc.integer({ min: 0x7f, max: 0x9f }),
    fc.constantFrom(0xad, 0x200b, 0x200d, 0x200e, 0x202e, 0x2028, 0x2029, 0x2066, 0xfeff),
    fc.integer({ min: 0xe0020, max: 0xe007f }),
    fc.integer({ min: 0xd800, max: 0xdfff }),
  )
  .map((code) => String.fromCodePoint(code));

const word = fc.stringMatching(/^[a-z äé日🙂-]{0,20}$/u);

describe('a name or path', () => {
  it('with an invisible character anywhere is refused', () => {
    fc.assert(
      fc.property(word, unprintable, word, fc.boolean(), (before, bad, after, inName) => {
        const key = inName ? 'name' : 'path';
        const value = `${inName ? '' : '/'}${before}${bad}${after}`;
        const parsed = parse({ [key]: value });
        expect(parsed).toEqual({
          code: 'INVALID_FIELD',
          reason: expect.stringContaining(`${key}: must be`),
        });
        if ('reason' in parsed) expect(isPrintable(parsed.reason)).toBe(true);
      }),
    );
  });

  it('of other characters is accepted', () => {
    fc.assert(
      fc.property(word, (some) => {
        expect(parse({ name: `x${some}`, path: `/${some}` })).toHaveProperty('registration');
      }),
    );
  });

  it('has a maximum length', () => {
    expect(parse({ path: `/${'x'.repeat(4_095)}` })).toHaveProperty('registration');
    expect(parse({ directory: `/${'x'.repeat(4_096)}`, path: undefined })).toEqual({
      code: 'INVALID_FIELD',
      reason: expect.stringContaining('directory: must be an absolute path of at most 4096'),
    });
  });
});

describe('text from outside', () => {
  it('is made printable and limited to 300 characters, and otherwise unchanged', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(word, unprintable), { maxLength: 100 }), (parts) => {
        const text = parts.join('');
        expect(shown(text).length).toBeLessThanOrEqual(300);
        expect(isPrintable(shown(text))).toBe(true);
        if (printable(text).length <= 300 && text.length <= 300) {
          expect(shown(text)).toBe(printable(text));
        }
      }),
    );
  });

  const NASTY = `\u001b[2J\u202e${'x\n'.repeat(10_000)}`;

  it.each([
    ['an HTTP status', (_: unknown) => ({ status: 500, body: NASTY })],
    [
      'a JSON-RPC error',
      (id: unknown) => ({ body: { jsonrpc: '2.0', id, error: { code: 1, message: NASTY } } }),
    ],
    [
      'a protocol version',
      (id: unknown) => ({ body: { jsonrpc: '2.0', id, result: { protocolVersion: NASTY } } }),
    ],
  ])('in %s is shown so in last_error', async (_, answerTo) => {
    const server = await scripted.start({
      post: ({ message, response }) => {
        if (message.method !== 'initialize') return undefined;
        const { status = 200, body }: { status?: number; body: object | string } = answerTo(
          message.id,
        );
        response.writeHead(status, { 'content-type': 'application/json' });
        response.end(typeof body === 'string' ? body : JSON.stringify(body));
        return true;
      },
    });
    afterTest(server.close);
    const directory = temporaryDirectory();
    register(directory, { id: 'bad', port: server.port });
    const agent = new MemoryAgent(startHubHere(directory, { 'call-wait': ['100ms'] }));
    await agent.initialize();
    const { structuredContent } = await agent.call(1, 'instances_list');
    const { message } = structuredContent.instances[0].last_error;
    expect(message).toMatch(/x/);
    expect(message.length).toBeLessThanOrEqual(300);
    expect(isPrintable(message)).toBe(true);
    const connected = await agent.call(2, 'instances_call', { instance_id: 'bad', tool: 'x' });
    const said = JSON.stringify(connected);
    expect(said.length).toBeLessThan(3_000);
    expect(isPrintable(connected.structuredContent.error.last_error.message)).toBe(true);
  });
});
