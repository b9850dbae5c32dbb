import { statSync } from 'node:fs';
import type { Registration } from '../../machines/model.ts';
import { isRunning } from '../is-running.ts';
import { processBegan, processStart } from '../process-start.ts';

/** Milliseconds by which a process may have begun after the time that its registration gives. */
const ALLOWANCE = 2_000;

/** Milliseconds for which the start of a process isn't asked for again where that takes a process of its own. */
const ASK_AGAIN = 5_000;

/**
 * `unnamed`: the registration gives no pid. `running`: the process that wrote it runs. `ended`: that process was seen
 * running on this machine, and has ended. `unseen`: no such process was ever seen here; it may be a container's.
 */
export type ProcessCondition = 'unnamed' | 'running' | 'ended' | 'unseen';

type Facts = Pick<Registration, 'pid' | 'processStart' | 'startedAt' | 'file'>;

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
      if (!isRunning(pid) || !this.#hasWritten(pid)) return 'unseen';
      this.#seen = { start: processStart(pid) };
      this.#askedAt = performance.now();
      return 'running';
    }
    if (isRunning(pid, this.#startToCompare(this.#seen.start))) return 'running';
    this.#hasEnded = true;
    return 'ended';
  }

  /** Whether the process that has the pid is the one that the registration is of: it began before that was written. */
  #hasWritten(pid: number): boolean {
    const { processStart: said } = this.#facts;
    if (said !== null) return [null, said].includes(processStart(pid));
    const [began, announced] = [processBegan(pid), this.#announcedAt()];
    return began === null || announced === null || began <= announced + ALLOWANCE;
  }

  #announcedAt(): number | null {
    const { startedAt, file } = this.#facts;
    // A date alone says too little.
    const said = startedAt?.includes('T') ? Date.parse(startedAt) : Number.NaN;
    if (!Number.isNaN(said)) return said;
    return statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? null;
  }

  #startToCompare(start: string | null): string | null {
    if (process.platform === 'linux') return start;
    if (performance.now() - this.#askedAt < ASK_AGAIN) return null;
    this.#askedAt = performance.now();
    return start;
  }
}
