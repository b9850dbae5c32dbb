import { describe, expect, it } from '@jest/globals';
import type { InstancePolicy } from '../../machines/model.ts';
import { pathOf } from '../../src/views/state-path.ts';
import { scriptedInstance, WEB } from '../helpers/scripted-instance.ts';

type Web = ReturnType<typeof scriptedInstance>;

const granted = (web: Web) => web.instance.send({ type: 'slot.granted' });
const connected = (web: Web) => web.activate();
const refused = (web: Web) => web.fail();
const ended = (web: Web) =>
  web.report({ type: 'connection.down', failure: { code: 'PROCESS_GONE', message: 'ended' } });
const woke = (web: Web) => web.instance.send({ type: 'machine.woke' });
const minutePassed = (web: Web) => web.clock.advance(60_000);
const backoffPassed = (web: Web) => web.clock.advance(200);

/** How each state is reached, with the policy for it. */
const WAYS: readonly [string, Partial<InstancePolicy>, readonly ((web: Web) => void)[]][] = [
  ['connecting', {}, [granted]],
  ['active.idle', {}, [connected]],
  ['active.pinging', {}, [connected, woke]],
  ['retrying.waiting', {}, [granted, refused]],
  ['retrying.attempting', {}, [granted, refused, backoffPassed]],
  ['retrying.gone', {}, [connected, ended]],
  ['dead.resting', { maxRetries: 0 }, [granted, refused]],
  ['dead.probing', { maxRetries: 0 }, [granted, refused, minutePassed]],
];

/** States from which a heartbeat leads to an attempt. */
const TRIED: Readonly<Record<string, string>> = {
  'retrying.waiting': 'retrying.attempting',
  'dead.resting': 'dead.probing',
};

describe('a registration is written again', () => {
  it.each(WAYS)('with new facts: leaves %s to connect, with all retries', (from, policy, way) => {
    const web = scriptedInstance(policy);
    for (const step of way) step(web);
    expect(pathOf(web.value)).toBe(from);
    const { attempt } = web.context;
    web.instance.send({ type: 'registration.changed', registration: { ...WEB, port: 9 } });
    expect(web.value).toBe('connecting');
    expect(web.context).toMatchObject({ attempt: attempt + 1, retryCount: 0, nextRetryAt: null });
    expect(web.commands.at(-1)).toMatchObject({ type: 'open', registration: { port: 9 } });
  });

  it.each(WAYS)('with the same facts, in %s: tried once if it waits', (from, policy, way) => {
    const web = scriptedInstance(policy);
    for (const step of way) step(web);
    const { attempt } = web.context;
    const registration = { ...WEB, hasPackageJson: false };
    web.instance.send({ type: 'registration.changed', registration });
    expect(pathOf(web.value)).toBe(TRIED[from] ?? from);
    expect(web.context.attempt).toBe(from in TRIED ? attempt + 1 : attempt);
    expect(web.context.registration.hasPackageJson).toBe(false);
  });
});
