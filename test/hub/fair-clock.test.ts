import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it } from '@jest/globals';
import { FairClock } from '../../src/hub/fair-clock.ts';

/** Keeps the thread for longer than timers may in one turn. */
function work(): void {
  const end = performance.now() + 15;
  while (performance.now() < end);
}

describe('timers that are due at once', () => {
  it('run in order, and the event loop has its turn in between', async () => {
    const clock = new FairClock();
    const ran: string[] = [];
    const all = new Promise<void>((resolve) => {
      for (let n = 0; n < 4; n += 1) {
        clock.setTimeout(() => {
          work();
          ran.push(`timer ${n}`);
          if (n === 3) resolve();
        }, 1);
      }
    });
    work();
    const turns = (async () => {
      while (ran.filter((each) => each.startsWith('timer')).length < 4) {
        await turn();
        if (ran.at(-1)?.startsWith('timer')) ran.push('turn');
      }
    })();
    await Promise.all([all, turns]);
    expect(ran.filter((each) => each !== 'turn')).toEqual([0, 1, 2, 3].map((n) => `timer ${n}`));
    expect(ran.join(' ')).not.toMatch(/timer \d timer/);
  });

  it('do not run once they are cleared, though they are due', async () => {
    const clock = new FairClock();
    const ran: string[] = [];
    await new Promise<void>((resolve) => {
      clock.setTimeout(() => {
        work();
        clock.clearTimeout(second);
      }, 1);
      const second = clock.setTimeout(() => ran.push('second'), 1);
      clock.setTimeout(resolve, 2);
      work();
    });
    expect(ran).toEqual([]);
  });
});
