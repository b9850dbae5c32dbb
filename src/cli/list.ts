import type { Refusal } from '../../machines/model.ts';
import type { Config } from '../config/config.ts';
import type { UnseenHub } from '../inspector/hub-views.ts';
import { defaultInstancesDirectories, here } from '../paths.ts';
import type { ListOptions } from './commands/list.ts';
import { type ListedHub, renderList, styleOf } from './list-table.ts';
import { agentsOf, type SeenInstance } from './seen-instance.ts';
import { SeenInstances } from './seen-instances.ts';
import { untilSignalled } from './until-signalled.ts';

/** Milliseconds within which changes are shown together. */
const FRAME = 100;

/** Milliseconds between updates of the ages on a terminal. */
const AGEING = 1_000;

/** Clears the screen, but not the terminal's history. */
const CLEAR = '\u001b[H\u001b[2J';

/**
 * `signalbox list`: shows what the running hubs see. With `--probe`, or if no hub runs, connects to the instances and waits
 * until each is connected or has failed. With `--watch`, shows it again after every change until it is signalled.
 */
export async function runList(
  config: Config,
  { json, all, watch, probe }: ListOptions,
): Promise<void> {
  let onChange = () => {};
  const seen = await SeenInstances.open({
    config,
    where: here(),
    // Only a hub of this process can be recorded.
    probe: probe || config.record !== null,
    onChange: () => onChange(),
  });
  const shown = () => seen.rows().filter(({ state }) => all || state !== 'dead');
  const refusals = () => (all ? seen.refusals() : []);
  const hubs = () => seen.hubs().map((hub) => ({ ...hub.facts, agents: agentsOf(hub) }));
  const render = () => {
    if (json) {
      const rows = shown().map(({ origin: _, ...row }) => row);
      return JSON.stringify(rows, null, watch ? 0 : 2);
    }
    return renderList({
      rows: shown(),
      hubs: hubs(),
      refusals: refusals(),
      directories: config.instancesDirs ?? defaultInstancesDirectories(),
      now: Date.now(),
      style: styleOf(process.stdout),
    });
  };
  try {
    const left = await seen.settled();
    for (const hub of seen.unseen()) console.error(describeUnseen(hub));
    if (left > 0) {
      console.error(`Still connecting to ${left} of ${seen.rows().length} instances.`);
    }
    if (watch) {
      const isRepainted = !json && process.stdout.isTTY;
      const gist = () => gistOf(shown(), hubs(), refusals());
      await repaint({ render, gist, isRepainted }, (listener) => {
        onChange = listener;
      });
    } else process.stdout.write(`${render()}\n`);
  } finally {
    await seen.close();
  }
}

/** A list that can be shown repeatedly. */
interface Picture {
  render(): string;
  /** Differs if something worth showing has changed. The passing of time doesn't count. */
  gist(): string;
  /** Whether it replaces the previous output. */
  readonly isRepainted: boolean;
}

/** Shows the picture now and after every change until it is signalled. `listen` gets the function to call after a change. */
async function repaint(
  { render, gist, isRepainted }: Picture,
  listen: (onChange: () => void) => void,
): Promise<void> {
  let shown: string | null = null;
  let [due, ageing]: (NodeJS.Timeout | undefined)[] = [];
  const paint = () => {
    shown = gist();
    process.stdout.write(`${isRepainted ? CLEAR : ''}${render()}\n`);
  };
  listen(() => {
    due ??= setTimeout(() => {
      due = undefined;
      if (gist() !== shown) paint();
    }, FRAME);
  });
  paint();
  if (isRepainted) {
    process.stdout.on('resize', paint);
    ageing = setInterval(paint, AGEING);
  }
  // EPIPE: the reader has gone.
  const left = new Promise<void>((resolve) => {
    process.stdout.once('error', () => resolve());
  });
  await Promise.race([untilSignalled(), left]);
  listen(() => {});
  clearTimeout(due);
  clearInterval(ageing);
}

/** Everything in the picture except times and counters. */
function gistOf(
  rows: readonly SeenInstance[],
  hubs: readonly ListedHub[],
  refusals: readonly Refusal[],
): string {
  const facts = rows.map(({ id, name, path, port, pid, state, last_error, hubs: seenBy }) => ({
    ...{ id, name, path, port, pid, state, last_error },
    seenBy: seenBy.map(({ state_changed_at: _, ...sighting }) => sighting),
  }));
  return JSON.stringify([facts, hubs, refusals]);
}

function describeUnseen({ pid, facts, because }: UnseenHub): string {
  const version = facts === null ? '' : ` (version ${facts.version})`;
  return because === 'silent'
    ? `Hub ${pid}${version} does not answer. Its instances are not shown.`
    : `Hub ${pid}${version} has another version. Its instances are not shown: restart its agent.`;
}
