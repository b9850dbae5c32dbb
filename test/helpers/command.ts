import fc from 'fast-check';

/** One thing that is done to `Subject`; shown by its words when a property fails. */
export interface Command<Subject> {
  run(subject: Subject): unknown;
}

/** Makes commands of a name and of what they are given. */
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
