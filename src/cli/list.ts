import type { Refusal } from '../../machines/model.ts';
import type { InstanceRow } from '../../machines/views.ts';
import { type Config, resolveConfig } from '../config.ts';
import { createHub } from '../create-hub.ts';
import { createLogger } from '../log.ts';
import { defaultInstancesDirectories } from '../paths.ts';
import { printable } from '../printable.ts';
import { parseHubArguments } from './arguments.ts';
import { renderTable } from './table.ts';

/** `signalbox list`: what runs, once every instance has been connected to or has failed. */
export async function listCommand(args: readonly string[]): Promise<void> {
  const options = parseHubArguments(args, [
    { name: 'json', takes: 'flag' },
    { name: 'all', takes: 'flag' },
  ]);
  const given = { 'log-level': ['error'], ...options };
  const config = resolveConfig(given, process.env, process.cwd());
  const hub = createHub(config, { log: createLogger(config.logLevel) });
  try {
    await hub.settled(config.policy.connectTimeout + config.settle);
    const all = 'all' in options;
    const rows = hub.instances().filter(({ state }) => all || state !== 'dead');
    const text =
      'json' in options
        ? JSON.stringify(rows, null, 2)
        : renderList(rows, all ? hub.refusals() : [], directoriesOf(config));
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
): string {
  const parts = [rows.length === 0 ? renderNone(directories) : renderInstances(rows)];
  if (refusals.length > 0) {
    const refused = refusals.map(({ file, reason }) => [file, reason]);
    parts.push(renderTable(['REFUSED', 'BECAUSE'], refused));
  }
  return parts.join('\n\n');
}

function renderInstances(rows: readonly InstanceRow[]): string {
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
  );
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
