/** Thrown when a part of a chart is run that `.provide()` has not replaced. `src/hub/create-hub.ts` replaces them all. */
export class NotProvidedError extends Error {
  override readonly name = 'NotProvidedError';

  constructor(part: string) {
    super(`"${part}" is a placeholder: give it with .provide() before the machine runs`);
  }
}

/** A stand-in for the part of a chart named `part`. Throws {@link NotProvidedError} when it is run. */
export const placeholder = (part: string) => (): never => {
  throw new NotProvidedError(part);
};
