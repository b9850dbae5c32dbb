/** The result of checking one thing. */
export interface Finding {
  /** The check that found it. */
  readonly check: string;
  /** A `note` is worth knowing, but not a problem. */
  readonly level: 'ok' | 'note' | 'problem';
  /** What was checked: a path, an instance, a hub. May contain any characters: print it with {@link printable}. */
  readonly subject: string;
  readonly says: string;
  /** What to do, or null if nothing needs to be done. */
  readonly remedy: string | null;
}

/** Creates findings of one check. */
export function findingsOf(check: string) {
  return {
    ok: (subject: string, says: string): Finding => ({
      check,
      level: 'ok',
      subject,
      says,
      remedy: null,
    }),
    note: (subject: string, says: string, remedy: string | null = null): Finding => ({
      check,
      level: 'note',
      subject,
      says,
      remedy,
    }),
    problem: (subject: string, says: string, remedy: string): Finding => ({
      check,
      level: 'problem',
      subject,
      says,
      remedy,
    }),
  };
}
