import { stat } from 'node:fs/promises';
import { askHub, type HubAnswer } from '../inspector/ask-hub.ts';
import { type HubSocket, hubSockets } from '../inspector/hub-sockets.ts';
import { type Finding, findingsOf } from './finding.ts';
import { shellWord } from './shell-word.ts';

const { ok, note, problem } = findingsOf('hubs');

/** Milliseconds that a hub may take to say who it is. */
const PATIENCE = 1_000;

export interface RunningHubs {
  /** Where hubs can be found; null where they can't. */
  readonly hubsDirectory: string | null;
  /** Of this program. */
  readonly version: string;
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** Sockets whose hubs are gone: another check tells of them. */
  readonly stale: readonly { readonly path: string }[];
}

/** The hubs that run for this user, each asked who it is. */
export async function checkHubs({
  hubsDirectory,
  version,
  now,
  stale,
}: RunningHubs): Promise<Finding[]> {
  if (hubsDirectory === null) return [note('hubs', 'cannot be found on Windows')];
  const open = await openToOthers(hubsDirectory);
  if (open !== null) return [open];
  const sockets = (await hubSockets(hubsDirectory)).filter(
    ({ path }) => !stale.some((each) => each.path === path),
  );
  if (sockets.length === 0) {
    return [note('hubs', 'none runs', 'An agent starts one by its entry: see signalbox --help')];
  }
  return Promise.all(
    sockets.map(async (socket) =>
      findingOf(socket, await askHub(socket.path, PATIENCE), version, now),
    ),
  );
}

/** Hubs offer nothing in such a directory. */
async function openToOthers(directory: string): Promise<Finding | null> {
  const facts = await stat(directory).catch(() => null);
  if (facts === null) return null;
  if (facts.uid !== process.getuid?.()) {
    const says = `belongs to another user (uid ${facts.uid}), so no hub of yours can be looked at`;
    return problem(directory, says, 'Remove it, or have it given to you (chown).');
  }
  if ((facts.mode & 0o077) === 0) return null;
  const says = "not this user's alone, so no hub can be looked at";
  return problem(directory, says, `chmod 700 ${shellWord(directory)}, then restart the agents.`);
}

function findingOf(
  { path, pid }: HubSocket,
  answer: HubAnswer,
  version: string,
  now: number,
): Finding {
  const subject = `hub ${pid}`;
  switch (answer) {
    case 'nobody':
      return problem(
        subject,
        'gone; another process has its pid, and nobody listens at its socket',
        `rm ${shellWord(path)}`,
      );
    case 'silent':
      return problem(
        subject,
        'does not answer',
        `It hangs or is stopped (ps ${pid}): restart its agent.`,
      );
    case 'hung up':
      return note(subject, 'hung up without a word; it may just be ending', 'Look again.');
    case 'strange':
      return problem(
        subject,
        'does not speak as a hub of this version does',
        'Restart the agent that started it.',
      );
  }
  const says = `version ${answer.version}, in ${answer.directory}, ${ageOf(now - Date.parse(answer.started))} old`;
  if (answer.version === version) return ok(subject, says);
  return problem(
    subject,
    `${says}; this is ${version}`,
    `Restart the agent that started it: ps -o ppid= ${pid}`,
  );
}

const UNITS = [
  [86_400_000, 'd'],
  [3_600_000, 'h'],
  [60_000, 'min'],
] as const;

/** Milliseconds in the largest unit of which there is one. */
function ageOf(duration: number): string {
  const [size, unit] = UNITS.find(([least]) => duration >= least) ?? [1_000, 's'];
  return `${Math.max(0, Math.floor(duration / size))} ${unit}`;
}
