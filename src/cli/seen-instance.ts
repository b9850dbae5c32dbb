import { dirname } from 'node:path';
import type { Origin, Refusal, RefusedOrigin } from '../../machines/model.ts';
import type { CompleteView } from '../inspector/hub-views.ts';
import type { InstanceViewRow, SessionViewRow } from '../inspector/messages.ts';
import { originKey, originText } from '../origin.ts';
import { type InstanceRow, instanceRowSchema } from '../views/instance-row-schema.ts';

/** The state of an instance in one hub. Times are ISO strings or null. */
export interface Sighting extends Pick<InstanceRow, 'state' | 'state_changed_at' | 'last_error'> {
  /** The hub's pid. */
  readonly pid: number;
  /** The agents of that hub, and those of them that are connected to the instance. */
  readonly agents: readonly string[];
  readonly used_by: readonly string[];
}

/** An instance as one or more hubs see it. If they disagree, the row is the one with the best state. */
export type SeenInstance = InstanceRow & {
  /** Where its registration is. */
  readonly origin: Origin;
  /** Empty if no running hub was asked. */
  readonly hubs: readonly Sighting[];
};

/** A hub's view, limited to some of the directories that it watches. */
export interface ScopedView {
  readonly view: CompleteView;
  /** As the hub spells them. */
  readonly directories: ReadonlySet<string>;
}

const BEST_FIRST = ['active', 'connecting', 'retrying', 'discovered', 'dead', 'removed'];

/** Merges views into one row per instance, sorted by name, then id. */
export function mergeViews(views: readonly ScopedView[]): SeenInstance[] {
  const rows = new Map<string, { best: InstanceViewRow; sessions: number; hubs: Sighting[] }>();
  const oldestFirst = [...views].sort((a, b) =>
    compare(a.view.facts.started, b.view.facts.started),
  );
  for (const { view, directories } of oldestFirst) {
    for (const row of view.actors.values()) {
      if (row.chart !== 'instance' || !isIn(directories, row.origin)) continue;
      const key = `${row.id} ${originKey(row.origin)}`;
      const { best = row, sessions = 0, hubs = [] } = rows.get(key) ?? {};
      rows.set(key, {
        best: rank(row) < rank(best) ? row : best,
        sessions: sessions + row.sessions,
        hubs: [...hubs, sightingOf(row, view)],
      });
    }
  }
  return Array.from(rows.values(), ({ best, sessions, hubs }) => ({
    ...instanceRowSchema.parse(best),
    origin: best.origin,
    sessions,
    hubs,
  })).sort((a, b) => compare(a.name, b.name) || compare(a.id, b.id));
}

/** The files and directories that hubs refuse, without duplicates. */
export function mergeRefusals(views: readonly ScopedView[]): Refusal[] {
  const refusals = new Map<string, Refusal>();
  for (const { view, directories } of views) {
    for (const refusal of view.refusals) {
      const key = originKey(refusal.origin);
      if (isIn(directories, refusal.origin) && !refusals.has(key)) refusals.set(key, refusal);
    }
  }
  return [...refusals.values()].sort((a, b) => compare(originText(a.origin), originText(b.origin)));
}

function isIn(directories: ReadonlySet<string>, origin: RefusedOrigin): boolean {
  return directories.has(origin.kind === 'file' ? dirname(origin.file) : origin.directory);
}

/** The names that a hub's agents state. */
export function agentsOf({ actors }: CompleteView): string[] {
  return sessionsIn(actors).map(nameOf);
}

function sightingOf(row: InstanceViewRow, { facts, actors }: CompleteView): Sighting {
  const sessions = sessionsIn(actors);
  const { state, state_changed_at, last_error } = row;
  return {
    pid: facts.pid,
    agents: sessions.map(nameOf),
    used_by: sessions.filter(({ instance_id }) => instance_id === row.id).map(nameOf),
    ...{ state, state_changed_at, last_error },
  };
}

function sessionsIn(actors: CompleteView['actors']): SessionViewRow[] {
  return [...actors.values()].filter((row) => row.chart === 'session');
}

function nameOf({ agent }: SessionViewRow): string {
  return agent ?? 'unnamed agent';
}

const rank = ({ state }: InstanceRow) => BEST_FIRST.indexOf(state);

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
