import { afterEach } from '@jest/globals';

const pending: (() => unknown)[] = [];

afterEach(async () => {
  // Clean up in reverse order: later resources may use earlier ones.
  for (const undo of pending.splice(0).reverse()) await undo();
});

/** Runs `undo` after the current test, whatever its outcome. */
export function afterTest(undo: () => unknown): void {
  pending.push(undo);
}
