import { createActor, fromCallback, setup } from 'xstate';
import { bindingMachine } from '../../machines/binding.ts';
import type {
  BindingReport,
  LinkCommand,
  LinkInput,
  LinkReport,
} from '../../machines/binding-setup.ts';
import type { Failure, InstanceState } from '../../machines/model.ts';
import { sessionMachine } from '../../machines/session.ts';
import { type BindingRef, bindingActorId } from '../../machines/session-setup.ts';
import { pathOf } from '../../src/views/state-path.ts';
import { SteppingClock } from './stepping-clock.ts';

export const LOST = { code: 'CONNECTION_LOST', message: 'broke' } as const;
export const REFUSED = { code: 'HTTP_ERROR', message: 'answered HTTP 500' } as const;

/** The session's chart with its bindings, and links that do what the test says. */
export class ScriptedSession {
  readonly clock = new SteppingClock();
  /** What the links were told, in order, each with the instance of its binding. */
  readonly commands: (LinkCommand & { readonly of: string })[] = [];
  /** What stands for the links that live, by instance. */
  readonly inputs = new Map<string, LinkInput>();
  readonly reports: BindingReport[] = [];
  readonly #links = new Map<string, (event: LinkReport) => void>();
  readonly #root;

  constructor() {
    const binding = bindingMachine.provide({ actors: { link: this.#link() } });
    const parent = setup({
      types: { events: {} as BindingReport },
      actors: { session: sessionMachine.provide({ actors: { binding } }) },
    }).createMachine({
      invoke: { src: 'session', id: 'session', input: { id: 's' } },
      on: { 'binding.transitioned': { actions: ({ event }) => this.reports.push(event) } },
    });
    this.#root = createActor(parent, { clock: this.clock }).start();
  }

  #link() {
    return fromCallback<LinkCommand, LinkInput>(({ input, receive, sendBack }) => {
      const { instanceId } = input;
      const report = (event: LinkReport) => sendBack(event);
      this.#links.set(instanceId, report);
      this.inputs.set(instanceId, input);
      receive((command) => this.commands.push({ ...command, of: instanceId }));
      return () => {
        if (this.#links.get(instanceId) !== report) return;
        this.#links.delete(instanceId);
        this.inputs.delete(instanceId);
      };
    });
  }

  get session() {
    const session = this.#root.getSnapshot().children['session'];
    if (session === undefined) throw new Error('not started');
    return session;
  }

  get context() {
    return this.session.getSnapshot().context;
  }

  binding(instanceId: string) {
    const { children } = this.session.getSnapshot();
    return (children[bindingActorId(instanceId)] as BindingRef | undefined)?.getSnapshot();
  }

  /** The state of a binding as its chart names it, `bound.waiting`; null when there is none. */
  stateOf(instanceId: string): string | null {
    const snapshot = this.binding(instanceId);
    return snapshot?.status === 'active' ? pathOf(snapshot.value) : null;
  }

  /** The state of the binding to the home, or null. */
  get state(): string | null {
    return this.context.home === null ? null : this.stateOf(this.context.home);
  }

  bind(instanceId: string, active = true): void {
    this.session.send({ type: 'session.bind', instanceId, active });
  }

  use(instanceId: string, active = true): void {
    this.session.send({ type: 'session.use', instanceId, active });
  }

  unbind(): void {
    this.session.send({ type: 'session.unbind' });
  }

  succeed(from: string, to: string, active = true): void {
    this.session.send({ type: 'session.succeed', from, to, active });
  }

  instance(id: string, to: InstanceState): void {
    const transition = { from: null, to, at: 0, reason: '' };
    this.session.send({ type: 'instance.transitioned', id, transition });
  }

  up(instanceId = this.context.home ?? ''): void {
    this.#tell(instanceId, { type: 'link.up', attempt: this.#attempt(instanceId) });
  }

  failed(failure: Failure = LOST, instanceId = this.context.home ?? ''): void {
    this.#tell(instanceId, { type: 'link.failed', attempt: this.#attempt(instanceId), failure });
  }

  lost(instanceId = this.context.home ?? ''): void {
    const attempt = this.#attempt(instanceId);
    this.#tell(instanceId, { type: 'link.lost', attempt, failure: LOST });
  }

  busy(instanceId: string): void {
    this.#tell(instanceId, { type: 'link.busy' });
  }

  idle(instanceId: string): void {
    this.#tell(instanceId, { type: 'link.idle' });
  }

  late(instanceId: string, attempt: number): void {
    this.#tell(instanceId, { type: 'link.up', attempt });
  }

  #attempt(instanceId: string): number {
    return this.binding(instanceId)?.context.attempt ?? 0;
  }

  #tell(instanceId: string, event: LinkReport): void {
    const link = this.#links.get(instanceId);
    if (link === undefined) throw new Error(`there is no link to ${instanceId}`);
    link(event);
  }
}

/** A session whose home is `web`, with a link that stands. */
export function sessionAtHome(): ScriptedSession {
  const session = new ScriptedSession();
  session.bind('web');
  session.up();
  return session;
}
