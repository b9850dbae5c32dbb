import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { InstancePolicy } from '../../machines/model.ts';
import { bindingRefs, homeOf, instanceRef } from '../../src/views/selectors.ts';
import { pathOf } from '../../src/views/state-path.ts';
import { expectSound } from '../helpers/invariants.ts';
import { propertyParameters } from '../helpers/replay.ts';
import { ScriptedWorld } from '../helpers/scripted-world.ts';
import { commands, SESSIONS } from './commands.ts';

const POLICY: InstancePolicy = {
  connectTimeout: 5_000,
  pingInterval: 5_000,
  pingTimeout: 2_000,
  maxMissedPings: 2,
  retryBase: 200,
  retryCap: 3_000,
  maxRetries: 3,
  reviveInterval: 60_000,
  deadTtl: 100_000,
  goneGrace: 30_000,
};

const stateOf = (world: ScriptedWorld, id: string) =>
  pathOf(instanceRef(world.hub.getSnapshot(), id)?.getSnapshot().value) ?? 'removed';

/** The state of the binding to a session's home, or null. */
function homeState(world: ScriptedWorld, session: string): string | null {
  const snapshot = world.hub.getSnapshot();
  const home = homeOf(snapshot, session);
  const bindings = bindingRefs(snapshot, session).map((ref) => ref.getSnapshot());
  return pathOf(bindings.find(({ context }) => context.instanceId === home)?.value);
}

/** Connections and links stand only in states that may hold them, and then they do. */
function expectConnections(world: ScriptedWorld): void {
  for (const id of world.open.keys()) {
    expect(stateOf(world, id)).toMatch(/^(active|connecting|retrying\.attempting|dead\.probing)/);
  }
  for (const id of world.files.keys()) {
    if (stateOf(world, id).startsWith('active')) expect([...world.open.keys()]).toContain(id);
  }
  for (const [session, { instanceId }] of world.links) {
    expect(homeState(world, session)).toMatch(/^(opening|bound\.(ready\.used|relinking))$/);
    expect(homeOf(world.hub.getSnapshot(), session)).toBe(instanceId);
    expect(stateOf(world, instanceId)).toMatch(/^active/);
  }
}

/** All faults end, hanging links time out, and more than a revival interval passes. */
function recover(world: ScriptedWorld): void {
  world.modes.clear();
  world.busy.clear();
  world.linkMode = 'well';
  world.gone.clear();
  for (const session of world.links.keys()) world.failLink(session);
  world.clock.advance(70_000);
}

describe('whatever happens', () => {
  it('the hub keeps its invariants at every step, and recovers in the end', () => {
    fc.assert(
      fc.property(commands, (all) => {
        const world = new ScriptedWorld(POLICY);
        for (const id of SESSIONS) world.hub.send({ type: 'session.opened', id });
        for (const command of all) {
          command.run(world);
          expectSound(world.hub, world.clock);
          expectConnections(world);
        }
        recover(world);
        expectSound(world.hub, world.clock);
        expectConnections(world);
        for (const id of world.files.keys()) {
          if (!world.givenUp.has(id))
            expect([id, stateOf(world, id)]).toEqual([id, expect.stringMatching(/^active/)]);
        }
        for (const session of SESSIONS) {
          expect(homeState(world, session) ?? 'none').toMatch(/^(none|bound\.ready\.used)$/);
        }
        world.hub.stop();
        expect(world.clock.pending).toBe(0);
        expect([world.open.size, world.links.size]).toEqual([0, 0]);
      }),
      propertyParameters(60),
    );
  });
});
