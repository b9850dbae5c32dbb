import type { Failure, FailureCode, InstanceState, Registration } from '../../machines/model.ts';
import { processGone } from '../registration/process-gone.ts';
import { LATEST_PROTOCOL_VERSION } from '../wire/protocol-versions.ts';
import { type Finding, findingsOf } from './finding.ts';
import { shellWord } from './shell-word.ts';

const { ok, note, problem } = findingsOf('instances');

/** An instance as a hub had it when it had tried every one. */
export interface TriedInstance {
  readonly registration: Registration;
  readonly state: InstanceState;
  readonly failure: Failure | null;
}

/** What to do about an instance that isn't active, by the code of its failure. */
const REMEDIES: Readonly<Record<FailureCode, (registration: Registration) => string>> = {
  ANSWER_TOO_LARGE: () => 'Have the server offer less, or in smaller pages.',
  CONNECTION_REFUSED: ({ port, origin: { file } }) =>
    `Start the server at port ${port}, or remove its file: rm ${shellWord(file)}`,
  CONNECTION_LOST: () =>
    'Hubs try it again. If it breaks again, the log of the server may say why.',
  CONNECT_TIMEOUT: () => 'See why the server is slow or hangs, or raise --connect-timeout.',
  HTTP_ERROR: ({ origin: { file } }) =>
    `Is its path /mcp? A url in its file can name another: ${file}`,
  IDENTITY_MISMATCH: ({ port, origin: { file } }) =>
    `Another process has port ${port}: start the server again, or remove its file: rm ${shellWord(file)}`,
  OUT_OF_DESCRIPTORS: () => 'Allow more open files: ulimit -n 4096, before the agent is started.',
  PROCESS_GONE: ({ port, origin: { file } }) =>
    `Start the server again, so that it registers anew, or remove the file: rm ${shellWord(file)}. Whatever has port ${port} now is another server.`,
  SUPERSEDED: ({ origin: { file } }) => `Nothing, or remove the old file: rm ${shellWord(file)}`,
  PINGS_MISSED: () => 'Its process hangs or is stopped: restart it.',
  PROTOCOL_ERROR: ({ port, origin: { file } }) =>
    `See what has port ${port}. If it isn't the server, start that at another one, or remove its file: rm ${shellWord(file)}`,
  SESSION_EXPIRED: () => 'Hubs connect to it anew: look again.',
  UNAUTHORIZED: ({ origin: { file } }) =>
    `Write the token that the server asks for into its file: ${file}`,
  UNSUPPORTED_VERSION: () =>
    `Update the server, or have it speak protocol version ${LATEST_PROTOCOL_VERSION} as well.`,
};

/** Whether every registered instance can be connected to. Those whose files are `stale` are left to that check. */
export function checkInstances({
  instances,
  stale,
}: {
  readonly instances: readonly TriedInstance[];
  readonly stale: readonly { readonly path: string }[];
}): Finding[] {
  if (instances.length === 0) {
    return [
      note(
        'instances',
        'none is registered',
        'A server that listens is announced by: signalbox register --name NAME --port PORT',
      ),
    ];
  }
  const files = new Set(stale.map(({ path }) => path));
  return instances.flatMap((instance) => {
    const { state, registration } = instance;
    if (state === 'active') return active(registration);
    return files.has(registration.origin.file) ? [] : [away(instance)];
  });
}

function active(registration: Registration): Finding {
  const { pid, port, origin } = registration;
  const subject = subjectOf(registration);
  if (!processGone(registration)) return ok(subject, `active at port ${port}`);
  const says = `active at port ${port}, but process ${pid}, which its file names, is gone`;
  return note(subject, says, `Have the server write the pid that it has: ${origin.file}`);
}

function away({ registration, state, failure }: TriedInstance): Finding {
  const subject = subjectOf(registration);
  if (failure === null) {
    const says = `${state}; it could not be connected to in time`;
    return problem(subject, says, REMEDIES.CONNECT_TIMEOUT(registration));
  }
  const says = `${state}, ${failure.message} (${failure.code})`;
  return problem(subject, says, REMEDIES[failure.code](registration));
}

function subjectOf({ name, id }: Registration): string {
  return name === id ? name : `${name} (${id})`;
}
