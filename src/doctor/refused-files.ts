import type { Refusal } from '../../machines/model.ts';
import { type Finding, findingsOf } from './finding.ts';
import { shellWord } from './shell-word.ts';

const { ok, problem } = findingsOf('refused');

/** What to do by what the reason has in it; the first that fits. */
const REMEDIES: readonly (readonly [RegExp, (file: string) => string])[] = [
  [/chmod go-w/, (file) => `chmod go-w ${shellWord(file)}`],
  [/belongs to another user/, () => 'Have it written by the user who runs the hub.'],
  [/^a symbolic link$/, () => 'Put the file itself there: what a link leads to can be exchanged.'],
  [/is already held by/, () => 'Remove one of the two files, or give one of them another id.'],
  [/--allow-host/, () => 'If that host can be trusted, start hubs with --allow-host HOST.'],
  [/^cannot be read/, (file) => `See whether you may read it: ls -l ${shellWord(file)}`],
];

/** The files that are refused, with the reasons of who refuses them; the directories have a check of their own. */
export function checkRefusedFiles({
  refusals,
  directories,
}: {
  readonly refusals: readonly Refusal[];
  readonly directories: readonly string[];
}): Finding[] {
  const files = refusals.filter(({ file }) => !directories.includes(file));
  if (files.length === 0) return [ok('registrations', 'none is refused')];
  return files.map(({ file, reason }) => {
    const [, remedy] = REMEDIES.find(([pattern]) => pattern.test(reason)) ?? [];
    return problem(file, reason, remedy?.(file) ?? 'Have its server write it right, or remove it.');
  });
}
