import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import * as scripted from '../fixtures/scripted.mjs';
import { afterTest } from '../helpers/cleanup.ts';
import { MemoryAgent, startHubHere } from '../helpers/hub-here.ts';
import { eventually } from '../helpers/processes.ts';
import { answering, TRANSPORTS } from '../helpers/raw-answers.ts';
import { register, temporaryDirectory } from '../helpers/registrations.ts';

const pad = (size: number) => `"pad":"${'x'.repeat(size)}"`;

const sizes = fc.constantFrom(10, 16_300, 16_400, 131_000, 131_200, 1_100_000);
const pieces = fc.constantFrom(97, 4_096, 65_536, 10_000_000);
const transports = fc.constantFrom(...TRANSPORTS);
const methods = fc.constantFrom('tools/call', 'made/up', 'prompts/get');

/** Splits a large body into few chunks. */
const pieceFor = (size: number, piece: number) => (size > 100_000 ? Math.max(piece, 4_096) : piece);

describe('an instance can answer only its own calls', () => {
  it('no message with duplicate members answers another call', async () => {
    const { agent, ask } = await answering();
    // Simulates a call to another instance. Only the hub may answer it.
    const victim = 77_777;
    const tricks = fc.constantFrom(
      (id: number, size: number) =>
        `{"jsonrpc":"2.0","id":${id},"result":{${pad(size)}},"id":${victim}}`,
      (id: number, size: number) => `{"id":${id},"result":{${pad(size)}},"i\\u0064":${victim}}`,
      (id: number, size: number) =>
        `{"result":{${pad(size)}},"id":${victim},"jsonrpc":"2.0","id":${id}}`,
      (id: number, size: number) =>
        `{"result":{${pad(size)}},"method":"sampling/createMessage","params":{},"jsonrpc":"2.0","id":${id}}`,
      (id: number, size: number) =>
        `{"jsonrpc":"2.0","id":${id},"result":{${pad(size)}},"result":{}}`,
      (id: number, size: number) =>
        `{"jsonrpc":"2.0","id":${id},"result":{${pad(size)}},"ID":${victim}}`,
    );
    await fc.assert(
      fc.asyncProperty(
        tricks,
        sizes,
        transports,
        pieces,
        methods,
        async (trick, size, transport, piece, method) => {
          const answer = await ask((id) => trick(id, size), transport, {
            size: pieceFor(size, piece),
            method,
          });
          const code =
            answer['error']?.data?.code ?? answer['result']?.structuredContent?.error?.code;
          expect(code).toBe('CONNECTION_LOST');
        },
      ),
      { numRuns: 60 },
    );
    expect(
      agent.frames.some(({ id, method }) => id === victim || method === 'sampling/createMessage'),
    ).toBe(false);
  });

  it('progress is passed on only for its own calls', async () => {
    const directory = temporaryDirectory();
    const progress = (token: unknown) => ({
      jsonrpc: '2.0',
      method: 'notifications/progress',
      params: { progressToken: token, progress: 1 },
    });
    const open = async (id: string) => {
      const server = await scripted.start({
        post: ({ message }) => message.params?.name === 'hang',
      });
      afterTest(server.close);
      register(directory, { id, port: server.port });
      return server;
    };
    const [mine, theirs] = [await open('mine'), await open('theirs')];
    const agent = new MemoryAgent(startHubHere(directory));
    await agent.initialize();
    for (const [at, instance_id] of ['mine', 'theirs'].entries()) {
      await agent.call(1_000 + at, 'instances_wait', { instance_id });
    }
    await agent.call(1_002, 'instances_connect', { instance_id: 'mine' });
    agent.send({
      jsonrpc: '2.0',
      id: 1,
      method: 'tools/call',
      params: { name: 'hang', _meta: { progressToken: 'm' } },
    });
    const call = { instance_id: 'theirs', tool: 'hang', arguments: {} };
    agent.send({
      jsonrpc: '2.0',
      id: 2,
      method: 'tools/call',
      params: { name: 'instances_call', arguments: call, _meta: { progressToken: 7 } },
    });
    await eventually(() => expect(mine.streams.length + theirs.streams.length).toBe(4));
    for (const token of ['t', 7, '7', 'm', null]) {
      mine.say(progress(token));
      theirs.say(progress(token));
    }
    const end = { jsonrpc: '2.0', method: 'notifications/end' };
    mine.say({ ...end, params: { of: 'mine' } });
    theirs.say({ ...end, params: { of: 'theirs' } });
    for (const who of ['mine', 'theirs']) await agent.next(({ params }) => params?.of === who);
    const told = agent.frames.filter(({ method }) => method === 'notifications/progress');
    expect(told.map(({ params }) => params.progressToken).sort()).toEqual([7, 'm']);
  });
});

describe('invalid JSON or UTF-8', () => {
  const flaws = fc.constantFrom(
    'tru',
    '"a" "b"',
    '"\u0001"',
    '"\\x"',
    '01',
    '[1,]',
    '{"a":1,}',
    '\u00ff',
  );

  it('never reaches the agent: the call gets an error at every size, in every chunk, for every way of calling', async () => {
    const { ask } = await answering();
    await fc.assert(
      fc.asyncProperty(
        flaws,
        sizes,
        transports,
        pieces,
        methods,
        fc.boolean(),
        async (flaw, size, transport, piece, method, isFirst) => {
          const members = isFirst ? `"flaw":${flaw},${pad(size)}` : `${pad(size)},"flaw":${flaw}`;
          // As Latin-1, the last of these is not valid UTF-8.
          const bytes = (id: number) =>
            Buffer.from(
              `{"jsonrpc":"2.0","id":${id},"result":{"content":[],${members}}}`,
              'latin1',
            );
          const answer = await ask(bytes, transport, { size: pieceFor(size, piece), method });
          const code =
            answer['error']?.data?.code ?? answer['result']?.structuredContent?.error?.code;
          expect(code).toBe('CONNECTION_LOST');
        },
      ),
      { numRuns: 80 },
    );
  });

  it('in a notification or a request is dropped', async () => {
    const { agent, server } = await answering();
    const stream = server.streams[1];
    for (const size of [10, 17_000, 140_000]) {
      for (const flaw of ['tru', '"\u0001"', '"\u00ff"']) {
        for (const id of ['', '"id":1,']) {
          stream?.write(
            Buffer.from(
              `data: {"jsonrpc":"2.0",${id}"method":"bad/one","params":{${pad(size)},"flaw":${flaw}}}\n\n`,
              'latin1',
            ),
          );
        }
      }
      stream?.write(
        `data: {"jsonrpc":"2.0","method":"good/one","params":{${pad(size)},"size":${size}}}\n\n`,
      );
      await agent.next(({ method, params }) => method === 'good/one' && params.size === size);
    }
    expect(agent.frames.some(({ method }) => method === 'bad/one')).toBe(false);
  });
});
