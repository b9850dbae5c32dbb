/** A file that is of no use to anybody any more. */
export interface StaleFile {
  readonly path: string;
  /** How that is known. */
  readonly because: string;
  /** Removes it, if it is still what was found. Returns whether it did; never throws. */
  readonly remove: () => boolean;
}
