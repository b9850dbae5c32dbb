import fc from 'fast-check';

/** One action on `Subject`. Failing properties print its name and arguments. */
export interface Command<Subject> {
  run(subject: Subject): unknown;
}

/** Creates commands from a name and an arbitrary argument. */
export function command<Subject, Given extends readonly unknown[]>(
  name: string,
  given: fc.Arbitrary<Given>,
  run: (subject: Subject, ...given: Given) => unknown,
): fc.Arbitrary<Command<Subject>> {
  return given.map((values) => ({
    run: (subject: Subject) => run(subject, ...values),
    [fc.toStringMethod]: () => [name, ...values].join(' '),
  }));
}
