import { statSync } from 'node:fs';
import type { Registration } from '../../machines/model.ts';
import { isRunning } from '../is-running.ts';
import { processBegan, processStart } from '../process-start.ts';

/** Milliseconds by which a process may have started after the time in its registration. */
const ALLOWANCE = 2_000;

/** No clock is wrong by more than these milliseconds: a process that started later is another one. */
const CERTAIN = 3_600_000;

/** Milliseconds for which the start time of a process is cached where reading it takes another process. */
const ASK_AGAIN = 5_000;

/**
 * `unnamed`: the registration has no pid. `running`: the registered process runs. `ended`: it was seen running on this
 * machine and has ended. `unseen`: it was never seen here and may run in a container. `doubtful`: a process with this pid
 * runs but seems to have started after the registration was written.
 */
export type ProcessCondition = 'unnamed' | 'running' | 'ended' | 'unseen' | 'doubtful';

type Facts = Pick<Registration, 'pid' | 'processStart' | 'startedAt' | 'origin'>;

/** The process that a registration names. Once ended it stays ended, even if its pid is reused. */
export class AnnouncedProcess {
  readonly #facts: Facts;
  /** Identifies the process that was seen. `start` is null if the system doesn't provide it. */
  #seen: { readonly start: string | null } | null = null;
  #askedAt = Number.NEGATIVE_INFINITY;
  #hasEnded = false;

  constructor(facts: Facts) {
    this.#facts = facts;
  }

  /** Whether these facts name the same process. */
  isOf({ pid, processStart: start, startedAt }: Facts): boolean {
    const known = this.#facts;
    return known.pid === pid && known.processStart === start && known.startedAt === startedAt;
  }

  /** Checks the process, in a few microseconds on Linux. */
  get condition(): ProcessCondition {
    const { pid } = this.#facts;
    if (pid === null) return 'unnamed';
    if (this.#hasEnded) return 'ended';
    if (this.#seen === null) {
      if (!isRunning(pid)) return 'unseen';
      const late = this.#startedAfter(pid);
      if (late > ALLOWANCE) return late > CERTAIN ? 'unseen' : 'doubtful';
      this.#seen = { start: processStart(pid) };
      this.#askedAt = performance.now();
      return 'running';
    }
    if (isRunning(pid, this.#startToCompare(this.#seen.start))) return 'running';
    this.#hasEnded = true;
    return 'ended';
  }

  /** Milliseconds by which the process with this pid started after the registration was written, or 0. */
  #startedAfter(pid: number): number {
    const { processStart: said } = this.#facts;
    if (said !== null) return [null, said].includes(processStart(pid)) ? 0 : Infinity;
    const [began, announced] = [processBegan(pid), this.#announcedAt()];
    return began === null || announced === null ? 0 : Math.max(0, began - announced);
  }

  #announcedAt(): number | null {
    const { startedAt, origin } = this.#facts;
    // A time without a zone is ambiguous, and a date alone is too imprecise.
    const isExact = /T.*(Z|[+-]\d\d:?\d\d)$/i.test(startedAt ?? '');
    if (isExact) return Date.parse(startedAt ?? '');
    return statSync(origin.file, { throwIfNoEntry: false })?.mtimeMs ?? null;
  }

  #startToCompare(start: string | null): string | null {
    if (process.platform === 'linux') return start;
    if (performance.now() - this.#askedAt < ASK_AGAIN) return null;
    this.#askedAt = performance.now();
    return start;
  }
}
