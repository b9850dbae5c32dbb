/** One thing that was looked at, and how it is. */
export interface Finding {
  /** The check that found it. */
  readonly check: string;
  /** A `note` is worth knowing, and nothing is wrong with it. */
  readonly level: 'ok' | 'note' | 'problem';
  /** What was looked at: a path, an instance, a hub. May hold anything: it is for {@link printable}. */
  readonly subject: string;
  readonly says: string;
  /** What to do; null where there is nothing to do. */
  readonly remedy: string | null;
}

/** Makes the findings of one check. */
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
