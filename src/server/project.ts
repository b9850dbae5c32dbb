import type { InstanceState } from '../../machines/model.ts';
import {
  instanceContext,
  instanceContexts,
  isHomeOpening,
  sessionRef,
} from '../views/selectors.ts';
import { isObject, objectOf, objectsOf, parseJson } from '../wire/json.ts';
import type { Asker, SessionPorts } from './ports.ts';
import { ProjectMatcher, pathsOfRoots } from './project-matcher.ts';
import { until } from './tools/until.ts';

/**
 * Automatically connects a session to the instance of the agent's project once that is active. Does nothing after the agent
 * has connected or disconnected itself.
 */
export class Project implements Asker {
  readonly #ports: SessionPorts;
  #matcher: ProjectMatcher | null = null;
  #knowsRoots: () => void = () => {};
  #rootsKnown: Promise<void> | null = null;
  #enabled: boolean;
  /** Ids of the instances that match the project. */
  readonly #fitting = new Set<string>();

  constructor(ports: SessionPorts) {
    this.#ports = ports;
    this.#enabled = ports.settings.autoConnect;
  }

  /** Stops connecting automatically, because the agent has made a choice. */
  leaveToAgent(): void {
    this.#enabled = false;
  }

  /** Starts once the agent is initialized: requests its roots if it has any, and otherwise uses the working directory. */
  start(): void {
    if (!this.#enabled || this.#rootsKnown !== null) return;
    this.#rootsKnown = new Promise((resolve) => {
      this.#knowsRoots = resolve;
    });
    if (isObject(this.#ports.memory.info.capabilities['roots'])) this.#askForRoots();
    else this.#use([this.#ports.settings.workingDirectory]);
  }

  /** Requests the roots again, because they have changed. */
  rootsChanged(): void {
    if (this.#enabled) this.#askForRoots();
  }

  /** {@link Asker} */
  answered(frame: string): void {
    const answer = objectOf(parseJson(frame));
    const roots = objectsOf(objectOf(answer['result'])['roots']);
    const paths = pathsOfRoots(roots.map(({ uri }) => uri));
    this.#use(paths.length > 0 ? paths : [this.#ports.settings.workingDirectory]);
  }

  /** Handles a new state of an instance: there may now be one to connect to, or no longer two. */
  instanceMoved(id: string, to: InstanceState): void {
    if (this.#matcher === null) return;
    const instance = instanceContext(this.#ports.hub.getSnapshot(), id);
    if (instance !== undefined && this.#matcher.fits(instance)) this.#fitting.add(id);
    if (!this.#fitting.has(id)) return;
    if (to === 'removed') this.#fitting.delete(id);
    if (to === 'active' || to === 'dead' || to === 'removed') this.consider();
  }

  /** Connects if the instance of the project is active and the session is free. */
  consider(): void {
    const { hub, id } = this.#ports;
    const session = sessionRef(hub.getSnapshot(), id);
    if (!this.#enabled || this.#matcher === null) return;
    if (session === undefined || session.getSnapshot().context.home !== null) return;
    const found = this.#matcher.match(instanceContexts(hub.getSnapshot()));
    if (found?.state !== 'active') return;
    session.send({ type: 'session.bind', instanceId: found.registration.id, active: true });
  }

  /**
   * Resolves when the automatic connection at start-up is made, after at most `settle` for the roots and `settle` for the
   * link.
   */
  async settled(): Promise<void> {
    const { discovered, hub, id, settings } = this.#ports;
    await discovered;
    if (!this.#enabled) return;
    this.start();
    const patience = AbortSignal.timeout(settings.settle);
    await Promise.race([this.#rootsKnown, aborted(patience)]);
    this.consider();
    await until({ hub, signal: patience }, () => !isHomeOpening(hub.getSnapshot(), id));
  }

  #askForRoots(): void {
    const id = this.#ports.asks.add(this, '0');
    this.#ports.toAgent(`{"jsonrpc":"2.0","id":${id},"method":"roots/list"}`);
  }

  #use(paths: readonly string[]): void {
    this.#matcher = new ProjectMatcher(paths);
    this.#fitting.clear();
    for (const instance of instanceContexts(this.#ports.hub.getSnapshot())) {
      if (this.#matcher.fits(instance)) this.#fitting.add(instance.registration.id);
    }
    this.#knowsRoots();
    this.consider();
  }
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => signal.addEventListener('abort', () => resolve()));
}
