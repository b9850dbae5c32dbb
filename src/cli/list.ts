import type { Refusal } from '../../machines/model.ts';
import type { InstanceRow } from '../../machines/views.ts';
import { type Config, resolveConfig } from '../config.ts';
import { createLogger } from '../log.ts';
import { defaultInstancesDirectories } from '../paths.ts';
import { printable } from '../printable.ts';
import { parseHubArguments } from './arguments.ts';
import { LIST_DEFAULTS } from './help.ts';
import { startHub } from './start-hub.ts';
import { renderTable, type TableStyle } from './table.ts';

/** `signalbox list`: what runs, once every instance has been connected to or has failed. */
export async function listCommand(args: readonly string[]): Promise<void> {
  const options = parseHubArguments(args, [
    { name: 'json', takes: 'flag' },
    { name: 'all', takes: 'flag' },
  ]);
  const config = resolveConfig(options, process.env, process.cwd(), LIST_DEFAULTS);
  const hub = await startHub(config, createLogger(config.logLevel));
  try {
    await hub.settled(config.policy.connectTimeout + config.settle);
    const all = 'all' in options;
    const rows = hub.instances().filter(({ state }) => all || state !== 'dead');
    const text =
      'json' in options
        ? JSON.stringify(rows, null, 2)
        : renderList(
            rows,
            all ? hub.refusals() : [],
            directoriesOf(config),
            styleOf(process.stdout),
          );
    process.stdout.write(`${text}\n`);
  } finally {
    await hub.stop();
  }
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
    const refused = refusals.map(({ file, reason }) => [file, reason]);
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
