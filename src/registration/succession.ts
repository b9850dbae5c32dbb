import type { Failure, Registration } from '../../machines/model.ts';
import { AnnouncedProcess } from './announced-process.ts';
import { endpointKey, projectKey } from './place-keys.ts';
import { RemovedInstances } from './removed-instances.ts';

export interface SuccessionOptions {
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  onAccepted(registration: Registration): void;
  onRemoved(id: string): void;
  /** The process of this instance isn't running, and a registration with a running process has replaced it. */
  onSuperseded(id: string, failure: Failure): void;
  /** Instance `to` has the name and path of `from`, which has ended. The two are equal if it came back with the same id. */
  onSucceeded(from: string, to: string): void;
}

interface Known {
  readonly registration: Registration;
  readonly process: AnnouncedProcess;
  readonly project: string;
  readonly endpoint: string;
}

/**
 * Tracks which process is behind a registration, so that an old file or a reused port never leads an agent to another
 * project's server. Sits between the source of registrations and the hub, and passes on what the source reports.
 */
export class Succession {
  readonly #options: SuccessionOptions;
  readonly #known = new Map<string, Known>();
  /** Ids by project, and by endpoint. */
  readonly #index = new Map<string, Set<string>>();
  readonly #removed: RemovedInstances;
  /** By id: which instance has replaced it, and which of these also has its name and path, so that sessions moved there. */
  readonly #superseded = new Map<string, string>();
  readonly #succeeded = new Map<string, string>();
  /** During the first scan: registrations whose process isn't running, held back until all others are known. */
  #held: Map<string, Registration> | null = new Map();

  constructor(options: SuccessionOptions) {
    this.#options = options;
    this.#removed = new RemovedInstances(options.now);
  }

  /** A registration was found: for the first time, or again. */
  accept(registration: Registration): void {
    const { id } = registration;
    const last = this.#known.get(id);
    const process = last?.process.isOf(registration)
      ? last.process
      : new AnnouncedProcess(registration);
    if (this.#held !== null && last === undefined && process.condition === 'unseen') {
      this.#held.set(id, registration);
      return;
    }
    this.#held?.delete(id);
    // Sessions of the project that had this id before must not be bound to this one.
    if (last !== undefined && isAnotherProject(last.registration, registration)) this.remove(id);
    this.#admit(registration, process);
  }

  /** Passes on a registration, and reports which instances it replaces. */
  #admit(registration: Registration, process: AnnouncedProcess): void {
    const { id } = registration;
    const last = this.#known.get(id);
    if (last !== undefined) this.#forget(last);
    const known = this.#remember(registration, process);
    if (last?.process !== process) this.#forgetPlaces(id);
    this.#options.onAccepted(registration);
    const { condition } = process;
    if (condition === 'running') this.#takePlaces(known);
    else if (hasNoProcess(known)) this.#yield(known);
    if (condition === 'running' || condition === 'unnamed') this.#followRemoved(known);
    // The id refers to this instance again.
    this.#removed.delete(id);
  }

  /** The registration of an instance is gone. */
  remove(id: string): void {
    this.#held?.delete(id);
    const known = this.#known.get(id);
    if (known === undefined) return;
    this.#forget(known);
    const { onRemoved, onSucceeded } = this.#options;
    this.#removed.add(id, known.project);
    this.#forgetPlaces(id);
    const successor = this.#successorOf(known);
    if (successor !== null) onSucceeded(id, successor.registration.id);
    onRemoved(id);
  }

  #forgetPlaces(id: string): void {
    this.#superseded.delete(id);
    this.#succeeded.delete(id);
  }

  /** The first scan is over. */
  scanned(): void {
    const held = this.#held ?? new Map();
    this.#held = null;
    for (const registration of held.values()) this.accept(registration);
  }

  /** Why this instance must not be contacted now, or null. Checked before every new TCP connection. */
  refusal(id: string): Failure | null {
    const known = this.#known.get(id);
    if (known === undefined) return null;
    const { condition } = known.process;
    if (!hasNoProcess(known)) return null;
    const rival = this.#rivalOf(known);
    if (rival !== null) {
      this.#supersede(known, rival);
      return supersededBy(known, rival);
    }
    if (condition === 'unseen') return null;
    const { pid, port } = known.registration;
    const message = `process ${pid} has ended; whoever answers at port ${port} is not this instance`;
    return { code: 'PROCESS_GONE', message };
  }

  /** Whether the process that the registration names isn't running. False if it names none. */
  hasNoProcess(id: string): boolean {
    const known = this.#known.get(id);
    return known !== undefined && hasNoProcess(known);
  }

  /** An instance with a running process replaces those whose processes aren't running. */
  #takePlaces(living: Known): void {
    for (const other of this.#others(living)) {
      if (hasNoProcess(other)) this.#supersede(other, living);
    }
  }

  #yield(known: Known): void {
    const rival = this.#rivalOf(known);
    if (rival !== null) this.#supersede(known, rival);
  }

  #followRemoved({ registration, project }: Known): void {
    for (const id of this.#removed.take(project)) {
      this.#options.onSucceeded(id, registration.id);
    }
  }

  #supersede(known: Known, rival: Known): void {
    const { id } = known.registration;
    // Sessions move first, so that they aren't notified that their instance is dead.
    this.#succeed(known);
    if (this.#isHeld(this.#superseded.get(id))) return;
    this.#superseded.set(id, rival.registration.id);
    this.#options.onSuperseded(id, supersededBy(known, rival));
  }

  #succeed(known: Known): void {
    const { id } = known.registration;
    const successor = this.#successorOf(known);
    if (successor === null || this.#isHeld(this.#succeeded.get(id))) return;
    this.#succeeded.set(id, successor.registration.id);
    this.#options.onSucceeded(id, successor.registration.id);
  }

  /** Whether the instance has a running process. */
  #isHeld(by: string | undefined): boolean {
    const holder = by === undefined ? undefined : this.#known.get(by);
    return holder !== undefined && isRunning(holder);
  }

  /** The latest running instance with its name and path, otherwise one with its endpoint. */
  #rivalOf(known: Known): Known | null {
    return this.#successorOf(known) ?? this.#others(known).find(isRunning) ?? null;
  }

  #successorOf({ project, registration }: Known): Known | null {
    const [latest] = this.#at(project)
      .filter((other) => other.registration.id !== registration.id && isRunning(other))
      .sort((a, b) => startOf(b) - startOf(a));
    return latest ?? null;
  }

  #others({ registration, project, endpoint }: Known): Known[] {
    const all = new Set([...this.#at(project), ...this.#at(endpoint)]);
    return [...all].filter((other) => other.registration.id !== registration.id);
  }

  #at(key: string): Known[] {
    return Array.from(this.#index.get(key) ?? [], (id) => this.#known.get(id)).filter(
      (known) => known !== undefined,
    );
  }

  #remember(registration: Registration, process: AnnouncedProcess): Known {
    const { id } = registration;
    const known = {
      registration,
      process,
      project: projectKey(registration),
      endpoint: endpointKey(registration),
    };
    this.#known.set(id, known);
    for (const key of [known.project, known.endpoint]) {
      this.#index.set(key, (this.#index.get(key) ?? new Set()).add(id));
    }
    return known;
  }

  #forget({ registration: { id }, project, endpoint }: Known): void {
    this.#known.delete(id);
    for (const key of [project, endpoint]) {
      const ids = this.#index.get(key);
      ids?.delete(id);
      if (ids?.size === 0) this.#index.delete(key);
    }
  }
}

/** An id with another name and path is another project. If one of the two is unchanged, it is the same. */
function isAnotherProject(last: Registration, registration: Registration): boolean {
  return last.name !== registration.name && last.path !== registration.path;
}

function isRunning({ process }: Known): boolean {
  return process.condition === 'running';
}

/** Whether the process that the registration names certainly isn't running. */
function hasNoProcess({ process: { condition } }: Known): boolean {
  return condition === 'ended' || condition === 'unseen';
}

function startOf({ registration: { startedAt } }: Known): number {
  const start = Date.parse(startedAt ?? '');
  return Number.isNaN(start) ? 0 : start;
}

function supersededBy({ registration: { pid } }: Known, rival: Known): Failure {
  const { id, name } = rival.registration;
  const message = `process ${pid} is not running, and "${name}" (${id}) has taken its place`;
  return { code: 'SUPERSEDED', message };
}
