import { performance } from 'node:perf_hooks';
import type { Config } from '../config/config.ts';
import type { Hub } from '../hub/hub.ts';
import { Feed } from '../inspector/feed.ts';
import { offer } from '../inspector/offer.ts';
import type { WatchSource } from '../inspector/watch.ts';
import type { Logger } from '../log.ts';
import { defaultInstancesDirectories, hubsDirectory } from '../paths.ts';
import { VERSION } from '../version.ts';

/** Lets viewers inspect a hub until it is closed. */
export interface Inspection {
  close(): Promise<void>;
}

/**
 * Offers a hub to `signalbox inspect`, and serves its page on the port of `--inspect` if that is set. Failures are only
 * logged, because the hub works without inspection.
 */
export async function startInspection(
  hub: Hub,
  { inspect: port, instancesDirs }: Config,
  log: Logger,
): Promise<Inspection> {
  const started = new Date(performance.timeOrigin).toISOString();
  const id = `${process.pid}-${Math.floor(performance.timeOrigin)}`;
  const source: WatchSource = {
    actor: hub.actor,
    facts: {
      id,
      pid: process.pid,
      version: VERSION,
      directory: process.cwd(),
      watches: instancesDirs ?? defaultInstancesDirectories(),
      started,
    },
    refusals: () => hub.refusals(),
    trafficOf: hub.trafficOf,
    agentOf: (session) => {
      const { name, version } = hub.agentOf(session)?.clientInfo ?? {};
      return typeof name === 'string' ? [name, version].filter(Boolean).join(' ') : null;
    },
  };
  const feed = new Feed(source, (message, error) => log.warn(message, { error }));
  const directory = hubsDirectory();
  const opened = await Promise.allSettled([
    directory === null ? null : offer(feed, directory),
    port === null ? null : servePage(feed, id, port),
  ]);
  const parts = opened.flatMap((each) => {
    if (each.status === 'fulfilled') return each.value ?? [];
    log.warn('the hub cannot be inspected', { reason: String(each.reason) });
    return [];
  });
  return {
    close: async () => {
      feed.close();
      await Promise.all(parts.map((part) => part.close()));
    },
  };
}

async function servePage(feed: Feed, hub: string, port: number): Promise<Inspection> {
  const { PageServer } = await import('../inspector/page-server.ts');
  const { sourceOfFeed } = await import('../inspector/page-source.ts');
  const page = await PageServer.start({ source: sourceOfFeed(feed, hub), port });
  // An open page must not keep the hub alive after its agent has gone.
  page.unref();
  process.stderr.write(`The statecharts of this hub: ${page.url}\n`);
  return page;
}
