import type { RefusalCode } from '../../machines/model.ts';

interface RefusalHelp {
  readonly means: string;
  /** How to fix it. `path` is that of the file or directory, quoted for a shell. */
  remedy(path: string): string;
}

const REWRITE = () => 'Fix the server that writes it, or remove it.';

/** All codes of refusals. `doctor` and the table in `docs/errors.md` use them. */
export const REFUSAL_CODES: Readonly<Record<RefusalCode, RefusalHelp>> = {
  NOT_JSON: {
    means: 'The file is not JSON in UTF-8. It is read again when it changes.',
    remedy: REWRITE,
  },
  NOT_AN_OBJECT: { means: 'The file holds JSON, but not an object.', remedy: REWRITE },
  INVALID_FIELD: { means: 'A field is missing or out of range.', remedy: REWRITE },
  HOST_NOT_ALLOWED: {
    means: 'The `url` names a host that is neither loopback nor allowed.',
    remedy: () => 'If that host can be trusted, start hubs with --allow-host HOST.',
  },
  ID_TAKEN: {
    means: 'Another registration already holds the id.',
    remedy: () => 'Remove one of the two files, or give one of them another id.',
  },
  TOO_LARGE: { means: 'The file is larger than 64 KiB.', remedy: REWRITE },
  UNREADABLE: {
    means: 'The system does not let the hub read the file or directory.',
    remedy: (path) => `Check its permissions: ls -ld ${path}`,
  },
  NOT_A_FILE: { means: 'It is not a regular file.', remedy: REWRITE },
  NOT_A_DIRECTORY: {
    means: 'The path is not a directory.',
    remedy: (path) => `Replace ${path} with a directory of yours.`,
  },
  SYMBOLIC_LINK: {
    means: 'It is a symbolic link, or a default directory is reached through one.',
    remedy: () => 'Replace the link with the file itself: links can be redirected.',
  },
  TOO_MANY_LINKS: {
    means: 'The directory is reached through more than 40 symbolic links.',
    remedy: () => 'Name the directory that the links lead to.',
  },
  FOREIGN_OWNER: {
    means: 'It, or a directory that leads to it, belongs to another user.',
    remedy: () => 'Let the user who runs the hub write it.',
  },
  WRITABLE_BY_OTHERS: {
    means: 'Its group or all users may write to it.',
    remedy: (path) => `chmod go-w ${path}`,
  },
  WRITABLE_BY_ALL: {
    means: 'All users may replace what is in a directory that leads to it.',
    remedy: (path) => `chmod o-w ${path}`,
  },
};
