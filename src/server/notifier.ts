import type { BindingReport } from '../../machines/binding-setup.ts';
import { homeOf, instanceContext } from '../views/selectors.ts';
import { notificationFrame } from '../wire/answer.ts';
import { urisOf } from './hub-resources.ts';
import type { SessionPorts } from './ports.ts';
import type { Project } from './project.ts';

const LISTS = ['tools', 'resources', 'prompts'] as const;

/** Maximum number of notifications kept for an agent that doesn't read. */
const MOST_UNTOLD = 1_000;

/** Notifies the agent of changes that the hub causes or detects: lists, resources, and the end of an instance. */
export class Notifier {
  readonly subscriptions = new Set<string>();
  readonly #ports: SessionPorts;
  readonly #project: Project;
  readonly #stop: () => void;
  #isInitialized = false;
  /** Notifications to send once the agent reads again. */
  readonly #untold = new Set<string>();
  /** The home in the last notification. */
  #home: string | null = null;
  #catalogue: unknown = null;

  constructor(ports: SessionPorts, project: Project) {
    const { hub, id } = ports;
    this.#ports = ports;
    this.#project = project;
    const listening = [
      hub.on('instance.succeeded', ({ to }) => this.#instanceChanged(to, true)),
      hub.on('instance.transitioned', ({ id: instanceId, transition: { to } }) => {
        this.#instanceChanged(instanceId, to === 'discovered' || to === 'removed');
        project.instanceMoved(instanceId, to);
      }),
      hub.on('instance.catalogueChanged', ({ id: instanceId }) =>
        this.#catalogueChanged(instanceId),
      ),
      hub.on('binding.transitioned', (report) => {
        if (report.sessionId === id && report.to !== 'opening') this.#bindingChanged(report);
      }),
    ];
    this.#stop = () => {
      for (const subscription of listening) subscription.unsubscribe();
    };
  }

  /** Starts sending notifications, because the agent is initialized. */
  start(): void {
    this.#isInitialized = true;
  }

  stop(): void {
    this.#stop();
  }

  #bindingChanged({ instanceId, because, succeeds }: BindingReport): void {
    const { hub, id } = this.#ports;
    const home = homeOf(hub.getSnapshot(), id);
    // The binding to a new home reports itself.
    if (home === this.#home || (home !== null && instanceId !== home)) return;
    const left = this.#home;
    this.#home = home;
    this.#catalogue = this.#currentCatalogue();
    this.#listsChanged();
    if (because !== null && instanceId === left) this.#sayLeft(left, because);
    if (home !== null && succeeds !== null) this.#sayMoved(succeeds, home);
    this.#project.consider();
  }

  /** Something other than the state of an instance has changed. */
  #catalogueChanged(instanceId: string): void {
    if (instanceId !== this.#home) return;
    this.#catalogue = this.#currentCatalogue();
    // An instance with a standing stream has notified the agent itself.
    if (this.#ports.links.home?.hasStream !== true) this.#listsChanged();
  }

  #instanceChanged(instanceId: string, listed: boolean): void {
    for (const uri of urisOf(this.#ports.hub.getSnapshot(), instanceId)) {
      if (this.subscriptions.has(uri)) this.#tell('notifications/resources/updated', { uri });
    }
    if (listed) this.#tell('notifications/resources/list_changed');
    if (instanceId !== this.#home) return;
    const catalogue = this.#currentCatalogue();
    // Most transitions don't change it, and it may be large.
    if (catalogue === this.#catalogue) return;
    if (JSON.stringify(catalogue) === JSON.stringify(this.#catalogue)) return;
    this.#catalogue = catalogue;
    this.#listsChanged();
  }

  #currentCatalogue(): unknown {
    if (this.#home === null) return null;
    return instanceContext(this.#ports.hub.getSnapshot(), this.#home)?.catalogue ?? null;
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

  #sayMoved(from: string, to: string): void {
    const what =
      from === to
        ? `Connected again: instance "${to}" is back.`
        : `Instance "${from}" was restarted as "${to}": this session is connected to that now.`;
    this.#tell('notifications/message', { level: 'info', logger: 'signalbox', data: what });
  }

  #tell(method: string, params?: object): void {
    if (!this.#isInitialized) return;
    const frame = notificationFrame(method, params);
    const { behind } = this.#ports.outflow;
    if (behind === undefined) {
      this.#ports.toAgent(frame);
      return;
    }
    // The same notification twice says no more than once.
    if (this.#untold.size < MOST_UNTOLD) this.#untold.add(frame);
    if (this.#untold.size > 1) return;
    void behind.then(() => {
      const untold = [...this.#untold];
      this.#untold.clear();
      for (const each of untold) this.#ports.toAgent(each);
    });
  }
}
