import { expect, it } from '@jest/globals';
import { RestartBudget } from '../../src/hosting/restart-budget.ts';

it('a server may exit five times within a minute, and again after that', () => {
  const budget = new RestartBudget();
  const ends = [0, 10_000, 20_000, 30_000, 40_000].map((now) => budget.spend(now));
  expect(ends).toEqual([true, true, true, true, true]);
  expect(budget.spend(59_999)).toBe(false);
  expect(budget.spend(80_000)).toBe(true);
});
