import type { JsonObject } from '../../machines/model.ts';

/** The command that a client starts the hub with. */
export interface Entry {
  readonly command: string;
  readonly args: readonly string[];
}

/** How an entry of a configuration specifies a command and its arguments. */
export interface EntryShape {
  write(entry: Entry): JsonObject;
  /** The command of an entry, or null if it has none. */
  read(members: JsonObject): Entry | null;
}

/** `command` is a string, `args` an array. */
export const commandAndArgs: EntryShape = {
  write: ({ command, args }) => ({ command, args }),
  read: ({ command, args }) =>
    typeof command === 'string'
      ? { command, args: Array.isArray(args) ? args.map(String) : [] }
      : null,
};

/** `command` is one array: the command, then its arguments. */
export const commandArray: EntryShape = {
  write: ({ command, args }) => ({ command: [command, ...args] }),
  read: ({ command: line }) => {
    if (!Array.isArray(line) || typeof line[0] !== 'string') return null;
    return { command: line[0], args: line.slice(1).map(String) };
  },
};
