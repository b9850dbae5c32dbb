import { stat } from 'node:fs/promises';
import { ageOf } from '../age.ts';
import { askHub, type HubAnswer } from '../inspector/ask-hub.ts';
import { type HubSocket, hubSockets } from '../inspector/hub-sockets.ts';
import type { HubFacts } from '../inspector/messages.ts';
import { inspectDirectory } from '../trust.ts';
import { type Finding, findingsOf } from './finding.ts';
import { shellWord } from './shell-word.ts';

const { ok, note, problem } = findingsOf('hubs');

/** Milliseconds that a hub has to identify itself. */
const PATIENCE = 1_000;

export interface RunningHubs {
  /** The directories of the hubs' sockets. Empty where there are none, as on Windows. */
  readonly hubsDirectories: readonly string[];
  /** The directory that registrations are written to in this environment, and whether the user named it. */
  readonly writesTo: string;
  readonly areNamed: boolean;
  /** The version of this program. */
  readonly version: string;
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** The known agents of hubs, by the hubs' pids. */
  readonly agents?: ReadonlyMap<number, readonly string[]>;
  /** Sockets whose hubs are gone. Another check reports these. */
  readonly stale: readonly { readonly path: string }[];
}

/** Checks the hubs that run for this user, each of which is asked to identify itself. */
export async function checkHubs(given: RunningHubs): Promise<Finding[]> {
  const { hubsDirectories, stale } = given;
  if (hubsDirectories.length === 0) return [note('hubs', 'cannot be found on Windows')];
  const wrong = (await Promise.all(hubsDirectories.map(faultOf))).flatMap((each) => each ?? []);
  const sockets = (await Promise.all(hubsDirectories.map(hubSockets)))
    .flat()
    .filter(({ path }) => !stale.some((each) => each.path === path));
  const found = await Promise.all(sockets.map((socket) => findingsOfHub(socket, given)));
  if (wrong.length > 0 || found.length > 0) return [...wrong, ...found.flat()];
  return [
    note(
      'hubs',
      'none runs',
      'An agent starts one if its configuration has an entry: see signalbox --help',
    ),
  ];
}

/** Checks whether hubs can offer their sockets in this directory. */
async function faultOf(directory: string): Promise<Finding | null> {
  const condition = await inspectDirectory(directory, { isNamed: false });
  if (condition.kind === 'missing') return null;
  if (condition.kind !== 'usable') {
    const isModeWrong =
      condition.code === 'WRITABLE_BY_OTHERS' || condition.code === 'WRITABLE_BY_ALL';
    const remedy =
      'step' in condition && !isModeWrong
        ? `Remove ${shellWord(condition.step)}, or make yourself its owner (chown).`
        : `Check its permissions: ls -ld ${shellWord(directory)}`;
    return problem(directory, `${condition.reason}, so hubs cannot be inspected`, remedy);
  }
  const facts = await stat(directory).catch(() => null);
  if (facts === null || (facts.mode & 0o077) === 0) return null;
  const says = 'open to other users, so hubs cannot be inspected';
  return problem(directory, says, `chmod 700 ${shellWord(directory)}, then restart the agents.`);
}

async function findingsOfHub(socket: HubSocket, given: RunningHubs): Promise<Finding[]> {
  const answer = await askHub(socket.path, PATIENCE);
  return [
    findingOf(socket, answer, given),
    ...(typeof answer === 'object' ? await lookingElsewhere(answer, given) : []),
  ];
}

/** Checks whether a hub sees registrations of this environment; it may have been started in another one. */
async function lookingElsewhere(
  { pid, watches }: HubFacts,
  { writesTo, areNamed }: RunningHubs,
): Promise<Finding[]> {
  // Older hubs don't report their directories.
  if (watches.length === 0) return [];
  const ours = await realPathOf(writesTo);
  const theirs = await Promise.all(watches.map(realPathOf));
  if (theirs.includes(ours)) return [];
  if (areNamed) return [note(`hub ${pid}`, `does not watch ${writesTo}`)];
  return [
    problem(
      `hub ${pid}`,
      `does not watch ${writesTo}, where "run" and "register" write in this environment`,
      `Start its agent in the environment of this shell, or name the directory in the agent's entry: signalbox hub --instances-dir ${shellWord(writesTo)}`,
    ),
  ];
}

/** Resolves links, because a directory can have several paths. */
async function realPathOf(directory: string): Promise<string> {
  const condition = await inspectDirectory(directory, { isNamed: true });
  return 'path' in condition ? condition.path : directory;
}

function findingOf(
  { path, pid }: HubSocket,
  answer: HubAnswer,
  { version, now, agents }: RunningHubs,
): Finding {
  const subject = `hub ${pid}`;
  switch (answer) {
    case 'closed':
      return problem(
        subject,
        'gone; another process has its pid, and nothing listens on its socket',
        `rm ${shellWord(path)}`,
      );
    case 'silent':
      return problem(
        subject,
        'does not answer',
        `It hangs or is stopped (ps ${pid}): restart its agent.`,
      );
    case 'dropped':
      return note(
        subject,
        'closed the connection without an answer; it may be exiting',
        'Run doctor again.',
      );
    case 'strange':
      return problem(
        subject,
        "does not use this version's protocol",
        'Restart the agent that started it.',
      );
  }
  const says = `version ${answer.version}, in ${answer.directory}, ${ageOf(now - Date.parse(answer.started))} old${agentsIn(agents?.get(answer.pid) ?? [])}`;
  if (answer.version === version) return ok(subject, says);
  return problem(
    subject,
    `${says}; this is ${version}`,
    `Restart the agent that started it: ps -o ppid= ${pid}`,
  );
}

function agentsIn(agents: readonly string[]): string {
  return agents.length === 0 ? '' : `, used by ${agents.join(', ')}`;
}
