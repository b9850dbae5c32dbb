import * as z from 'zod';

/** The number of this format; another one is refused. */
export const FORMAT = 3;

const head = z.object({
  recording: z.literal(FORMAT),
  signalbox: z.string(),
  started: z.string(),
});

const at = z.number();
const of = z.string();

const world = z.object({
  now: z.number(),
  random: z.number(),
  callsInFlight: z.number(),
  lastActivity: z.number().nullable(),
  waiting: z.number(),
  tryInterval: z.number().nullable(),
});

/**
 * A line after the first. Times are in milliseconds since the epoch; `of` is an actor by its XState session id, because
 * an id may have several lives. What an actor was told (`event`) and what it read (`world`, `clock`, `processGone`) are
 * enough to run it again; `state` is what came of it, for comparison.
 */
const line = z.union([
  z.object({ actor: z.string(), name: z.string() }),
  z.object({ at, of, event: z.looseObject({ type: z.string() }), from: z.string().nullable() }),
  z.object({ of, world }),
  z.object({ of, clock: z.number() }),
  z.object({ of, processGone: z.boolean() }),
  z.object({ at, of, state: z.string() }),
]);

export type Line = z.infer<typeof line>;

/** What an actor is told, reads, or comes to. */
export type LineOfActor = Exclude<Line, { readonly actor: string }>;

export interface Recording {
  /** The version of Signalbox that was recorded. */
  readonly version: string;
  /** ISO time. */
  readonly started: string;
  readonly lines: readonly Line[];
  /** Whether the last line was cut: the hub, or its machine, ended while it was written. */
  readonly cut: boolean;
}

/** A file that is no recording, or one that was changed; the message names the line. */
export class NotARecording extends Error {}

/** Reads the text of a recording. Throws {@link NotARecording}. */
export function parseRecording(text: string): Recording {
  const texts = text.split('\n');
  // A whole file ends with a newline.
  const cut = texts.pop() !== '';
  const [first = '', ...rest] = texts;
  const begin = head.safeParse(json(first));
  if (!begin.success) throw new NotARecording('it is not a recording of this format');
  const lines = rest.map((each, index) => {
    const read = line.safeParse(json(each));
    if (!read.success) throw new NotARecording(`line ${index + 2} is not one of a recording`);
    return read.data;
  });
  return { version: begin.data.signalbox, started: begin.data.started, lines, cut };
}

function json(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
