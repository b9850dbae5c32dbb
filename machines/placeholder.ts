/** The error of a part that stands in a chart only by name until `src/hub/create-hub.ts` provides it. */
export class NotProvidedError extends Error {
  override readonly name = 'NotProvidedError';

  constructor(part: string) {
    super(`"${part}" is a placeholder: give it with .provide() before the machine runs`);
  }
}

/** A function that stands for the part named `part` and says so when it is run. */
export const placeholder = (part: string) => (): never => {
  throw new NotProvidedError(part);
};
