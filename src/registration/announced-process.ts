import { statSync } from 'node:fs';
import type { Registration } from '../../machines/model.ts';
import { isRunning } from '../is-running.ts';
import { processBegan, processStart } from '../process-start.ts';

/** Milliseconds by which a process may have begun after the time that its registration gives. */
const ALLOWANCE = 2_000;

/** By so many milliseconds no clock is wrong: whoever began so much later is another process. */
const CERTAIN = 3_600_000;

/** Milliseconds for which the start of a process isn't asked for again where that takes a process of its own. */
const ASK_AGAIN = 5_000;

/**
 * `unnamed`: the registration gives no pid. `running`: the process that wrote it runs. `ended`: that process was seen
 * running on this machine, and has ended. `unseen`: no such process was ever seen here; it may be a container's.
 * `doubtful`: a process with this pid runs, and seems to have begun after the registration was written.
 */
export type ProcessCondition = 'unnamed' | 'running' | 'ended' | 'unseen' | 'doubtful';

type Facts = Pick<Registration, 'pid' | 'processStart' | 'startedAt' | 'origin'>;

/** The process that a registration names. What has ended stays ended, whoever gets its pid. */
export class AnnouncedProcess {
  readonly #facts: Facts;
  /** What identifies the process that was seen; `start` is null where the system doesn't tell. */
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

  /** Looks at the process, in a few microseconds on Linux. */
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

  /** Milliseconds by which the process that has the pid began after the registration was written; 0 where it didn't. */
  #startedAfter(pid: number): number {
    const { processStart: said } = this.#facts;
    if (said !== null) return [null, said].includes(processStart(pid)) ? 0 : Infinity;
    const [began, announced] = [processBegan(pid), this.#announcedAt()];
    return began === null || announced === null ? 0 : Math.max(0, began - announced);
  }

  #announcedAt(): number | null {
    const { startedAt, origin } = this.#facts;
    // Without a zone a time can be of any, and a date alone says too little.
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
