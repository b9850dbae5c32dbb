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

/** How a list meets a terminal. */
export interface ListStyle {
  /** Cells that a line may take. */
  readonly width?: number;
  readonly hasColour?: boolean;
}

/** What a list is made of. */
export interface Listed {
  readonly rows: readonly SeenInstance[];
  /** The hubs that see them; none where the instances were connected to for this list. */
  readonly hubs: readonly ListedHub[];
  readonly refusals: readonly Refusal[];
  /** Where registrations are looked for. */
  readonly directories: readonly string[];
  /** Milliseconds since the epoch. */
  readonly now: number;
  readonly style?: ListStyle;
}

/** The instances as a table, or what to do when there are none; below it the hubs that see them, and refused files. */
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
  /** Only of what running hubs see. */
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

/** Why it is not active; and what other hubs say of it, where they say something else. */
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

/** As wide as the terminal and in colour; neither when the output goes elsewhere. */
export function styleOf({ isTTY, columns }: NodeJS.WriteStream): ListStyle {
  if (!isTTY) return {};
  return {
    // A terminal that doesn't know how wide it is says 0.
    ...(columns > 0 && { width: columns }),
    hasColour: !process.env['NO_COLOR'],
  };
}

const STATE = COLUMNS.findIndex(({ head }) => head === 'STATE');

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
