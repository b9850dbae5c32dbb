/** A file that is no longer of any use. */
export interface StaleFile {
  readonly path: string;
  /** Why it is stale. */
  readonly because: string;
  /** Removes it unless it has changed since it was found. Returns whether it did; never throws. */
  readonly remove: () => boolean;
}
