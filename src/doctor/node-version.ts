import { type Finding, findingsOf } from './finding.ts';

const { ok, problem } = findingsOf('node');

/** Whether `version` (`v20.20.2`) fulfils `needed` (`>=20.19`, as package.json has it). */
export function checkNodeVersion(version: string, needed: string): Finding {
  const says = `${version}, and ${needed} is needed`;
  return isAtLeast(numbersIn(version), numbersIn(needed))
    ? ok('Node', says)
    : problem('Node', says, `Install Node ${needed}, and have agents start the hub with it.`);
}

function numbersIn(text: string): number[] {
  return [...text.matchAll(/\d+/g)].map(Number);
}

function isAtLeast(version: readonly number[], least: readonly number[]): boolean {
  const at = least.findIndex((number, index) => number !== (version[index] ?? 0));
  return at === -1 || (version[at] ?? 0) > (least[at] ?? 0);
}
