import { expect } from '@jest/globals';
import { type AnyActorRef, isMachineSnapshot } from 'xstate';
import { HISTORY_LENGTH, STABLE_AFTER, UNAUTHORIZED_DELAY } from '../../machines/backoff.ts';
import type { HubActor } from '../../machines/hub.ts';
import { instanceContexts, instanceRef, sessionContexts } from '../../src/views/selectors.ts';
import type { SteppingClock } from './stepping-clock.ts';

/** The invariants of a hub after every step, beyond those of the charts' own states. */
export function expectSound(hub: HubActor, clock: SteppingClock): void {
  expectNoErrors(hub);
  expectTimers(hub, clock);
  expectSlots(hub);
  expectHistories(hub);
  expectBudgets(hub, clock);
  const known = new Set(instanceContexts(hub.getSnapshot()).map((each) => each.registration.id));
  for (const { home, bindings } of sessionContexts(hub.getSnapshot())) {
    for (const instanceId of bindings) expect(known).toContain(instanceId);
    if (home !== null) expect(bindings).toContain(home);
  }
}

/** `root` and all below it. */
function actorsOf(root: AnyActorRef): AnyActorRef[] {
  const { children = {} } = root.getSnapshot();
  const all: unknown[] = children instanceof Map ? [...children.values()] : Object.values(children);
  return [root, ...all.flatMap((child) => (isActor(child) ? actorsOf(child) : []))];
}

const isActor = (child: unknown): child is AnyActorRef =>
  typeof child === 'object' && child !== null && 'sessionId' in child;

function expectNoErrors(hub: HubActor): void {
  const failed = actorsOf(hub).filter((actor) => actor.getSnapshot().status === 'error');
  expect(failed.map(({ id }) => id)).toEqual([]);
}

/** Each running actor has at most one timer, which its current state declares. There are no other timers. */
function expectTimers(hub: HubActor, clock: SteppingClock): void {
  const scheduled = Object.values(hub.system.getSnapshot()._scheduledEvents);
  expect(clock.pending).toBe(scheduled.length);
  const living = new Set(actorsOf(hub));
  const owners = new Set<unknown>();
  for (const { source, event } of scheduled) {
    expect(owners).not.toContain(source.sessionId);
    owners.add(source.sessionId);
    expect(living.has(source)).toBe(true);
    const snapshot: unknown = source.getSnapshot();
    const declared = isMachineSnapshot(snapshot)
      ? snapshot._nodes.flatMap((node) => [...node.transitions.keys()])
      : [];
    expect(declared).toContain(event.type);
  }
}

/** Instances with a slot are making their first attempt, and those that wait for one are waiting. */
function expectSlots(hub: HubActor): void {
  const { context } = hub.getSnapshot();
  const stateOf = (id: string) => instanceRef(hub.getSnapshot(), id)?.getSnapshot().context.state;
  const { holders } = context.slots;
  const queue = context.slots.queue.flat();
  expect(holders.filter((id) => stateOf(id) !== 'connecting')).toEqual([]);
  expect(queue.filter((id) => stateOf(id) !== 'discovered')).toEqual([]);
  expect(new Set([...holders, ...queue]).size).toBe(holders.length + queue.length);
}

function expectHistories(hub: HubActor): void {
  for (const { transitions, state } of instanceContexts(hub.getSnapshot())) {
    expect(transitions.length).toBeLessThanOrEqual(HISTORY_LENGTH);
    expect(transitions.at(-1)?.to).toBe(state);
    transitions.forEach(({ from, at }, index) => {
      const before = transitions[index - 1];
      if (before === undefined) return;
      expect(from).toBe(before.to);
      expect(at).toBeGreaterThanOrEqual(before.at);
    });
  }
}

function expectBudgets(hub: HubActor, clock: SteppingClock): void {
  for (const instance of instanceContexts(hub.getSnapshot())) {
    const { retryCount, nextRetryAt, state, policy, connectedAt } = instance;
    expect(retryCount).toBeLessThanOrEqual(policy.maxRetries);
    // First and requested attempts have the whole budget, and so have instances that were active for long.
    if (state === 'connecting') expect(retryCount).toBe(0);
    const stable = STABLE_AFTER + policy.pingInterval + policy.pingTimeout;
    if (state === 'active' && clock.now - (connectedAt ?? 0) > stable) expect(retryCount).toBe(0);
    if (state !== 'retrying' || nextRetryAt === null) continue;
    const cap = Math.max(policy.retryCap, UNAUTHORIZED_DELAY);
    expect(nextRetryAt - clock.now).toBeLessThanOrEqual(cap);
  }
}
