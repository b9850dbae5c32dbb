import { rm } from 'node:fs/promises';
import * as z from 'zod';
import { parseJson } from '../wire/json.ts';
import type { Feed } from './feed.ts';
import { Hubs } from './hubs.ts';
import type { ViewerMessage } from './messages.ts';

/** An open page. */
export interface PageViewer {
  /** Reconnects an instance at once. False if there is no such hub. */
  reconnect(hub: string, id: string): boolean;
  close(): void;
}

/** The data source of pages. */
export interface PageSource {
  /** Starts to send {@link PageMessage}s as JSON: first everything, then changes. With official frames if requested. */
  open(send: (message: string) => void, frames: boolean): PageViewer;
}

const first = z.object({ type: z.literal('hub'), facts: z.object({ id: z.string() }) });

const textOf = (message: ViewerMessage) => JSON.stringify(message);

/** Converts a hub's message to a page's. `line` is a JSON object. */
const ofHub = (hub: string, line: string) => `{"hub":${JSON.stringify(hub)},${line.slice(1)}`;

/** A source with one hub of this process. */
export function sourceOfFeed(feed: Feed, hub: string): PageSource {
  return {
    open: (send, frames) => {
      const viewer = feed.open((line) => send(ofHub(hub, line)));
      if (frames) viewer.receive(textOf({ type: 'frames', on: true }));
      return {
        reconnect: (of, id) => {
          if (of !== hub) return false;
          viewer.receive(textOf({ type: 'reconnect', id }));
          return true;
        },
        close: () => viewer.close(),
      };
    },
  };
}

/**
 * A source with all hubs of this user as they start and end. Each page has its own connections, so it gets everything first.
 */
export function sourceOfHubs(directories: readonly string[]): PageSource {
  return {
    open: (send, frames) => {
      const ids = new Map<string, string>();
      const hubs = new Hubs(directories, {
        onLine: (key, line) => {
          const id = ids.get(key) ?? hubIdIn(line);
          if (id === null) return;
          if (!ids.has(key)) {
            ids.set(key, id);
            if (frames) hubs.send(key, textOf({ type: 'frames', on: true }));
          }
          send(ofHub(id, line));
        },
        onLeft: (key) => {
          const id = ids.get(key);
          ids.delete(key);
          if (id !== undefined) send(ofHub(id, '{"type":"left"}'));
        },
        onNobody: (path) => void rm(path, { force: true }),
      });
      void hubs.look();
      return {
        reconnect: (of, id) => {
          const [key] = [...ids].find(([, hub]) => hub === of) ?? [];
          if (key === undefined) return false;
          hubs.send(key, textOf({ type: 'reconnect', id }));
          return true;
        },
        close: () => hubs.close(),
      };
    },
  };
}

/** The id in a hub's first message. */
function hubIdIn(line: string): string | null {
  const { data } = first.safeParse(parseJson(line));
  return data?.facts.id ?? null;
}
