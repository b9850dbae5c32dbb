import type { FoundConfig } from '../clients/find-configs.ts';
import { type Finding, findingsOf } from './finding.ts';

const { ok, note, problem } = findingsOf('clients');

/** Checks the agents' configurations that exist, and whether the hub that they start exists. */
export function checkClients({ configs }: { readonly configs: readonly FoundConfig[] }): Finding[] {
  const findings = configs.map(({ client, file, isOfProject, hasEntry, problem: wrong }) => {
    const install = `signalbox install ${client.name}${isOfProject ? ' --project' : ''}`;
    if (wrong !== null) {
      const remedy = hasEntry ? install : `Fix the file: ${client.title} reads it, too.`;
      return problem(file, wrong, remedy);
    }
    return hasEntry
      ? ok(file, `${client.title} starts the hub`)
      : note(file, `${client.title} does not start the hub`, install);
  });
  if (findings.length > 0) return findings;
  return [note('agents', "no agent's configuration was found", 'signalbox install CLIENT')];
}
