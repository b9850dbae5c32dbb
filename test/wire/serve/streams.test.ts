import type { IncomingMessage } from 'node:http';
import { expect, it } from '@jest/globals';
import { eventually } from '../../helpers/processes.ts';
import { INITIALIZE, POSTING, Served, textOf } from '../../helpers/served.ts';

const LISTENING = { accept: 'text/event-stream' };

const call = (id: string, token?: string) =>
  `{"jsonrpc":"2.0","id":${id},"method":"x","params":{"_meta":{${token ? `"progressToken":${token}` : ''}}}}`;

const note = (n: number) => `{"jsonrpc":"2.0","method":"n${n}"}`;

const dataIn = (text: string) =>
  text.split('\n').flatMap((line) => (line.startsWith('data: ') ? [line.slice(6)] : []));

const messagesOf = async (response: IncomingMessage) => dataIn(await textOf(response));

/** The messages that come on a stream, as they come. */
function messagesOn(response: IncomingMessage): readonly string[] {
  const messages: string[] = [];
  response.setEncoding('utf8').on('data', (text: string) => messages.push(...dataIn(text)));
  return messages;
}

/** A session, and what posts in it and listens to it. */
async function opened() {
  const served = await Served.start();
  const { session, heard } = await served.open();
  const post = (body: string) => served.send('POST', { ...POSTING, ...session }, body);
  const listen = () => served.send('GET', { ...LISTENING, ...session });
  return { served, session, heard, post, listen };
}

it('the stream of a batch ends with its last answer', async () => {
  const { heard, post } = await opened();
  const response = await post(`[${call('5')},${note(0)},${call('"6"')}]`);
  await eventually(() => expect(heard.messages).toHaveLength(3));
  heard.answer('"6"');
  heard.answer('5');
  const answers = ['"6"', '5'].map((id) => `{"jsonrpc":"2.0","id":${id},"result":{}}`);
  expect(await messagesOf(response)).toEqual(answers);
});

it('the same id twice at once is answered twice, the older one first', async () => {
  const { heard, post } = await opened();
  const [one, other] = [await post(call('5')), await post(call('5.0'))];
  heard.answer('5', '{"first":1}');
  heard.answer('5', '{"second":1}');
  heard.answer('5', '{"late":1}');
  expect(await messagesOf(one)).toEqual(['{"first":1}']);
  expect(await messagesOf(other)).toEqual(['{"second":1}']);
});

it('a cancelled request ends without an answer, and the others of its batch do not', async () => {
  const { heard, post } = await opened();
  const response = await post(`[${call('1')},${call('2')}]`);
  heard.session.cancel('1');
  heard.answer('1');
  heard.answer('2', '{"kept":1}');
  expect(await messagesOf(response)).toEqual(['{"kept":1}']);
});

it('what belongs to a request goes out with it, and progress tokens find it', async () => {
  const { heard, post, listen } = await opened();
  const standing = messagesOn(await listen());
  const [one, other] = [await post(call('1', '"t\\u0041"')), await post(call('2', '7.0'))];
  const about = heard.session.requestOf('"tA"');
  expect(heard.session.requestOf('7')?.message.id).toBe('2');
  expect(heard.session.requestOf('8')).toBeNull();
  heard.session.send('{"one":1}', about ?? 'standing');
  heard.session.send('{"newest":1}', 'newest');
  heard.session.send('{"standing":1}', 'standing');
  heard.answer('1');
  heard.answer('2');
  expect((await messagesOf(one))[0]).toBe('{"one":1}');
  expect((await messagesOf(other))[0]).toBe('{"newest":1}');
  await eventually(() => expect(standing).toEqual(['{"standing":1}']));
});

it('what belongs to a request whose client has hung up goes to the standing stream', async () => {
  const { heard, post, listen } = await opened();
  const response = await post(call('1'));
  const standing = messagesOn(await listen());
  response.destroy();
  const [request] = heard.requests;
  await eventually(() => expect(request?.stream).toBeNull());
  heard.session.send('{"one":1}', request ?? 'newest');
  heard.session.send('{"newest":1}', 'newest');
  heard.answer('1');
  await eventually(() => expect(standing).toEqual(['{"one":1}', '{"newest":1}']));
});

it('without a standing stream all goes out with the newest request that is open', async () => {
  const { heard, post } = await opened();
  const response = await post(call('1'));
  const left = await post(call('2'));
  left.destroy();
  await eventually(() => expect(heard.requests[1]?.stream).toBeNull());
  heard.session.send(note(1), 'standing');
  heard.answer('1');
  expect((await messagesOf(response))[0]).toBe(note(1));
});

it('without any stream the last 1000 messages wait for one, in their order', async () => {
  const { heard, listen } = await opened();
  for (let n = 0; n < 1_001; n += 1)
    heard.session.send(note(n), n % 2 === 0 ? 'newest' : 'standing');
  const standing = messagesOn(await listen());
  await eventually(() => expect(standing).toHaveLength(1_000));
  expect([standing[0], standing.at(-1)]).toEqual([note(1), note(1_000)]);
});

it('there is one standing stream at a time, and another after it', async () => {
  const { listen } = await opened();
  const first = await listen();
  expect(first.statusCode).toBe(200);
  expect((await listen()).statusCode).toBe(409);
  first.destroy();
  await eventually(async () => expect((await listen()).statusCode).toBe(200));
});

it('a client that does not read is noticed, and so is that it has read everything', async () => {
  const { heard, listen, post } = await opened();
  // More than the sockets on both sides hold.
  const filler = `{"filler":"${'x'.repeat(20_000_000)}"}`;
  const [stream, response] = [await listen(), await post(call('1'))];
  heard.session.send(filler, 'standing');
  heard.answer('1', filler);
  expect(heard.events).toEqual(['blocked']);
  let bytes = 0;
  stream.on('data', (chunk: Buffer) => {
    bytes += chunk.length;
  });
  await eventually(() => expect(bytes).toBeGreaterThan(filler.length));
  expect(heard.events).toEqual(['blocked']);
  expect((await textOf(response)).length).toBeGreaterThan(filler.length);
  await eventually(() => expect(heard.events).toEqual(['blocked', 'drained']));
});

it('a client that hangs up instead of reading holds up nothing', async () => {
  const { heard, listen } = await opened();
  const stream = await listen();
  heard.session.send(`{"filler":"${'x'.repeat(20_000_000)}"}`, 'standing');
  expect(heard.events).toEqual(['blocked']);
  stream.destroy();
  await eventually(() => expect(heard.events).toEqual(['blocked', 'drained']));
});

it('the end of a session ends its streams, and nothing is sent in it any more', async () => {
  const { served, session, heard, post, listen } = await opened();
  const [stream, response] = [await listen(), await post(call('1'))];
  expect((await served.send('DELETE', session)).statusCode).toBe(200);
  heard.answer('1');
  heard.session.send(note(1), 'newest');
  expect([await messagesOf(stream), await messagesOf(response)]).toEqual([[], []]);
  expect(heard.events).toEqual(['closed']);
});

it('a client that hangs up before its initialize is answered leaves no session', async () => {
  const served = await Served.start({ isSilent: true });
  const response = await served.send('POST', POSTING, INITIALIZE);
  response.destroy();
  await eventually(() => expect(served.heard[0]?.events).toEqual(['closed']));
});
