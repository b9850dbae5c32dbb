import { describe, expect, it } from '@jest/globals';
import { CLOSE_DEADLINE } from '../../machines/backoff.ts';
import { hubMachine } from '../../machines/hub.ts';
import { instanceMachine } from '../../machines/instance.ts';
import type { InstancePolicy } from '../../machines/model.ts';
import { sessionMachine } from '../../machines/session.ts';
import { instanceRef } from '../../src/views/selectors.ts';
import { ChartCoverage } from '../helpers/chart-coverage.ts';
import { coveringPaths, type Path } from '../helpers/chart-paths.ts';
import { DrivenHub, when } from '../helpers/driven-hub.ts';
import { expectSound } from '../helpers/invariants.ts';
import { expectSockets } from '../helpers/open-sockets.ts';
import { InstanceEnvironment } from './instance-environment.ts';
import { instancePathOptions, modelInstance } from './instance-model.ts';
import { SessionEnvironment } from './session-environment.ts';
import { modelSession, sessionPathOptions } from './session-model.ts';

const POLICY: InstancePolicy = {
  connectTimeout: 60_000,
  pingInterval: 5_000,
  pingTimeout: 2_000,
  maxMissedPings: 2,
  retryBase: 200,
  retryCap: 30_000,
  maxRetries: 1,
  reviveInterval: 60_000,
  deadTtl: 40_000,
  goneGrace: 30_000,
};

const OPTIONS = {
  'connect-timeout': '60s',
  'max-missed-pings': '2',
  'max-retries': '1',
  'revive-interval': '60s',
  'dead-ttl': '40s',
  settle: '0',
};

const coverage = new ChartCoverage([hubMachine, instanceMachine, sessionMachine]);

const words = (path: Path) =>
  path
    .map(({ event: { type } }) => type.replace(/^xstate\.after\.(\w+)\..*/, 'after $1'))
    .join(', ');

describe('an instance goes every way that its chart declares', () => {
  const paths = coveringPaths(modelInstance, instancePathOptions(POLICY));

  it.each(paths.map((path) => [words(path), path] as const))('%s', async (_, path) => {
    const driven = new DrivenHub(OPTIONS);
    coverage.watch(driven.hub.actor);
    const agent = driven.openAgent();
    const environment = new InstanceEnvironment(driven, agent, await driven.peer('web'));
    await environment.start(path);
    for (const { event, value } of path) {
      await environment.take(event, value);
      expectSound(driven.hub.actor, driven.clock);
      await expectSockets(driven);
    }
    expect(driven.replay().differences).toEqual([]);
  });
});

describe('a session goes every way that its chart declares', () => {
  const paths = coveringPaths(modelSession, sessionPathOptions);

  it.each(paths.map((path) => [words(path), path] as const))('%s', async (_, path) => {
    const driven = new DrivenHub(OPTIONS);
    coverage.watch(driven.hub.actor);
    const agent = driven.openAgent();
    const environment = new SessionEnvironment(driven, agent);
    await environment.start();
    for (const { event, value } of path) {
      await environment.take(event, value);
      expectSound(driven.hub.actor, driven.clock);
      await expectSockets(driven);
    }
    if (path.at(-1)?.value !== 'closed') await environment.expectAnswers();
    expect(driven.replay().differences).toEqual([]);
  });
});

describe('the hub goes every way that its chart declares', () => {
  const start = async () => {
    const driven = new DrivenHub(OPTIONS);
    coverage.watch(driven.hub.actor);
    const agent = driven.openAgent();
    const peer = await driven.peer('web');
    driven.write('web');
    const becomesActive = () =>
      when(
        () => driven.instanceValue('web') === 'active.idle' && peer.streams('hub') > 0,
        () => `an active instance; it is ${driven.instanceValue('web')}`,
      );
    await becomesActive();
    // The first answers wait for discovery; from then on what is asked is done at once.
    await agent.call('instances_list');
    /** Has an instance look at a clock that breaks. */
    const crash = () => {
      driven.breakClock();
      instanceRef(driven.snapshot, 'web')?.send({ type: 'instance.suspected' });
    };
    const hubState = () => driven.snapshot.value;
    return { driven, agent, peer, becomesActive, crash, hubState, actor: driven.hub.actor };
  };

  it('an actor crashes and is started again', async () => {
    const { driven, actor, crash, becomesActive } = await start();
    crash();
    expect(driven.instanceValue('web')).toBe('connecting');
    await becomesActive();
    expectSound(actor, driven.clock);
    await expectSockets(driven);
    expect(driven.replay().differences).toEqual([]);
  });

  it('nothing new begins while it stops, and what hangs is not waited for', async () => {
    const { driven, actor, peer, crash, hubState } = await start();
    const instance = driven.instance('web');
    if (instance === undefined) throw new Error('gone');
    peer.tell({ goodbye: 'hang' });
    const stopped = driven.hub.stop();
    void driven.hub.stop();
    expect(hubState()).toBe('stopping');
    driven.openAgent();
    crash();
    expect(driven.instanceValue('web')).toBe('discovered');
    // Directory and wake watch have ended by now: nobody but the test can say this.
    const registration = { ...instance.registration, id: 'late' };
    actor.send({ type: 'registration.accepted', registration });
    actor.send({ type: 'machine.woke' });
    expect(driven.instance('late')).toBeUndefined();
    expectSound(actor, driven.clock);
    driven.clock.advance(CLOSE_DEADLINE);
    expect(hubState()).toBe('stopped');
    await stopped;
    expect(driven.clock.pending).toBe(0);
    await expectSockets(driven);
    expect(driven.replay().differences).toEqual([]);
  });

  it('it is stopped when a session fails to close', async () => {
    const { driven, agent, hubState } = await start();
    agent.breakClose();
    await driven.hub.stop();
    expect(hubState()).toBe('stopped');
    await expectSockets(driven);
  });
});

/** What no path takes, with the reason. Before you add to it, think of deleting the transition. */
const UNCOVERED: Readonly<
  Record<'hub' | 'instance' | 'session', Readonly<Record<string, string>>>
> = { hub: {}, instance: {}, session: {} };

describe.each(['hub', 'instance', 'session'] as const)('of the %s chart', (chart) => {
  it('every state was entered and every transition taken, but for those on the list', () => {
    process.stderr.write(`${coverage.summary(chart)}\n`);
    expect(coverage.uncovered(chart).sort()).toEqual(Object.keys(UNCOVERED[chart]).sort());
  });
});
