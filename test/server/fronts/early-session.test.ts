import { describe, expect, it } from '@jest/globals';
import { EarlySession } from '../../../src/server/fronts/early-session.ts';
import type { FrameSink } from '../../../src/server/fronts/stdio.ts';
import { textOf } from '../../../src/wire/frame.ts';
import { startHubHere } from '../../helpers/hub-here.ts';
import { temporaryDirectory } from '../../helpers/registrations.ts';

const request = (id: unknown, method: string, params = {}) =>
  JSON.stringify({ jsonrpc: '2.0', id, method, params });
const initialize = (id: unknown) =>
  request(id, 'initialize', { protocolVersion: '2025-06-18', capabilities: {}, clientInfo: {} });

/** An agent whose session is not there yet. */
function start() {
  const said: { id?: unknown; result?: unknown; error?: unknown }[] = [];
  const early = new EarlySession((frame) => {
    said.push(JSON.parse(textOf(frame)));
    return undefined;
  }, '0.0.0-dev');
  const openSession = () =>
    early.handOver((toAgent) => startHubHere(temporaryDirectory()).openSession(toAgent));
  return { early, said, openSession };
}

describe('before the hub is loaded', () => {
  it('initialize is answered at once, as the session would answer it, and once', () => {
    const { early, said, openSession } = start();
    void early.receive(initialize('a"1'));
    expect(said).toMatchObject([
      { id: 'a"1', result: { protocolVersion: '2025-06-18', serverInfo: { name: 'signalbox' } } },
    ]);
    const session = openSession();
    expect(said).toHaveLength(1);
    const late = start();
    late.openSession();
    void late.early.receive(initialize('a"1'));
    expect(late.said).toEqual(said);
    // The id is free again, and the session knows who the agent is.
    void session.receive(request('a"1', 'ping'));
    expect(said.slice(1)).toEqual([{ jsonrpc: '2.0', id: 'a"1', result: {} }]);
  });

  it('what follows waits for the session, in its order, and nothing more is read', async () => {
    const { early, said, openSession } = start();
    const taken = Promise.all([
      early.receive(initialize(1)),
      early.receive(request(2, 'ping')),
      early.receive(request(3, 'server/discover')),
    ]);
    expect(early.receive(request(4, 'ping'))).toBeInstanceOf(Promise);
    early.refuseOversize('5', 100, 10);
    await early.spoken;
    expect(said.map(({ id }) => id)).toEqual([1]);
    openSession();
    await taken;
    expect(said.map(({ id }) => id)).toEqual([1, 2, 3, 4, 5]);
    expect(early.receive(request(6, 'ping'))).toBeUndefined();
    expect(said.at(-1)).toMatchObject({ id: 6, result: {} });
  });

  it.each([
    ['an initialize that is not the first message', [request(1, 'ping'), initialize(2)]],
    ['an initialize without clientInfo', [request(1, 'initialize')]],
    ['an initialize without an id', [initialize(undefined)]],
    ['an initialize with an id that is no id', [initialize(null), initialize({})]],
    ['what is no message', ['{']],
  ])('%s is left to the session', (_, frames) => {
    const { early, said } = start();
    for (const frame of frames) void early.receive(frame);
    expect(said).toEqual([]);
    const given: string[] = [];
    early.handOver(
      (): FrameSink => ({
        receive: (frame) => {
          given.push(frame);
          return undefined;
        },
        refuseOversize: () => {},
      }),
    );
    expect(given).toEqual(frames);
  });
});
