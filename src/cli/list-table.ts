import type { Refusal } from '../../machines/model.ts';
import { ageOf } from '../age.ts';
import type { HubFacts } from '../inspector/messages.ts';
import { originText } from '../origin.ts';
import { printable } from '../printable.ts';
import type { SeenInstance } from './seen-instance.ts';
import { renderTable } from './table.ts';

/** A running hub as the list shows it. */
export interface ListedHub extends Pick<HubFacts, 'pid' | 'directory' | 'started'> {
  readonly agents: readonly string[];
}

/** How a list is rendered on a terminal. */
export interface ListStyle {
  /** Maximum width of a line in terminal cells. */
  readonly width?: number;
  readonly hasColour?: boolean;
}

/** The data of a list. */
export interface Listed {
  readonly rows: readonly SeenInstance[];
  /** The hubs that see them. Empty if this command connected to the instances itself. */
  readonly hubs: readonly ListedHub[];
  readonly refusals: readonly Refusal[];
  /** The directories that were searched for registrations. */
  readonly directories: readonly string[];
  /** Milliseconds since the epoch. */
  readonly now: number;
  readonly style?: ListStyle;
}

/** Renders the instances as a table, or a hint if there are none, followed by the hubs that see them and refused files. */
export function renderList({ rows, hubs, refusals, directories, now, style = {} }: Listed): string {
  const parts = [rows.length === 0 ? renderNone(directories) : renderInstances(rows, now, style)];
  if (hubs.length > 0) {
    const lines = hubs.map(({ pid, agents: names, started, directory }) => [
      String(pid),
      names.join(', ') || '-',
      since(started, now),
      directory,
    ]);
    parts.push(renderTable(['HUB', 'AGENT', 'SINCE', 'DIRECTORY'], lines));
  }
  if (refusals.length > 0) {
    const refused = refusals.map(({ origin, reason }) => [originText(origin), reason]);
    parts.push(renderTable(['REFUSED', 'BECAUSE'], refused));
  }
  return parts.join('\n\n');
}

interface Column {
  readonly head: string;
  readonly cell: (row: SeenInstance, now: number) => string;
  /** Shown only if running hubs were asked. */
  readonly isOfHubs?: boolean;
}

const COLUMNS: readonly Column[] = [
  { head: 'NAME', cell: ({ name }) => name },
  { head: 'STATE', cell: ({ state }) => state },
  {
    head: 'SINCE',
    cell: ({ state_changed_at }, now) => since(state_changed_at, now),
    isOfHubs: true,
  },
  { head: 'PORT', cell: ({ port }) => String(port) },
  { head: 'PID', cell: ({ pid }) => String(pid ?? '-') },
  { head: 'ID', cell: ({ id }) => id },
  { head: 'PATH', cell: ({ path }) => path },
  { head: 'USED BY', cell: usersOf, isOfHubs: true },
  { head: '', cell: reasonOf },
];

function renderInstances(rows: readonly SeenInstance[], now: number, style: ListStyle): string {
  const areOfHubs = rows.some(({ hubs }) => hubs.length > 0);
  const columns = COLUMNS.filter(({ isOfHubs = false }) => areOfHubs || !isOfHubs);
  const path = columns.findIndex(({ head }) => head === 'PATH');
  const { width, hasColour = false } = style;
  return renderTable(
    columns.map(({ head }) => head),
    rows.map((row) => columns.map(({ cell }) => cell(row, now))),
    {
      ...(width !== undefined && { fit: { width, column: path } }),
      ...(hasColour && { paint: paintState }),
    },
  );
}

function since(time: string | null, now: number): string {
  return time === null ? '-' : ageOf(now - Date.parse(time));
}

/** The agents that are connected to it, each with the pid of its hub. */
function usersOf({ hubs }: SeenInstance): string {
  const users = hubs.flatMap(({ pid, used_by }) => used_by.map((agent) => `${agent} (${pid})`));
  return users.join(', ') || '-';
}

/** Why it is not active, and its state in hubs that disagree. */
function reasonOf({ state, last_error, hubs }: SeenInstance): string {
  const reason = state === 'active' ? '' : (last_error?.message ?? '');
  const others = hubs
    .filter((each) => each.state !== state)
    .map((each) => {
      const because = each.state === 'active' ? undefined : each.last_error?.message;
      return [`${each.state} in hub ${each.pid}`, because].filter(Boolean).join(', ');
    });
  return [reason, ...others].filter(Boolean).join('; ');
}

/** The terminal's width, and colour unless NO_COLOR is set. Neither if the output isn't a terminal. */
export function styleOf({ isTTY, columns }: NodeJS.WriteStream): ListStyle {
  if (!isTTY) return {};
  return {
    // Terminals of unknown width report 0.
    ...(columns > 0 && { width: columns }),
    hasColour: !process.env['NO_COLOR'],
  };
}

const STATE = COLUMNS.findIndex(({ head }) => head === 'STATE');

/** SGR codes. Node's `styleText` isn't used, because its terminal detection differs between versions. */
const COLOURS: ReadonlyMap<string, number> = new Map([
  ['active', 32],
  ['connecting', 33],
  ['retrying', 33],
  ['dead', 31],
]);

/** Colours a cell of the state column; `cell` is padded. The column's head is none of the states. */
export function paintState(cell: string, column: number): string {
  const colour = column === STATE ? COLOURS.get(cell.trimEnd()) : undefined;
  return colour === undefined ? cell : `\u001b[${colour}m${cell}\u001b[39m`;
}

function renderNone(directories: readonly string[]): string {
  return [
    'No instance is registered. Looked in:',
    ...directories.map((directory) => `  ${printable(directory)}`),
    'To register a listening server: signalbox register --name NAME --port PORT',
  ].join('\n');
}
