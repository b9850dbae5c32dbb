import type { Refusal } from '../../machines/model.ts';
import type { Config } from '../config/config.ts';
import type { Hub } from '../hub/hub.ts';
import { type CompleteView, HubViews, type UnseenHub } from '../inspector/hub-views.ts';
import { createLogger } from '../log.ts';
import { originKey } from '../origin.ts';
import { hubsDirectories, type Surroundings } from '../paths.ts';
import { Redaction } from '../redaction.ts';
import { instanceRows } from '../views/instance-row.ts';
import type { InstanceRow } from '../views/instance-row-schema.ts';
import { instanceContexts } from '../views/selectors.ts';
import { type HubScope, scopeOf } from './hub-scope.ts';
import { mergeRefusals, mergeViews, type SeenInstance } from './seen-instance.ts';
import { startHub } from './start-hub.ts';
import { untilSettled } from './until-settled.ts';

/** Milliseconds to wait for the hubs' views. */
const PATIENCE = 1_000;

/** How to look at instances. */
export interface Looking {
  readonly config: Config;
  readonly where: Surroundings;
  /** Connect to the instances even if hubs run. */
  readonly probe: boolean;
  /** Called after every change. */
  readonly onChange?: () => void;
}

/**
 * Instances as seen by the running hubs that watch the directories of a configuration. If they don't watch all of these, or
 * with `probe`, a temporary hub connects to the instances.
 */
export class SeenInstances {
  readonly #looking: Looking;
  readonly #views: HubViews | null;
  #scope: HubScope = { views: [], isCovered: false };
  /** The ids of the hubs in the scope. */
  #scoped = '';
  #own: Hub | null = null;
  #work: Promise<void> = Promise.resolve();
  #closed = false;
  #onStep = () => {};

  private constructor(looking: Looking) {
    this.#looking = looking;
    this.#views = looking.probe
      ? null
      : new HubViews(hubsDirectories(looking.where), () => this.#viewsChanged());
  }

  /** Resolves when the running hubs have sent their views, after a second at most. The caller must close it. */
  static async open(looking: Looking): Promise<SeenInstances> {
    const seen = new SeenInstances(looking);
    try {
      await seen.#views?.open(PATIENCE);
      await seen.#adjust();
    } catch (error) {
      seen.#views?.close();
      throw error;
    }
    return seen;
  }

  /** By name, then id. */
  rows(): SeenInstance[] {
    const merged = mergeViews(this.#scope.views);
    const known = new Set(merged.map(({ id }) => id));
    const own = this.#ownRows().filter(({ id }) => !known.has(id));
    return [...merged, ...own].sort((a, b) => compare(a.name, b.name) || compare(a.id, b.id));
  }

  refusals(): Refusal[] {
    const merged = mergeRefusals(this.#scope.views);
    const known = new Set(merged.map(({ origin }) => originKey(origin)));
    const own = this.#own?.refusals() ?? [];
    return [...merged, ...own.filter(({ origin }) => !known.has(originKey(origin)))];
  }

  /** The hubs that see these instances, oldest first. */
  hubs(): CompleteView[] {
    return this.#scope.views
      .map(({ view }) => view)
      .sort((a, b) => compare(a.facts.started, b.facts.started));
  }

  /** Hubs that sent no complete view. They may watch other directories. */
  unseen(): UnseenHub[] {
    return this.#views?.unseen ?? [];
  }

  /** Waits until every instance is connected or has failed. Resolves with the number of those still pending. */
  async settled(): Promise<number> {
    const { config } = this.#looking;
    const own = this.#own === null ? 0 : await untilSettled(this.#own, config);
    await new Promise<void>((resolve) => {
      const end = () => {
        clearTimeout(timer);
        this.#onStep = () => {};
        resolve();
      };
      const timer = setTimeout(end, config.settle);
      this.#onStep = () => {
        if (!this.hubs().some(isStarting) && this.#pending() === 0) end();
      };
      this.#onStep();
    });
    return own + this.#pending();
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#views?.close();
    await this.#work;
    await this.#own?.stop();
  }

  #viewsChanged(): void {
    const hubs = this.#views?.complete.map(({ id }) => id).join(' ') ?? '';
    if (hubs !== this.#scoped) void this.#adjust();
    this.#changed();
  }

  #changed(): void {
    this.#onStep();
    this.#looking.onChange?.();
  }

  /** Starts the temporary hub if the running hubs don't watch every directory, and stops it otherwise. */
  #adjust(): Promise<void> {
    this.#work = this.#work.then(async () => {
      const { config, where } = this.#looking;
      const views = this.#views?.complete ?? [];
      this.#scoped = views.map(({ id }) => id).join(' ');
      this.#scope = await scopeOf(config, where, views);
      if (this.#closed) return;
      const own = this.#own;
      if (this.#scope.isCovered) {
        this.#own = null;
        await own?.stop();
      } else if (own === null) {
        this.#own = await startHub(config, createLogger(config.logLevel));
        this.#own.actor.on('instance.transitioned', () => this.#changed());
      }
      this.#changed();
    });
    return this.#work;
  }

  #pending(): number {
    return mergeViews(this.#scope.views).filter(
      ({ state }) => state === 'discovered' || state === 'connecting',
    ).length;
  }

  #ownRows(): SeenInstance[] {
    if (this.#own === null) return [];
    const { actor, trafficOf } = this.#own;
    const snapshot = actor.getSnapshot();
    const contexts = instanceContexts(snapshot);
    const rows = instanceRows(snapshot, contexts, trafficOf);
    return contexts.flatMap(({ registration: { origin, token } }, index) => {
      const row = rows[index];
      return row === undefined ? [] : { ...withoutToken(row, token), origin, hubs: [] };
    });
  }
}

/** Servers may quote a refused token in their errors, and output is often shared. */
function withoutToken(row: InstanceRow, token: string | null): InstanceRow {
  if (row.last_error === null || token === null) return row;
  const redaction = new Redaction();
  redaction.learn(token);
  const message = String(redaction.clean(row.last_error.message));
  return { ...row, last_error: { ...row.last_error, message } };
}

/** Whether the hub's first scan is still running. */
function isStarting({ actors }: CompleteView): boolean {
  return actors.get('hub')?.value === 'starting';
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
