import { instanceContext } from '../views/selectors.ts';
import { notificationFrame } from '../wire/answer.ts';
import { urisOf } from './hub-resources.ts';
import type { SessionPorts } from './ports.ts';
import type { Project } from './project.ts';

const LISTS = ['tools', 'resources', 'prompts'] as const;

/** Notifications that are kept for an agent that doesn't read. */
const MOST_UNTOLD = 1_000;

/** Tells the agent what changes by the hub's doing: lists, resources, and an instance that has gone. */
export class Notifier {
  readonly subscriptions = new Set<string>();
  readonly #ports: SessionPorts;
  readonly #stop: () => void;
  #told = false;
  /** What is to be told as soon as the agent reads again. */
  readonly #untold = new Set<string>();
  #bound: string | null = null;
  #catalogue: unknown = null;

  constructor(ports: SessionPorts, project: Project) {
    const { hub, id, links } = ports;
    this.#ports = ports;
    const listening = [
      hub.on('instance.succeeded', ({ from, to }) => {
        links.instanceSucceeded(from, to);
        this.#instanceChanged(to, true);
      }),
      hub.on('instance.transitioned', ({ id: instanceId, transition }) => {
        if (transition.to === 'active') links.instanceActive(instanceId);
        else if (transition.to === 'dead') links.instanceLeft(instanceId, 'dead');
        else if (transition.to === 'removed') links.instanceLeft(instanceId, 'gone');
        else links.instanceAway(instanceId);
        this.#instanceChanged(
          instanceId,
          transition.to === 'discovered' || transition.to === 'removed',
        );
        project.instanceMoved(instanceId, transition.to);
      }),
      hub.on('instance.catalogueChanged', ({ id: instanceId }) =>
        this.#catalogueChanged(instanceId),
      ),
      hub.on('session.transitioned', (report) => {
        if (report.id !== id || report.to === 'binding') return;
        const left = this.#bound;
        this.#bound = report.instanceId;
        if (left === report.instanceId) return;
        this.#catalogue = this.#currentCatalogue();
        this.#listsChanged();
        if (report.leftBecause !== null && left !== null) this.#sayLeft(left, report.leftBecause);
        if (report.succeeds !== null) this.#sayMoved(report.succeeds, report.instanceId);
        project.consider();
      }),
    ];
    this.#stop = () => {
      for (const subscription of listening) subscription.unsubscribe();
    };
  }

  /** The agent is initialized: from now on it is told. */
  start(): void {
    this.#told = true;
  }

  stop(): void {
    this.#stop();
  }

  /** Something else about an instance changed than its state. */
  #catalogueChanged(instanceId: string): void {
    const { links } = this.#ports;
    if (instanceId !== this.#bound) return;
    this.#catalogue = this.#currentCatalogue();
    // An instance with a standing stream has told the agent itself.
    if (links.bound?.hasStream !== true) this.#listsChanged();
  }

  #instanceChanged(instanceId: string, listed: boolean): void {
    for (const uri of urisOf(this.#ports.hub.getSnapshot(), instanceId)) {
      if (this.subscriptions.has(uri)) this.#tell('notifications/resources/updated', { uri });
    }
    if (listed) this.#tell('notifications/resources/list_changed');
    if (instanceId !== this.#bound) return;
    const catalogue = this.#currentCatalogue();
    // Most transitions leave it as it is; and it may be large.
    if (catalogue === this.#catalogue) return;
    if (JSON.stringify(catalogue) === JSON.stringify(this.#catalogue)) return;
    this.#catalogue = catalogue;
    this.#listsChanged();
  }

  #currentCatalogue(): unknown {
    if (this.#bound === null) return null;
    return instanceContext(this.#ports.hub.getSnapshot(), this.#bound)?.catalogue ?? null;
  }

  #listsChanged(): void {
    for (const list of LISTS) this.#tell(`notifications/${list}/list_changed`);
  }

  #sayLeft(instanceId: string, because: string): void {
    const why = because === 'gone' ? 'is gone: its registration was removed' : `is ${because}`;
    this.#tell('notifications/message', {
      level: 'warning',
      logger: 'signalbox',
      data: `Disconnected: instance "${instanceId}" ${why}. Call instances_list to see what is running.`,
    });
  }

  #sayMoved(from: string, to: string | null): void {
    const what =
      from === to
        ? `Connected again: instance "${to}" is back.`
        : `Instance "${from}" was restarted as "${to}": this session is connected to that now.`;
    this.#tell('notifications/message', { level: 'info', logger: 'signalbox', data: what });
  }

  #tell(method: string, params?: object): void {
    if (!this.#told) return;
    const frame = notificationFrame(method, params);
    const { behind } = this.#ports.outflow;
    if (behind === undefined) {
      this.#ports.toAgent(frame);
      return;
    }
    // To be told the same twice says no more than once.
    if (this.#untold.size < MOST_UNTOLD) this.#untold.add(frame);
    if (this.#untold.size > 1) return;
    void behind.then(() => {
      const untold = [...this.#untold];
      this.#untold.clear();
      for (const each of untold) this.#ports.toAgent(each);
    });
  }
}
