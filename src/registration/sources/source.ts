import type { Origin, Refusal, RefusedOrigin, Registration } from '../../../machines/model.ts';

/**
 * What a source reports. The registry implements it: no report throws.
 *
 * - Nothing is reported during `start` or `check`: reports come later.
 * - `found`, `gone` and `refused` may come before `scanned`. `scanned` comes exactly once, after everything that existed
 *   when the source was started has been found or refused. A source that can't reach its store doesn't wait for it:
 *   it reports `scanned` at once.
 * - Until `scanned`, origins are found in the order of {@link Source.compare}.
 * - Nothing is reported once `stop` has been called.
 */
export interface SourceReports {
  /**
   * A registration was read: for the first time, or again because something was written. It replaces what was found under
   * the same origin before, even if it has another id, and ends a refusal of that origin.
   */
  found(registration: Registration): void;
  /** The origin no longer exists, or is no longer refused. For an origin that was never reported this changes nothing. */
  gone(origin: RefusedOrigin): void;
  /**
   * What the origin holds now is refused. With `kept`, what was found under it before stays valid: a file that is half
   * written was whole a moment ago. With `withdrawn` it doesn't: the origin can't be trusted any more.
   */
  refused(refusal: Refusal, before: 'kept' | 'withdrawn'): void;
  /** See above. */
  scanned(): void;
}

/**
 * Where registrations come from. A source reads and watches one kind of store and reports what it finds; which of several
 * registrations with the same id counts is up to the registry.
 */
export interface Source {
  /** Begins to read and watch. Called once. */
  start(reports: SourceReports): void;
  /**
   * The order of this source's own origins: negative when `a` comes before `b`, 0 only for the same origin. Of several that
   * claim an id while nobody holds it, the first gets it.
   */
  compare(a: Origin, b: Origin): number;
  /**
   * Looks at an origin that was found before, and reports it once more: as found, even if nothing has changed, as gone or as
   * refused.
   */
  check(origin: Origin): void;
  /** Nothing is reported from now on. Resolves when nothing is read or watched any more. May be called twice. */
  stop(): Promise<void>;
}
