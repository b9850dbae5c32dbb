import { rm } from 'node:fs/promises';
import * as z from 'zod';
import { parseJson } from '../wire/json.ts';
import type { Feed } from './feed.ts';
import { Hubs } from './hubs.ts';
import type { ViewerMessage } from './messages.ts';

/** A page that is open somewhere. */
export interface PageViewer {
  /** Has an instance tried at once; false when there is no such hub. */
  reconnect(hub: string, id: string): boolean;
  close(): void;
}

/** What pages are fed by. */
export interface PageSource {
  /** Begins to send {@link PageMessage}s as JSON: first everything there is; with official frames if they are wanted. */
  open(send: (message: string) => void, frames: boolean): PageViewer;
}

const first = z.object({ type: z.literal('hub'), facts: z.object({ id: z.string() }) });

const textOf = (message: ViewerMessage) => JSON.stringify(message);

/** The message of a hub as a page gets it. `line` is an object's JSON. */
const ofHub = (hub: string, line: string) => `{"hub":${JSON.stringify(hub)},${line.slice(1)}`;

/** One hub, in this process. */
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

/** All hubs of this user, as they come and go. Each page has connections of its own, and so gets everything first. */
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

/** The id in what a hub says first. */
function hubIdIn(line: string): string | null {
  const { data } = first.safeParse(parseJson(line));
  return data?.facts.id ?? null;
}
