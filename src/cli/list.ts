import type { Refusal } from '../../machines/model.ts';
import type { Config } from '../config/config.ts';
import type { Hub } from '../hub/create-hub.ts';
import { createLogger } from '../log.ts';
import { originText } from '../origin.ts';
import { defaultInstancesDirectories } from '../paths.ts';
import { printable } from '../printable.ts';
import type { InstanceRow } from '../views/instance-row.ts';
import type { ListOptions } from './commands/list.ts';
import { startHub } from './start-hub.ts';
import { renderTable, type TableStyle } from './table.ts';
import { untilSettled } from './until-settled.ts';
import { untilSignalled } from './until-signalled.ts';

/** Milliseconds in which changes are shown together. */
const FRAME = 100;

/** From the top of an empty screen; what was there stays in the terminal's history. */
const CLEAR = '\u001b[H\u001b[2J';

/**
 * `signalbox list`: what runs, once every instance has been connected to or has failed. With `--watch` again whenever that
 * changes, until it is signalled.
 */
export async function runList(config: Config, { json, all, watch }: ListOptions): Promise<void> {
  const hub = await startHub(config, createLogger(config.logLevel));
  const render = () => {
    const rows = hub.instances().filter(({ state }) => all || state !== 'dead');
    if (json) return JSON.stringify(rows, null, watch ? 0 : 2);
    const refusals = all ? hub.refusals() : [];
    return renderList(rows, refusals, directoriesOf(config), styleOf(process.stdout));
  };
  try {
    const left = await untilSettled(hub, config);
    if (left > 0) {
      console.error(`${left} of ${hub.instances().length} instances are still being connected to.`);
    }
    if (watch) await repaint(hub, render, json || !process.stdout.isTTY ? '' : CLEAR);
    else process.stdout.write(`${render()}\n`);
  } finally {
    await hub.stop();
  }
}

/** Writes what `render` gives, with `before` before it, now and whenever it is something else, until it is signalled. */
async function repaint(hub: Hub, render: () => string, before: string): Promise<void> {
  let shown: string | null = null;
  const paint = () => {
    const text = render();
    if (text === shown) return;
    shown = text;
    process.stdout.write(`${before}${text}\n`);
  };
  let due: NodeJS.Timeout | null = null;
  const changed = hub.actor.on('instance.transitioned', () => {
    due ??= setTimeout(() => {
      due = null;
      paint();
    }, FRAME);
  });
  paint();
  process.stdout.on('resize', paint);
  // Who read it has left.
  const left = new Promise<void>((resolve) => {
    process.stdout.once('error', () => resolve());
  });
  await Promise.race([untilSignalled(), left]);
  clearTimeout(due ?? undefined);
  changed.unsubscribe();
}

/** The instances as a table, refused files below it; or what to do when there is nothing. */
export function renderList(
  rows: readonly InstanceRow[],
  refusals: readonly Refusal[],
  directories: readonly string[],
  style: TableStyle = {},
): string {
  const parts = [rows.length === 0 ? renderNone(directories) : renderInstances(rows, style)];
  if (refusals.length > 0) {
    const refused = refusals.map(({ origin, reason }) => [originText(origin), reason]);
    parts.push(renderTable(['REFUSED', 'BECAUSE'], refused));
  }
  return parts.join('\n\n');
}

function renderInstances(rows: readonly InstanceRow[], style: TableStyle): string {
  return renderTable(
    ['NAME', 'STATE', 'PORT', 'PID', 'ID', 'PATH', ''],
    rows.map(({ name, state, port, pid, id, path, last_error }) => [
      name,
      state,
      String(port),
      String(pid ?? '-'),
      id,
      path,
      state === 'active' ? '' : (last_error?.message ?? ''),
    ]),
    style,
  );
}

const STATE = 1;
const PATH = 5;

/** As wide as the terminal and in colour; neither when the output goes elsewhere. */
function styleOf({ isTTY, columns }: NodeJS.WriteStream): TableStyle {
  if (!isTTY) return {};
  return {
    // A terminal that doesn't know how wide it is says 0.
    ...(columns > 0 && { fit: { width: columns, column: PATH } }),
    ...(!process.env['NO_COLOR'] && { paint: paintState }),
  };
}

/** SGR codes; styleText of Node asks about the terminal once more, each version in its own way. */
const COLOURS: ReadonlyMap<string, number> = new Map([
  ['active', 32],
  ['connecting', 33],
  ['retrying', 33],
  ['dead', 31],
]);

/** `cell` is padded, and the head of the column is none of the states. */
export function paintState(cell: string, column: number): string {
  const colour = column === STATE ? COLOURS.get(cell.trimEnd()) : undefined;
  return colour === undefined ? cell : `\u001b[${colour}m${cell}\u001b[39m`;
}

function renderNone(directories: readonly string[]): string {
  return [
    'No instance is registered. Looked in:',
    ...directories.map((directory) => `  ${printable(directory)}`),
    'A server that listens is announced by: signalbox register --name NAME --port PORT',
  ].join('\n');
}

function directoriesOf({ instancesDirs }: Config): readonly string[] {
  return instancesDirs ?? defaultInstancesDirectories();
}
