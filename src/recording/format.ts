import * as z from 'zod';

/** The version of this format. Other versions are refused. */
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
 * A line after the first. Times are in milliseconds since the epoch. `of` is the XState session id of an actor, because
 * several actors can have the same name one after another. The events that an actor received (`event`) and the values that
 * it read (`world`, `clock`, `processGone`) suffice to replay it. `state` is its resulting state, for comparison.
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

/** An event that an actor received, a value that it read, or its new state. */
export type LineOfActor = Exclude<Line, { readonly actor: string }>;

export interface Recording {
  /** The version of Signalbox that made the recording. */
  readonly version: string;
  /** ISO time. */
  readonly started: string;
  readonly lines: readonly Line[];
  /** Whether the last line is incomplete, because the hub or its machine stopped while writing it. */
  readonly cut: boolean;
}

/** The file is not a recording, or is damaged. The message names the line. */
export class NotARecording extends Error {}

/** Reads the text of a recording. Throws {@link NotARecording}. */
export function parseRecording(text: string): Recording {
  const texts = text.split('\n');
  // A complete file ends with a newline.
  const cut = texts.pop() !== '';
  const [first = '', ...rest] = texts;
  const begin = head.safeParse(json(first));
  if (!begin.success) throw new NotARecording('this is not a recording in a supported format');
  const lines = rest.map((each, index) => {
    const read = line.safeParse(json(each));
    if (!read.success)
      throw new NotARecording(`line ${index + 2} is not a valid line of a recording`);
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
