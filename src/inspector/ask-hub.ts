import { connect } from 'node:net';
import * as z from 'zod';
import { errnoOf } from '../errors.ts';
import { parseJson } from '../wire/json.ts';
import { LineReader } from '../wire/line-reader.ts';
import { type HubFacts, hubFactsSchema } from './messages.ts';

/** Maximum length of a hub's first line, in bytes. */
const LONGEST = 64 * 2 ** 10;

const first = z.object({ type: z.literal('hub'), facts: hubFactsSchema });

/**
 * What a hub states about itself, or why it can't be read: nothing listens, nothing was sent in time, the connection was
 * closed first, or the first line isn't a hub's.
 */
export type HubAnswer = HubFacts | 'closed' | 'silent' | 'dropped' | 'strange';

/** Asks the hub at a socket to identify itself, within `limit` milliseconds. Never rejects. */
export function askHub(path: string, limit: number): Promise<HubAnswer> {
  return new Promise((resolve) => {
    const socket = connect(path);
    const end = (answer: HubAnswer) => {
      clearTimeout(timer);
      socket.destroy();
      resolve(answer);
    };
    const timer = setTimeout(() => end('silent'), limit);
    const lines = new LineReader({
      maxBytes: LONGEST,
      onLine: (line) => end(first.safeParse(parseJson(line)).data?.facts ?? 'strange'),
      onOversize: () => end('strange'),
    });
    socket.on('data', (chunk) => lines.push(chunk));
    socket.on('error', (error) => {
      end(errnoOf(error) === 'ECONNREFUSED' ? 'closed' : 'dropped');
    });
    socket.on('end', () => end('dropped'));
  });
}
