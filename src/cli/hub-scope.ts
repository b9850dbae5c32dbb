import { resolve } from 'node:path';
import type { Config } from '../config/config.ts';
import type { CompleteView } from '../inspector/hub-views.ts';
import { defaultInstancesDirectories, type Surroundings } from '../paths.ts';
import { distinctDirectories } from '../registration/distinct-directories.ts';
import { inspectDirectory } from '../trust.ts';
import type { ScopedView } from './seen-instance.ts';

/** The hubs that watch the directories of a command. */
export interface HubScope {
  readonly views: readonly ScopedView[];
  /** Whether they watch every directory that can hold registrations now. */
  readonly isCovered: boolean;
}

/** Selects the hubs that watch a directory of this configuration. */
export async function scopeOf(
  { instancesDirs }: Config,
  where: Surroundings,
  views: readonly CompleteView[],
): Promise<HubScope> {
  const isNamed = instancesDirs !== null;
  const directories = await distinctDirectories(
    instancesDirs ?? defaultInstancesDirectories(where),
    { isNamed },
  );
  const wanted = new Set<string>();
  const needed = new Set<string>();
  for (const directory of directories) {
    const condition = await inspectDirectory(directory, { isNamed });
    wanted.add('path' in condition ? condition.path : directory);
    if (condition.kind === 'usable') needed.add(condition.path);
  }
  const scoped: ScopedView[] = [];
  for (const view of views) {
    const counting = new Set<string>();
    for (const directory of view.facts.watches.map((each) => resolve(each))) {
      const real = await realPathOf(directory);
      if (!wanted.has(real)) continue;
      counting.add(directory);
      needed.delete(real);
    }
    if (counting.size > 0) scoped.push({ view, directories: counting });
  }
  return { views: scoped, isCovered: scoped.length > 0 && needed.size === 0 };
}

/** Resolves links, because a directory can have several paths. */
async function realPathOf(directory: string): Promise<string> {
  const condition = await inspectDirectory(directory, { isNamed: true });
  return 'path' in condition ? condition.path : directory;
}
