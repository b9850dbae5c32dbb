import { describe, expect, it } from '@jest/globals';
import { scriptedInstance, WEB } from '../helpers/scripted-instance.ts';

describe('discovered', () => {
  it('asks for a slot and waits for it', () => {
    const web = scriptedInstance();
    expect(web.state).toBe('discovered');
    expect(web.reports.map(({ type }) => type)).toEqual([
      'instance.transitioned',
      'slot.requested',
    ]);
    web.clock.advance(60_000);
    expect(web.state).toBe('discovered');
    expect(web.commands).toEqual([]);
  });

  it('adopts a rewritten file before it connects', () => {
    const web = scriptedInstance();
    web.instance.send({ type: 'registration.changed', registration: { ...WEB, port: 9 } });
    web.instance.send({ type: 'slot.granted' });
    expect(web.commands).toMatchObject([{ type: 'open', attempt: 1, registration: { port: 9 } }]);
  });
});

describe('connecting', () => {
  it('becomes active when connected', () => {
    const web = scriptedInstance();
    web.activate();
    expect(web.history()).toEqual(['discovered', 'connecting', 'active']);
    expect(web.context).toMatchObject({ retryCount: 0, lastFailure: null, connectedAt: 0 });
  });

  it('is retrying when refused', () => {
    const web = scriptedInstance();
    web.instance.send({ type: 'slot.granted' });
    web.fail();
    expect(web.state).toBe('retrying');
    expect(web.context.lastFailure?.code).toBe('CONNECTION_REFUSED');
    expect(web.context.nextRetryAt).toBe(200);
  });

  it('is retrying after the connect timeout, and ignores late results', () => {
    const web = scriptedInstance();
    web.instance.send({ type: 'slot.granted' });
    web.clock.advance(5_000);
    expect(web.state).toBe('retrying');
    expect(web.context.lastFailure?.code).toBe('CONNECT_TIMEOUT');
    web.clock.advance(200);
    expect(web.value).toEqual({ retrying: 'attempting' });
    web.report({ type: 'connection.up', peer: {} as never, catalogue: {} as never }, 1);
    expect(web.value).toEqual({ retrying: 'attempting' });
  });

  it('starts over with new facts', () => {
    const web = scriptedInstance();
    web.instance.send({ type: 'slot.granted' });
    web.instance.send({ type: 'registration.changed', registration: { ...WEB, port: 9 } });
    expect(web.commands.map(({ type }) => type)).toEqual(['open', 'open']);
    expect(web.commands[1]).toMatchObject({ attempt: 2, registration: { port: 9 } });
  });
});

describe('an instance whose process has ended', () => {
  const gone = { code: 'PROCESS_GONE', message: 'process 4242 has ended' } as const;

  it('is retrying for a while without being tried, then dead, then removed with its file', () => {
    const web = scriptedInstance({ goneGrace: 40_000, deadTtl: 300_000 });
    web.activate();
    web.report({ type: 'connection.down', failure: gone });
    expect(web.value).toEqual({ retrying: 'gone' });
    const opened = web.commands.filter(({ type }) => type === 'open').length;
    for (const type of ['instance.reconnect', 'machine.woke', 'instance.awaited'] as const) {
      web.instance.send({ type });
    }
    web.instance.send({ type: 'registration.changed', registration: WEB });
    web.clock.advance(39_999);
    expect(web.value).toEqual({ retrying: 'gone' });
    web.clock.advance(1);
    expect(web.state).toBe('dead');
    for (const type of ['instance.reconnect', 'machine.woke', 'instance.probe'] as const) {
      web.instance.send({ type });
    }
    web.instance.send({ type: 'registration.changed', registration: WEB });
    expect(web.value).toEqual({ dead: 'resting' });
    web.script.processGone = true;
    web.clock.advance(300_000);
    expect(web.state).toBe('removed');
    expect(web.deleted).toEqual([WEB.origin.file]);
    expect(web.commands.filter(({ type }) => type === 'open')).toHaveLength(opened);
  });

  it('reconnects as soon as its file names another process', () => {
    const web = scriptedInstance();
    web.activate();
    web.report({ type: 'connection.down', failure: gone });
    web.instance.send({ type: 'registration.changed', registration: { ...WEB, pid: 1 } });
    expect(web.state).toBe('connecting');
  });

  it('is dead at once if another has replaced it, even before its first attempt', () => {
    const failure = { code: 'SUPERSEDED', message: 'another has its place' } as const;
    for (const isActive of [true, false]) {
      const web = scriptedInstance();
      if (isActive) web.activate();
      web.instance.send({ type: 'registration.superseded', failure });
      expect(web.state).toBe('dead');
      expect(web.context).toMatchObject({ lastFailure: failure, nextRetryAt: null });
    }
  });
});

describe('retrying', () => {
  it('backs off exponentially, and is dead when the budget is exhausted', () => {
    const web = scriptedInstance({ maxRetries: 3 });
    web.instance.send({ type: 'slot.granted' });
    web.fail();
    const waits: number[] = [];
    while (web.state === 'retrying') {
      const wait = (web.context.nextRetryAt ?? 0) - web.clock.now;
      waits.push(wait);
      web.clock.advance(wait);
      expect(web.value).toEqual({ retrying: 'attempting' });
      web.fail();
    }
    expect(waits).toEqual([200, 400, 800]);
    expect(web.state).toBe('dead');
    expect(web.context.retryCount).toBe(3);
    expect(web.history()).toEqual(['discovered', 'connecting', 'retrying', 'dead']);
  });

  it('is dead after the first failure when it may not retry', () => {
    const web = scriptedInstance({ maxRetries: 0 });
    web.instance.send({ type: 'slot.granted' });
    web.fail();
    expect(web.state).toBe('dead');
  });

  it('shows a re-attempt as retrying, and closes the connection meanwhile', () => {
    const web = scriptedInstance();
    web.activate();
    web.down();
    expect(web.commands.at(-1)).toEqual({ type: 'close' });
    web.clock.advance(200);
    expect(web.state).toBe('retrying');
    web.up();
    expect(web.state).toBe('active');
    expect(web.history().slice(-3)).toEqual(['active', 'retrying', 'active']);
  });

  it.each([['instance.reconnect'], ['machine.woke']] as const)(
    'connects at once on %s, with a fresh budget',
    (type) => {
      const web = scriptedInstance();
      web.instance.send({ type: 'slot.granted' });
      web.fail();
      web.clock.advance(200);
      web.fail();
      web.instance.send({ type });
      expect(web.state).toBe('connecting');
      expect(web.context).toMatchObject({ retryCount: 0, nextRetryAt: null });
    },
  );

  it('connects at once when its file has other facts', () => {
    const web = scriptedInstance();
    web.activate();
    web.down();
    web.instance.send({ type: 'registration.changed', registration: { ...WEB, pid: 1 } });
    expect(web.state).toBe('connecting');
  });

  it('tries once at once on a heartbeat, and not twice', () => {
    const web = scriptedInstance();
    web.activate();
    web.down();
    web.instance.send({ type: 'registration.changed', registration: WEB });
    expect(web.value).toEqual({ retrying: 'attempting' });
    const opens = web.commands.length;
    web.instance.send({ type: 'registration.changed', registration: WEB });
    expect(web.commands).toHaveLength(opens);
  });

  it('never gives up an instance that says unauthorized, and asks every 5 s at most', () => {
    const web = scriptedInstance({ maxRetries: 1 });
    web.instance.send({ type: 'slot.granted' });
    for (let n = 0; n < 5; n += 1) {
      web.fail('UNAUTHORIZED');
      expect(web.state).toBe('retrying');
      web.clock.advance(4_999);
      expect(web.value).toEqual({ retrying: 'waiting' });
      web.clock.advance(1);
      expect(web.value).toEqual({ retrying: 'attempting' });
    }
  });

  it('resets its retries only after a stable time', () => {
    const web = scriptedInstance({ maxRetries: 10 });
    web.activate();
    web.down();
    web.clock.advance(200);
    web.up();
    web.clock.advance(1_000);
    web.down();
    expect(web.context.retryCount).toBe(1);
    web.clock.advance(400);
    web.up();
    expect(web.context.retryCount).toBe(2);
    for (let n = 0; n < 7; n += 1) {
      web.script.lastActivity = web.clock.now;
      web.clock.advance(4_500);
    }
    web.down();
    expect(web.context.retryCount).toBe(0);
  });

  it('resets the retries of a server that is restarted often, and tries its port often while it is away', () => {
    const web = scriptedInstance({ maxRetries: 2 });
    web.script.tryInterval = 100;
    web.activate();
    for (let restart = 0; restart < 30; restart += 1) {
      web.script.lastActivity = web.clock.now;
      web.clock.advance(8_000);
      web.script.lastActivity = web.clock.now;
      web.down();
      for (const end = web.clock.now + 1_000; web.clock.now < end; ) {
        expect(web.value).toEqual({ retrying: 'waiting' });
        const wait = (web.context.nextRetryAt ?? Infinity) - web.clock.now;
        expect(wait).toBeLessThanOrEqual(100);
        web.clock.advance(wait);
        web.fail();
      }
      expect(web.context.retryCount).toBeLessThanOrEqual(1);
      web.clock.advance(100);
      web.up();
      expect(web.state).toBe('active');
    }
  });

  it('tries a port of another machine no more often than the backoff says', () => {
    const web = scriptedInstance({ maxRetries: 3 });
    web.activate();
    web.script.lastActivity = web.clock.now;
    web.down();
    web.clock.advance(200);
    web.fail();
    expect(web.context.retryCount).toBe(1);
    expect((web.context.nextRetryAt ?? 0) - web.clock.now).toBe(400);
  });

  it('is tried soon once a call waits for it, and not delayed by further calls', () => {
    const web = scriptedInstance({ maxRetries: 20 });
    web.script.tryInterval = 100;
    web.instance.send({ type: 'slot.granted' });
    // Never active: nobody has used it.
    while (web.context.retryCount < 6) {
      web.fail();
      web.clock.advance((web.context.nextRetryAt ?? 0) - web.clock.now);
    }
    web.fail();
    const planned = web.context.nextRetryAt ?? 0;
    expect(planned - web.clock.now).toBeGreaterThan(10_000);
    web.script.waiting = 1;
    web.instance.send({ type: 'instance.awaited' });
    const hastened = web.context.nextRetryAt ?? 0;
    expect(hastened - web.clock.now).toBe(100);
    web.clock.advance(60);
    web.instance.send({ type: 'instance.awaited' });
    expect(web.context.nextRetryAt).toBe(hastened);
  });

  it('is dead if its server crashes on every connect', () => {
    const web = scriptedInstance({ maxRetries: 3 });
    web.activate();
    for (let n = 0; n < 3; n += 1) {
      web.down();
      expect(web.state).toBe('retrying');
      web.clock.advance(1_000);
      web.up();
    }
    web.down();
    expect(web.state).toBe('dead');
  });
});

describe('active', () => {
  it('pings after an interval without traffic and takes the answer', () => {
    const web = scriptedInstance();
    web.activate();
    web.clock.advance(5_000);
    expect(web.value).toEqual({ active: 'pinging' });
    expect(web.commands.at(-1)).toEqual({ type: 'ping', attempt: 1 });
    web.report({ type: 'connection.pong', responseTime: 7 });
    expect(web.value).toEqual({ active: 'idle' });
    expect(web.context).toMatchObject({ responseTime: 7, missedPings: 0, lastPong: 5_000 });
  });

  it.each([
    [0, 2_500],
    [0.5, 3_750],
    [1, 5_000],
  ])('pings first when chance says (%d: after %i ms), then every interval', (random, first) => {
    const web = scriptedInstance();
    web.script.random = random;
    web.activate();
    web.clock.advance(first - 1);
    expect(web.value).toEqual({ active: 'idle' });
    web.clock.advance(1);
    expect(web.value).toEqual({ active: 'pinging' });
    web.script.lastActivity = web.clock.now;
    web.report({ type: 'connection.pong', responseTime: 0 });
    web.clock.advance(4_999);
    expect(web.value).toEqual({ active: 'idle' });
    web.clock.advance(1);
    expect(web.value).toEqual({ active: 'pinging' });
  });

  it('does not ping while there is traffic', () => {
    const web = scriptedInstance();
    web.activate();
    for (let n = 0; n < 10; n += 1) {
      web.clock.advance(2_000);
      web.script.lastActivity = web.clock.now;
    }
    expect(web.commands.filter(({ type }) => type === 'ping')).toEqual([]);
  });

  it('is retrying after the allowed number of missed pings in a row', () => {
    const web = scriptedInstance();
    web.activate();
    web.clock.advance(7_000);
    expect(web.context.missedPings).toBe(1);
    web.clock.advance(40_000);
    expect(web.history()).toContain('retrying');
    expect(web.context.transitions.find(({ to }) => to === 'retrying')?.reason).toBe(
      '3 pings in a row were not answered',
    );
  });

  it('treats any answer as a sign of life', () => {
    const web = scriptedInstance();
    web.activate();
    web.clock.advance(6_000);
    web.script.lastActivity = 6_000;
    web.clock.advance(1_000);
    expect(web.context.missedPings).toBe(0);
  });

  it('is not treated as dead while it is busy', () => {
    const web = scriptedInstance();
    web.activate();
    web.script.callsInFlight = 1;
    web.clock.advance(120_000);
    expect(web.state).toBe('active');
    expect(web.context.missedPings).toBeGreaterThan(3);
    web.script.callsInFlight = 0;
    web.clock.advance(10_000);
    expect(web.history()).toContain('retrying');
  });

  it.each([['instance.suspected'], ['machine.woke']] as const)('pings at once on %s', (type) => {
    const web = scriptedInstance();
    web.activate();
    web.instance.send({ type });
    expect(web.value).toEqual({ active: 'pinging' });
  });

  it('ignores a heartbeat and a reconnect', () => {
    const web = scriptedInstance();
    web.activate();
    const before = web.commands.length;
    web.instance.send({
      type: 'registration.changed',
      registration: { ...WEB, hasPackageJson: false },
    });
    web.instance.send({ type: 'instance.reconnect' });
    expect(web.commands).toHaveLength(before);
    expect(web.context.registration.hasPackageJson).toBe(false);
  });

  it('reconnects when its file has other facts', () => {
    const web = scriptedInstance();
    web.activate();
    web.instance.send({ type: 'registration.changed', registration: { ...WEB, token: 't' } });
    expect(web.state).toBe('connecting');
  });

  it('adopts a changed catalogue and reports it', () => {
    const web = scriptedInstance();
    web.activate();
    const catalogue = { tools: [{ name: 'a' }], resources: [], resourceTemplates: [], prompts: [] };
    web.report({ type: 'connection.catalogueChanged', catalogue });
    expect(web.context.catalogue).toBe(catalogue);
    expect(web.reports.at(-1)).toEqual({ type: 'instance.catalogueChanged', id: 'web-1' });
  });

  it('keeps the catalogue while it is away', () => {
    const web = scriptedInstance();
    web.activate();
    web.down();
    expect(web.context.catalogue).not.toBeNull();
  });
});

describe('dead', () => {
  const dead = (policy: Parameters<typeof scriptedInstance>[0] = {}) => {
    const web = scriptedInstance({ maxRetries: 0, ...policy });
    web.instance.send({ type: 'slot.granted' });
    web.fail();
    return web;
  };

  it('is probed once per revive interval, and shown as dead meanwhile', () => {
    const web = dead();
    web.clock.advance(60_000);
    expect(web.value).toEqual({ dead: 'probing' });
    expect(web.state).toBe('dead');
    web.fail();
    expect(web.value).toEqual({ dead: 'resting' });
    web.clock.advance(60_000);
    web.up();
    expect(web.state).toBe('active');
  });

  it('is not probed when revival is off', () => {
    const web = dead({ reviveInterval: 0 });
    web.clock.advance(3_000_000);
    expect(web.value).toEqual({ dead: 'resting' });
    expect(web.clock.pending).toBe(1);
  });

  it('is removed with its file when its time to live is over and its process has ended', () => {
    const web = dead();
    web.script.processGone = true;
    for (let n = 0; n < 5; n += 1) {
      web.clock.advance(60_000);
      if (web.state === 'dead') web.fail();
    }
    expect(web.state).toBe('removed');
    expect(web.deleted).toEqual([WEB.origin.file]);
    expect(web.instance.getSnapshot().status).toBe('done');
  });

  it('stays while its process runs', () => {
    const web = dead({ reviveInterval: 0 });
    web.clock.advance(3_000_000);
    expect(web.state).toBe('dead');
    expect(web.deleted).toEqual([]);
    web.script.processGone = true;
    web.clock.advance(300_000);
    expect(web.state).toBe('removed');
  });

  it.each([['instance.reconnect'], ['machine.woke']] as const)('connects at once on %s', (type) => {
    const web = dead();
    web.instance.send({ type });
    expect(web.state).toBe('connecting');
  });

  it('is probed at once on a heartbeat, connected to with other facts', () => {
    const web = dead();
    web.instance.send({ type: 'registration.changed', registration: WEB });
    expect(web.value).toEqual({ dead: 'probing' });
    web.instance.send({ type: 'registration.changed', registration: { ...WEB, port: 9 } });
    expect(web.state).toBe('connecting');
  });
});

describe('removed', () => {
  it.each([
    ['discovered', () => {}],
    [
      'connecting',
      (web: ReturnType<typeof scriptedInstance>) => web.instance.send({ type: 'slot.granted' }),
    ],
    ['active', (web: ReturnType<typeof scriptedInstance>) => web.activate()],
  ] as const)('is a goodbye from %s', (state, prepare) => {
    const web = scriptedInstance();
    prepare(web);
    expect(web.state).toBe(state);
    web.instance.send({ type: 'registration.removed' });
    expect(web.state).toBe('removed');
    expect(web.deleted).toEqual([]);
    expect(web.clock.pending).toBe(0);
  });
});

it('has one timer at most, whatever happens', () => {
  const web = scriptedInstance({ maxRetries: 1 });
  const steps = [
    () => web.instance.send({ type: 'slot.granted' }),
    () => web.fail(),
    () => web.clock.advance(200),
    () => web.up(),
    () => web.clock.advance(5_000),
    () => web.down(),
    () => web.clock.advance(60_000),
    () => web.fail(),
  ];
  for (const step of steps) {
    step();
    expect(web.clock.pending).toBeLessThanOrEqual(1);
  }
});
