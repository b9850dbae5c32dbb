import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { readableResult } from '../../src/link/tool-result.ts';
import * as scripted from '../fixtures/scripted.mjs';
import { afterTest } from '../helpers/cleanup.ts';
import { callTool, startAgent } from '../helpers/hub-process.ts';
import { answering, TRANSPORTS } from '../helpers/raw-answers.ts';
import { register, temporaryDirectory } from '../helpers/registrations.ts';

const MIB = 2 ** 20;

/** Results of servers that don't use MCP's shape, verbatim. */
const BARE = [
  '{"scripts": {"dev":"vite"}, "n": 1.0}',
  '[{"id":1.0},{"id":12345678901234567890}]',
  '[]',
  '{}',
  '42.0',
  'null',
  'true',
  '"a \\"text\\" \\u00fc"',
  '{"content":"a text"}',
  '{"content":{"type":"text"},"isError":true,"_meta":{"a/b":1.0}}',
  '{"_meta":{"x":1},"structuredContent":{"own": 1.0}}',
  '{"structuredContent":[1],"isError":"no"}',
  '{"resultType":"complete","a":1}',
];

/** Results in MCP's shape, and other valid results. */
const SHAPED = [
  '{"content":[]}',
  '{ "content" : [ {"type":"text","text":"x"} ], "n": 1.0}',
  '{"_meta":{},"content":[{"type":"text","text":"x"}]}',
  '{"c\\u006fntent":[]}',
  '{"task":{"taskId":"t"}}',
  '{"toolResult":1.0}',
  '{"resultType":"input_required","requestState":"x"}',
];

const FRAMES = [
  (id: number, result: string) => `{"jsonrpc":"2.0","id":${id},"result":${result}}`,
  (id: number, result: string) => `{"result":${result},"jsonrpc":"2.0","id":${id}}`,
  (id: number, result: string) => `{"id":${id},"jsonrpc":"2.0","x":1.0,"result":${result}}`,
];

function readable(raw: string) {
  const result = JSON.parse(raw);
  const text = typeof result === 'string' ? result : raw;
  const isObject = typeof result === 'object' && result !== null && !Array.isArray(result);
  const own = isObject ? result.structuredContent : undefined;
  const isOwn = typeof own === 'object' && own !== null && !Array.isArray(own);
  return {
    content: [{ type: 'text', text }],
    ...(isObject ? { structuredContent: isOwn ? own : result } : {}),
    ...(typeof result?.isError === 'boolean' ? { isError: result.isError } : {}),
    ...(typeof result?._meta === 'object' ? { _meta: result._meta } : {}),
  };
}

describe('a tool result', () => {
  it.each(BARE)("without MCP's shape can be read by agents: %s", (raw) => {
    for (const frame of FRAMES) {
      const { result, ...rest } = JSON.parse(readableResult(frame(7, raw), MIB));
      expect(result).toEqual(readable(raw));
      expect(rest).toMatchObject({ jsonrpc: '2.0', id: 7 });
    }
  });

  it("without MCP's shape can be read, whatever JSON it is", () => {
    fc.assert(
      fc.property(fc.json(), fc.constantFrom(...FRAMES), (raw, frame) => {
        const value = JSON.parse(raw);
        const isMcp =
          Array.isArray(value?.content) ||
          (value !== null &&
            typeof value === 'object' &&
            ('task' in value || 'toolResult' in value || 'resultType' in value));
        fc.pre(!isMcp);
        expect(JSON.parse(readableResult(frame(1, raw), 10 * MIB)).result).toEqual(readable(raw));
      }),
    );
  });

  it.each(SHAPED)("in MCP's shape is unchanged: %s", (raw) => {
    for (const frame of FRAMES) expect(readableResult(frame(7, raw), MIB)).toBe(frame(7, raw));
  });

  it('that is an error is treated like any other', () => {
    const frame = '{"jsonrpc":"2.0","id":7,"error":{"code":-1,"message":"m"}}';
    expect(readableResult(frame, MIB)).toBe(frame);
  });

  it('loses its structured content first if it is too large for the agent', () => {
    const raw = JSON.stringify({ a: 'x'.repeat(60_000) });
    const { result } = JSON.parse(readableResult(FRAMES[0]?.(1, raw) ?? '', 100_000));
    expect(result).toEqual({ content: [{ type: 'text', text: raw }] });
  });
});

describe('through the hub', () => {
  it('results are repaired for every way of calling and every size', async () => {
    const { ask } = await answering();
    for (const byHub of [false, true]) {
      for (const transport of TRANSPORTS) {
        for (const [at, size] of [0, 17_000, 140_000, MIB + 1].entries()) {
          const raw = `{"scripts": [1.0],"pad":"${'ü'.repeat(size / 2)}"}`;
          const frame = FRAMES[at % FRAMES.length] ?? (() => '');
          const answer = await ask((id) => frame(id, raw), transport, { byHub });
          expect(answer['result']).toEqual(readable(raw));
          const shaped = `{"content":[],"pad":"${'ü'.repeat(size / 2)}"}`;
          const { result } = await ask((id) => frame(id, shaped), transport, { byHub });
          expect(result).toEqual(JSON.parse(shaped));
        }
      }
    }
  });

  it('results keep their line breaks in the text', async () => {
    const { ask } = await answering();
    const raw = JSON.stringify({ a: [1, 2] }, null, 2);
    const { result } = await ask((id) => `{"jsonrpc":"2.0","id":${id},"result":${raw}}`);
    expect(result).toEqual(readable(raw));
  });

  it('results stay within --max-message: without structured content, then as an error', async () => {
    const { ask } = await answering({ 'max-message': ['300KiB'] });
    const of = (bytes: number) => (id: number) =>
      `{"jsonrpc":"2.0","id":${id},"result":{"a":"${'x'.repeat(bytes)}"}}`;
    expect((await ask(of(100_000)))['result']).toHaveProperty('structuredContent');
    const { result } = await ask(of(200_000));
    expect(result).not.toHaveProperty('structuredContent');
    expect(result.content[0].text).toHaveLength(200_008);
    expect(
      (await ask((id) => `{"jsonrpc":"2.0","id":${id},"result":{"a":"${'\\"'.repeat(100_000)}"}}`))[
        'error'
      ].data.code,
    ).toBe('MESSAGE_TOO_LARGE');
  });

  it('results of other methods are not repaired', async () => {
    const { ask } = await answering();
    const of = (id: number) => `{"jsonrpc":"2.0","id":${id},"result":[1]}`;
    expect((await ask(of, 'json', { method: 'made/up' }))['result']).toEqual([1]);
  });
});

it('the official client can read every repaired result', async () => {
  const directory = temporaryDirectory();
  const server = await scripted.start({
    post: ({ message, stream, response }) => {
      const raw = message.params?.arguments?.raw;
      if (raw === undefined) return undefined;
      stream(`data: {"jsonrpc":"2.0","id":${message.id},"result":${raw}}\n\n`);
      response.end();
      return true;
    },
  });
  afterTest(server.close);
  register(directory, { id: 'one', port: server.port });
  const { client } = await startAgent(directory);
  await callTool(client, 'instances_connect', { instance_id: 'one' });
  for (const raw of BARE) {
    const bare = await client.callTool({ name: 'any', arguments: { raw } });
    expect(bare).toEqual(readable(raw));
    const args = { instance_id: 'one', tool: 'any', arguments: { raw } };
    expect(await client.callTool({ name: 'instances_call', arguments: args })).toEqual(bare);
  }
});
