import fc from 'fast-check';
import { command } from '../helpers/command.ts';
import type { Mode, ScriptedWorld } from '../helpers/scripted-world.ts';

const IDS = ['a', 'b', '__proto__'] as const;
export const SESSIONS = ['s', 't'] as const;

const id = fc.constantFrom(...IDS);
const session = fc.constantFrom(...SESSIONS);
const mode = fc.constantFrom<Mode>('well', 'refuse', 'hang', 'unauthorized');
const linkMode = fc.constantFrom('well' as const, 'refuse' as const, 'hang' as const);
const told = fc.constantFrom('instance.reconnect' as const, 'instance.suspected' as const);
const duration = fc.constantFrom(1, 150, 1_000, 2_500, 7_000, 35_000, 61_000, 200_000);

/** Files that come, change and go; peers that fail in their ways; agents; time, chance, sleep and defects. */
export const commands = fc.array(
  fc.oneof(
    {
      weight: 4,
      arbitrary: command('write', fc.tuple(id, fc.nat(1)), (world: ScriptedWorld, at, fact) =>
        world.write(at, fact),
      ),
    },
    {
      weight: 2,
      arbitrary: command('remove', fc.tuple(id), (world: ScriptedWorld, at) => world.remove(at)),
    },
    {
      weight: 3,
      arbitrary: command('peer is', fc.tuple(id, mode), (world: ScriptedWorld, at, how) =>
        world.modes.set(at, how),
      ),
    },
    {
      weight: 2,
      arbitrary: command('break', fc.tuple(id), (world: ScriptedWorld, at) => world.break(at)),
    },
    command('late report', fc.tuple(id), (world: ScriptedWorld, at) => world.reportLate(at)),
    command('process ends', fc.tuple(id), (world: ScriptedWorld, at) => world.gone.add(at)),
    command('busy', fc.tuple(id, fc.nat(1)), (world: ScriptedWorld, at, calls) =>
      world.busy.set(at, calls),
    ),
    command('heard', fc.tuple(id), (world: ScriptedWorld, at) =>
      world.heard.set(at, world.clock.now),
    ),
    command('tell', fc.tuple(id, told), (world: ScriptedWorld, at, what) => world.send(at, what)),
    command('crash', fc.tuple(id), (world: ScriptedWorld, at) => world.crash(at)),
    command('open', fc.tuple(session), (world: ScriptedWorld, of) =>
      world.hub.send({ type: 'session.opened', id: of }),
    ),
    command('end', fc.tuple(session), (world: ScriptedWorld, of) =>
      world.hub.send({ type: 'session.ended', id: of }),
    ),
    {
      weight: 2,
      arbitrary: command('bind', fc.tuple(session, id), (world: ScriptedWorld, of, at) =>
        world.bind(of, at),
      ),
    },
    command('unbind', fc.tuple(session), (world: ScriptedWorld, of) => world.unbind(of)),
    command('links are', fc.tuple(linkMode), (world: ScriptedWorld, how) => {
      world.linkMode = how;
    }),
    command('break link', fc.tuple(session), (world: ScriptedWorld, of) => world.breakLink(of)),
    command('chance', fc.tuple(fc.constantFrom(0, 0.5, 0.999)), (world: ScriptedWorld, random) => {
      world.random = random;
    }),
    command('wake', fc.tuple(), (world: ScriptedWorld) => world.hub.send({ type: 'machine.woke' })),
    {
      weight: 5,
      arbitrary: command('pass', fc.tuple(duration), (world: ScriptedWorld, ms) =>
        world.clock.advance(ms),
      ),
    },
  ),
  { minLength: 1, maxLength: 80, size: 'max' },
);
