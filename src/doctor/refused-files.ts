import type { Refusal } from '../../machines/model.ts';
import { originText } from '../origin.ts';
import { REFUSAL_CODES } from '../registration/refusal-codes.ts';
import { type Finding, findingsOf } from './finding.ts';
import { shellWord } from './shell-word.ts';

const { ok, problem } = findingsOf('refused');

/** Reports the registrations that hubs refuse, with the reasons. Directories have their own check. */
export function checkRefusedFiles({
  refusals,
}: {
  readonly refusals: readonly Refusal[];
}): Finding[] {
  const refused = refusals.filter(({ origin }) => origin.kind !== 'directory');
  if (refused.length === 0) return [ok('registrations', 'none is refused')];
  return refused.map(({ origin, code, reason }) => {
    const subject = originText(origin);
    return problem(subject, reason, REFUSAL_CODES[code].remedy(shellWord(subject)));
  });
}
