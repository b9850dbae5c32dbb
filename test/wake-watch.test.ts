import { expect, it } from '@jest/globals';
import { watchForWake } from '../src/wake-watch.ts';
import { afterTest } from './helpers/cleanup.ts';

it('reports that the machine was asleep if the clock jumps, but not if it runs normally', async () => {
  let woken = 0;
  let looks = 0;
  afterTest(
    watchForWake(
      () => {
        woken += 1;
      },
      () => {
        looks += 1;
        return looks * 5_000;
      },
    ),
  );
  let asleep = 0;
  const woke = new Promise<void>((resolve) => {
    afterTest(watchForWake(resolve, () => asleep));
  });
  asleep = 60_000;
  await woke;
  expect(looks).toBe(2);
  expect(woken).toBe(0);
});
