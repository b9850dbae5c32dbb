import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { command } from '../helpers/command.ts';
import { type Agent, DrivenHub, when } from '../helpers/driven-hub.ts';
import { expectSound } from '../helpers/invariants.ts';
import { expectSockets } from '../helpers/open-sockets.ts';
import { writeInOneStep } from '../helpers/registrations.ts';
import { propertyParameters } from '../helpers/replay.ts';
import type { Matter, Verdict } from '../helpers/scripted-peer.ts';

const IDS = ['a', 'b'] as const;

const OPTIONS = {
  'call-wait': '200ms',
  'max-retries': '2',
  'retry-cap': '1s',
  'revive-interval': '20s',
  settle: '0',
};

/** What a run does to the hub, and what it waits for in the end. */
class Run {
  readonly driven = new DrivenHub(OPTIONS);
  readonly agents: readonly Agent[];
  readonly files = new Set<string>();
  readonly stopped = new Set<string>();
  #calls = 0;

  constructor() {
    this.agents = [this.driven.openAgent(), this.driven.openAgent()];
  }

  call(agent: number, id: string | null): void {
    this.#calls += 1;
    const args = { key: `call-${this.#calls}` };
    const called = { instance_id: id ?? undefined, tool: 'tool-0', arguments: args };
    if (id === null) void this.agents[agent]?.call('tool-0', args);
    else void this.agents[agent]?.call('instances_call', called);
  }

  tell(id: string, verdicts: Partial<Record<Matter, Verdict>>): void {
    this.driven.peers.get(id)?.tell(verdicts);
  }

  /** A call that has reached its instance, if it can, and has no answer yet. */
  async leaveHanging(agent: number, id: string): Promise<void> {
    this.tell(id, { call: 'hang', link: 'well' });
    this.call(agent, id);
    await breathe(40);
  }

  /** The hub's own connection breaks, and nothing else. */
  async lose(id: string): Promise<void> {
    this.tell(id, { ping: 'break' });
    this.driven.peers.get(id)?.cut('hub');
    await breathe(20);
    this.tell(id, { ping: 'well' });
  }

  write(id: string, anew: boolean): void {
    this.files.add(id);
    if (anew) this.driven.writeAnew(id);
    else this.driven.write(id);
  }

  async stop(id: string): Promise<void> {
    this.stopped.add(id);
    await this.driven.peers.get(id)?.stop();
  }

  async start(id: string): Promise<void> {
    if (this.stopped.delete(id)) await this.driven.peers.get(id)?.start();
  }

  /** All faults end; time passes until every instance with a file is active. */
  async recover(): Promise<void> {
    for (const id of IDS) await this.start(id);
    for (const peer of this.driven.peers.values()) peer.recover();
    for (const id of this.files) this.driven.write(id);
    const states = () => [...this.files].map((id) => this.driven.instanceValue(id));
    await when(
      () => {
        if (states().every((state) => state?.startsWith('active'))) return true;
        this.driven.clock.advance(100);
        return false;
      },
      () => `active instances, they are ${states()}`,
    );
  }
}

const id = fc.constantFrom(...IDS);
const agent = fc.nat(1);
const verdict = fc.constantFrom<Verdict>('well', 'hang', 'break', 401, 404, 500);
/** A call answered with 404 was not processed: that is the answer for forgotten sessions. */
const callVerdict = fc.constantFrom<Verdict>('well', 'hang', 'break', 401, 500);

const commands = fc.array(
  fc.oneof(
    {
      weight: 3,
      arbitrary: command('write', fc.tuple(id, fc.boolean()), (run: Run, at, anew) =>
        run.write(at, anew),
      ),
    },
    command('remove', fc.tuple(id), (run: Run, at) => {
      run.files.delete(at);
      run.driven.remove(at);
    }),
    command('half-write', fc.tuple(id), (run: Run, at) => {
      if (run.files.has(at)) writeInOneStep(run.driven.fileOf(at), '{"id":');
    }),
    command('die', fc.tuple(id), (run: Run, at) => run.stop(at)),
    command('come back', fc.tuple(id), (run: Run, at) => run.start(at)),
    command('connecting', fc.tuple(id, verdict), (run: Run, at, connect) =>
      run.tell(at, { connect }),
    ),
    command('links', fc.tuple(id, verdict), (run: Run, at, link) => run.tell(at, { link })),
    command('pings', fc.tuple(id, verdict), (run: Run, at, ping) => run.tell(at, { ping })),
    {
      weight: 2,
      arbitrary: command('calls', fc.tuple(id, callVerdict), (run: Run, at, call) =>
        run.tell(at, { call }),
      ),
    },
    command(
      'cut',
      fc.tuple(id, fc.constantFrom('hub' as const, 'link' as const)),
      (run: Run, at, by) => run.driven.peers.get(at)?.cut(by),
    ),
    {
      weight: 3,
      arbitrary: command('leave a call hanging', fc.tuple(agent, id), (run: Run, of, at) =>
        run.leaveHanging(of, at),
      ),
    },
    { weight: 2, arbitrary: command('lose', fc.tuple(id), (run: Run, at) => run.lose(at)) },
    command('forget sessions', fc.tuple(id), (run: Run, at) =>
      run.driven.peers.get(at)?.forgetLinks(),
    ),
    {
      weight: 3,
      arbitrary: command(
        'connect',
        fc.tuple(agent, id),
        (run: Run, of, at) => void run.agents[of]?.call('instances_connect', { instance_id: at }),
      ),
    },
    command(
      'disconnect',
      fc.tuple(agent),
      (run: Run, of) => void run.agents[of]?.call('instances_disconnect'),
    ),
    {
      weight: 3,
      arbitrary: command('call', fc.tuple(agent, fc.option(id)), (run: Run, of, at) =>
        run.call(of, at),
      ),
    },
    command(
      'reconnect',
      fc.tuple(agent, id),
      (run: Run, of, at) => void run.agents[of]?.call('instances_reconnect', { instance_id: at }),
    ),
    command('wake', fc.tuple(), (run: Run) => run.driven.wake()),
    {
      weight: 3,
      arbitrary: command(
        'pass',
        fc.tuple(fc.constantFrom(100, 2_000, 6_000, 30_000)),
        (run: Run, ms) => run.driven.clock.advance(ms),
      ),
    },
    // Lets calls in flight continue for a moment, so that answers arrive in between.
    {
      weight: 6,
      arbitrary: command('breathe', fc.tuple(fc.integer({ min: 1, max: 20 })), (_: Run, turns) =>
        breathe(turns),
      ),
    },
  ),
  { minLength: 5, maxLength: 40, size: 'max' },
);

async function breathe(turns: number): Promise<void> {
  for (let turn = 0; turn < turns; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}

describe('whatever happens to files, peers and calls', () => {
  it('every call is answered, none is processed twice, and everything recovers in the end', async () => {
    await fc.assert(
      fc.asyncProperty(commands, async (all) => {
        const run = new Run();
        const { driven } = run;
        for (const each of IDS) await driven.peer(each);
        run.write('a', false);
        for (const each of all) {
          await each.run(run);
          expectSound(driven.hub.actor, driven.clock);
        }
        await run.recover();
        await when(
          () => run.agents.every(({ waiting }) => waiting === 0),
          () => `answers, missing are ${run.agents.map(({ waiting }) => waiting)}`,
        );
        for (const peer of driven.peers.values()) {
          for (const [key, times] of peer.taken) expect([key, times]).toEqual([key, 1]);
        }
        expectSound(driven.hub.actor, driven.clock);
        await expectSockets(driven);
        await driven.stop();
        expect(driven.clock.pending).toBe(0);
        expect(driven.replay().differences).toEqual([]);
      }),
      // Failing runs end by timeout, so shrinking them would take minutes.
      { ...propertyParameters(30), endOnFailure: true },
    );
  }, 120_000);
});
