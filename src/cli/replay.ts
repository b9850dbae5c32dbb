import { readFile } from 'node:fs/promises';
import { errnoOf, UsageError } from '../errors.ts';
import { printable } from '../printable.ts';
import { NotARecording, parseRecording, type Recording } from '../recording/format.ts';
import { type Replayed, replay } from '../recording/replay.ts';
import { outerState } from '../views/state-path.ts';
import { isShown } from '../views/step.ts';
import type { ReplayOptions } from './commands/replay.ts';
import { renderTable } from './table.ts';

/**
 * `signalbox replay FILE`: replays the actors of a recording and prints their state changes. Rejects if they differ from the
 * recording.
 */
export async function runReplay(
  { json, all }: ReplayOptions,
  [file, ...more]: readonly string[],
): Promise<void> {
  if (file === undefined || more.length > 0) throw new UsageError('replay takes one FILE');
  const recording = await read(file);
  const replayed = replay(recording);
  const { version, started, cut } = recording;
  const text = json
    ? JSON.stringify({ version, started, cut, ...replayed }, null, 2)
    : renderReplay(recording, replayed, all);
  process.stdout.write(`${text}\n`);
  if (replayed.differences.length > 0) {
    throw new Error('the replay differs from the recording');
  }
}

async function read(file: string): Promise<Recording> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    throw new Error(`${printable(file)} cannot be read (${errnoOf(error) ?? 'unknown'})`);
  }
  try {
    return parseRecording(text);
  } catch (error) {
    if (!(error instanceof NotARecording)) throw error;
    throw new Error(`${printable(file)}: ${error.message}`);
  }
}

/** The state changes as a table: those of outer states or, with `all`, of nested states too. */
export function renderReplay(
  { version, started, cut }: Recording,
  { actors, events, steps, differences }: Replayed,
  all: boolean,
): string {
  const begin = Date.parse(started);
  const shown = all ? steps : steps.filter(isShown);
  const name = (state: string | null) => (state === null ? '' : all ? state : outerState(state));
  const table = renderTable(
    ['AFTER', 'ACTOR', 'FROM', 'TO', 'BECAUSE'],
    shown.map(({ at, actor, from, to, because }) => [
      `${((at - begin) / 1000).toFixed(3)} s`,
      actor,
      name(from),
      name(to),
      because,
    ]),
  );
  return [
    `signalbox ${printable(version)}, recorded ${printable(started)}${cut ? '; the last line is incomplete' : ''}`,
    '',
    table,
    '',
    `${events} events of ${actors} actors: ${differences.length === 0 ? 'as recorded' : 'not as recorded'}`,
    ...differences.map((each) => `  ${printable(each)}`),
  ].join('\n');
}
