import { afterEach } from '@jest/globals';

const pending: (() => unknown)[] = [];

afterEach(async () => {
  // The last one made is the first to go: what was started later may use what was there before.
  for (const undo of pending.splice(0).reverse()) await undo();
});

/** Has `undo` run after the current test, whatever its outcome. */
export function afterTest(undo: () => unknown): void {
  pending.push(undo);
}
