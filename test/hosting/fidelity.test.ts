import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { z } from 'zod';
import {
  blankOrBreak,
  frame,
  joined,
  members,
  object,
  rawId,
  rawString,
  rawToken,
  value,
} from '../helpers/raw-json.ts';
import { post, RunProcess } from '../helpers/run-process.ts';

const RAW = fileURLToPath(new URL('../fixtures/stdio-raw.mjs', import.meta.url));

const params = members(
  rawString().map((key) => `"p${key.slice(1)}`),
  value,
);
const answer = frame([
  ['id', fc.constant('%ID%')],
  [
    'result',
    members(rawString(), value).map((pairs) => joined([...pairs, ['"heard"', '%HEARD%']])),
  ],
]);
const progress = frame([
  ['method', fc.constant('"notifications/progress"')],
  ['params', params.map((pairs) => joined([...pairs, ['"progressToken"', '%TOKEN%']]))],
]);
const notification = frame([
  ['method', fc.constantFrom('"notifications/strange"', '"a\\u0041"')],
  ['params', object],
]);

/** What crosses as one line. */
const line = (text: string) => text.replace(/[\r\n]/g, ' ').trim();

/** The messages in an event stream, as texts. */
const messagesIn = (text: string) =>
  text
    .split('\n')
    .filter((each) => each.startsWith('data: '))
    .map((each) => each.slice(6));

/** A session with the raw server behind `run`, in which texts are posted and read. */
async function openRaw(...args: readonly string[]) {
  const to = await new RunProcess([process.execPath, RAW], args).registered();
  const opened = await post(to);
  await opened.text();
  const session = { 'mcp-session-id': opened.headers.get('mcp-session-id') ?? '' };
  const send = async (text: string) => {
    const response = await fetch(`http://127.0.0.1:${to.port}/mcp`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        accept: 'application/json, text/event-stream',
        authorization: `Bearer ${to.token}`,
        ...session,
      },
      body: text,
    });
    expect([200, 202]).toContain(response.status);
    return messagesIn(await response.text());
  };
  const heard = async () => {
    const [said = ''] = await send('{"jsonrpc":"2.0","id":0,"method":"heard"}');
    return z.object({ result: z.object({ heard: z.array(z.string()) }) }).parse(JSON.parse(said))
      .result.heard;
  };
  return { send, heard };
}

/** A request that has the raw server say some lines, under ids of the caller's choice. */
const request = fc
  .record({
    id: rawId,
    token: rawToken,
    params,
    says: fc.tuple(fc.array(fc.oneof(progress, notification), { maxLength: 2 }), answer),
  })
  .chain(({ id: own, token: wanted, params: others, says: [before, last] }) => {
    // Without a token there is no progress.
    const says = [...before.filter((each) => wanted !== null || !each.includes('%TOKEN%')), last];
    const text = [
      ['"says"', JSON.stringify(says)],
      ['"id"', JSON.stringify(own)],
      ...(wanted === null ? [] : [['"_meta"', `{ "progressToken":@TOKEN}`]]),
      ...others,
    ];
    return frame(
      [
        ['id', fc.constant('@ID')],
        ['method', fc.constantFrom('"tools/call"', '"strange"')],
        ['params', fc.constant(joined(text.map(([key = '', each = '']) => [key, each])))],
      ],
      blankOrBreak,
    ).map((template) => ({
      says,
      id: own,
      token: wanted,
      spell: (asId: string, asToken: string) =>
        template.replace('@TOKEN', () => asToken).replace('@ID', () => asId),
    }));
  });

const canonical = (raw: string) =>
  /^\d{20,}$/.test(raw)
    ? raw
    : JSON.stringify(z.union([z.string(), z.number()]).parse(JSON.parse(raw)));

/** What the client is told, once the server has heard `sent`. */
function told(
  says: readonly string[],
  { id, token, sent }: { id: string; token: string; sent: string },
) {
  return says.map((each) =>
    line(each)
      .replace('%TOKEN%', () => canonical(token))
      .replace('%ID%', () => canonical(id))
      .replace('%HEARD%', () => JSON.stringify(sent)),
  );
}

describe('signalbox run passes on every message byte for byte:', () => {
  it('requests, answers, progress and notifications', async () => {
    const { send } = await openRaw();
    await fc.assert(
      fc.asyncProperty(request, async ({ says, id: own, token: wanted, spell }) => {
        const sent = spell(own, wanted ?? '');
        const expected = told(says, { id: own, token: wanted ?? '0', sent: line(sent) });
        expect(await send(sent)).toEqual(expected);
      }),
      { numRuns: 150 },
    );
  });

  it('with --shared all but ids and progress tokens', async () => {
    const { send } = await openRaw('--shared');
    await fc.assert(
      fc.asyncProperty(request, async ({ says, id: own, token: wanted, spell }) => {
        const answers = await send(spell(own, wanted ?? ''));
        const last = z
          .object({ result: z.looseObject({ heard: z.string() }) })
          .parse(JSON.parse(answers.at(-1) ?? ''));
        const { heard } = last.result;
        const given = z.object({ id: z.number() }).parse(JSON.parse(heard)).id;
        const sent = line(spell(`${given}`, `${given}`));
        expect(heard).toBe(sent);
        expect(answers).toEqual(told(says, { id: own, token: wanted ?? '0', sent }));
      }),
      { numRuns: 150 },
    );
  });

  it('but refuses with --shared what could be taken for a request of another client', async () => {
    const { send, heard } = await openRaw('--shared');
    await heard();
    const twice = [
      '{"jsonrpc":"2.0","id":1,"id":2,"method":"x"}',
      '{"jsonrpc":"2.0","ID":1,"id":2,"method":"x"}',
      '{"jsonrpc":"2.0","id":2,"method":"x","params":{"_meta":{"progressToken":1,"progressToken":2}}}',
    ];
    for (const text of twice) {
      const message = 'a member of the request is there twice';
      expect((await send(text)).map((each) => JSON.parse(each))).toEqual([
        { jsonrpc: '2.0', id: 2, error: { code: -32603, message } },
      ]);
    }
    expect(await heard()).toEqual([]);
  });

  it("what the client says unasked, the server's questions and the answers to them", async () => {
    const { send, heard } = await openRaw();
    const question = rawId.chain((asked) =>
      fc.record({
        ask: frame([
          ['id', fc.constant(asked)],
          ['method', fc.constant('"sampling/createMessage"')],
          ['params', object],
        ]),
        reply: frame(
          [
            ['id', fc.constant(asked)],
            ['result', object],
          ],
          blankOrBreak,
        ),
      }),
    );
    const unasked = frame(
      [
        ['method', fc.constant('"notifications/strange"')],
        ['params', object],
      ],
      blankOrBreak,
    );
    // Starts its process, which has heard that it is initialized by then.
    await heard();
    await fc.assert(
      fc.asyncProperty(question, unasked, async ({ ask, reply }, notice) => {
        const says = [ask, '{"jsonrpc":"2.0","id":%ID%,"result":{}}'];
        const call = { jsonrpc: '2.0', id: 1, method: 'ask', params: { says } };
        expect((await send(JSON.stringify(call)))[0]).toBe(line(ask));
        await send(reply);
        await send(notice);
        expect(await heard()).toEqual([line(reply), line(notice)]);
      }),
      { numRuns: 100 },
    );
  });

  it('the result of initialize, which only gains the nonce', async () => {
    const run = await new RunProcess([process.execPath, RAW]).registered();
    const result = `{"protocolVersion":"2025-06-18","capabilities":{"x":1.0},"serverInfo":{"name":"raw","version":"\\u0031"},"_meta":{"big":12345678901234567890,"signalbox/nonce":"${run.nonce}"}}`;
    const answers = messagesIn(await (await post(run)).text());
    expect(answers).toEqual([`{"jsonrpc":"2.0","id":1,"result":${result}}`]);
  });

  it('messages of more than 16 KiB', async () => {
    const { send } = await openRaw();
    const filler = `"${'\\u00e9'.repeat(10_000)}"`;
    const says = [`{"result":{"big":1.0,"filler":${filler}},"id":%ID%,"jsonrpc":"2.0"}`];
    const sent = `{"params":{"says":${JSON.stringify(says)},"filler":${filler}},"method":"x","id":1,"jsonrpc":"2.0"}`;
    expect(await send(sent)).toEqual(told(says, { id: '1', token: '0', sent }));
  });
});
