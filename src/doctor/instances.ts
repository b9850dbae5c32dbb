import type { FailureCode, Origin } from '../../machines/model.ts';
import { ageOf } from '../age.ts';
import type { InstanceRow } from '../views/instance-row-schema.ts';
import { LATEST_PROTOCOL_VERSION } from '../wire/protocol-versions.ts';
import { type Finding, findingsOf } from './finding.ts';
import { shellWord } from './shell-word.ts';

const { ok, note, problem } = findingsOf('instances');

/** The state of an instance in one hub. */
type Opinion = Pick<InstanceRow, 'state' | 'state_changed_at' | 'last_error'>;

/** An instance as hubs see it. */
export interface DiagnosedInstance
  extends Opinion,
    Pick<InstanceRow, 'id' | 'name' | 'port' | 'pid'> {
  /** Where its registration is. */
  readonly origin: Origin;
  /** Whether the process named in its file is certainly gone. */
  readonly isProcessGone: boolean;
  /** Its state in each running hub. Empty if `doctor` connected to it instead. */
  readonly hubs: readonly (Opinion & {
    readonly pid: number;
    readonly agents: readonly string[];
  })[];
}

type Facts = Pick<DiagnosedInstance, 'port' | 'origin'>;

/** What to do if an instance isn't active, by the code of its failure. */
const REMEDIES: Readonly<Record<FailureCode, (facts: Facts) => string>> = {
  ANSWER_TOO_LARGE: () => 'Make the server offer less, or use smaller pages.',
  CONNECTION_REFUSED: ({ port, origin: { file } }) =>
    `Start the server at port ${port}, or remove its file: rm ${shellWord(file)}`,
  CONNECTION_LOST: () => "Hubs will retry. If it breaks again, check the server's log.",
  CONNECT_TIMEOUT: () => 'Find out why the server is slow or hangs, or raise --connect-timeout.',
  HTTP_ERROR: ({ origin: { file } }) =>
    `If its endpoint is not /mcp, set the url in its file: ${file}`,
  IDENTITY_MISMATCH: ({ port, origin: { file } }) =>
    `Another process has port ${port}: start the server again, or remove its file: rm ${shellWord(file)}`,
  OUT_OF_DESCRIPTORS: () => 'Allow more open files before the agent is started: ulimit -n 4096',
  PROCESS_GONE: ({ port, origin: { file } }) =>
    `Restart the server, so that it registers again, or remove the file: rm ${shellWord(file)}. Port ${port} now belongs to another server.`,
  SUPERSEDED: ({ origin: { file } }) =>
    `Nothing needs to be done. You can remove the old file: rm ${shellWord(file)}`,
  PINGS_MISSED: () => 'Its process hangs or is stopped: restart it.',
  PROTOCOL_ERROR: ({ port, origin: { file } }) =>
    `Check what uses port ${port}. If it isn't this server, start the server on another port, or remove its file: rm ${shellWord(file)}`,
  SESSION_EXPIRED: () => 'Hubs reconnect to it: run doctor again.',
  UNAUTHORIZED: ({ origin: { file } }) =>
    `Set the token that the server requires in its file: ${file}`,
  UNSUPPORTED_VERSION: () =>
    `Update the server, or make it support protocol version ${LATEST_PROTOCOL_VERSION} as well.`,
};

const REMEDY_OF: ReadonlyMap<string, (facts: Facts) => string> = new Map(Object.entries(REMEDIES));

/** Checks whether hubs can connect to every instance. Another check reports instances with stale files. */
export function checkInstances({
  instances,
  stale,
  now,
}: {
  readonly instances: readonly DiagnosedInstance[];
  readonly stale: readonly { readonly path: string }[];
  /** Milliseconds since the epoch. */
  readonly now: number;
}): Finding[] {
  if (instances.length === 0) {
    return [
      note(
        'instances',
        'none is registered',
        'To register a listening server: signalbox register --name NAME --port PORT',
      ),
    ];
  }
  const files = new Set(stale.map(({ path }) => path));
  return instances.flatMap((instance) => {
    const { state, origin, hubs } = instance;
    if (state !== 'active' && files.has(origin.file)) return [];
    const found = state === 'active' ? [active(instance)] : [];
    if (hubs.length === 0) return state === 'active' ? found : [away(instance, instance, '')];
    // One hub may be connected although another one has given up.
    const troubled = hubs.filter((each) => each.state !== 'active');
    return [...found, ...troubled.map((each) => away(instance, each, inHub(each, now)))];
  });
}

function active(instance: DiagnosedInstance): Finding {
  const { pid, port, origin, isProcessGone } = instance;
  const subject = subjectOf(instance);
  if (!isProcessGone) return ok(subject, `active at port ${port}`);
  const says = `active at port ${port}, but process ${pid}, which its file names, is gone`;
  return note(subject, says, `Make the server write its own pid: ${origin.file}`);
}

function away(instance: DiagnosedInstance, { state, last_error }: Opinion, where: string): Finding {
  const subject = subjectOf(instance);
  if (last_error === null) {
    const says = `${state}${where}; it did not connect in time`;
    return problem(subject, says, REMEDIES.CONNECT_TIMEOUT(instance));
  }
  const { code, message } = last_error;
  const remedy = REMEDY_OF.get(code) ?? (() => "Check the server's log.");
  return problem(subject, `${state}${where}, ${message} (${code})`, remedy(instance));
}

/** ` for 3 min in hub 5120 (claude-code 2.1)` */
function inHub(
  { pid, agents, state_changed_at }: DiagnosedInstance['hubs'][number],
  now: number,
): string {
  const duration =
    state_changed_at === null ? '' : ` for ${ageOf(now - Date.parse(state_changed_at))}`;
  return `${duration} in hub ${pid}${agents.length === 0 ? '' : ` (${agents.join(', ')})`}`;
}

function subjectOf({ name, id }: DiagnosedInstance): string {
  return name === id ? name : `${name} (${id})`;
}
