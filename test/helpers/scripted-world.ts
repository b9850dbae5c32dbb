import { assign, createActor, fromCallback, fromPromise } from 'xstate';
import { bindingMachine } from '../../machines/binding.ts';
import type { LinkCommand, LinkInput, LinkReport } from '../../machines/binding-setup.ts';
import { hubMachine } from '../../machines/hub.ts';
import { instanceMachine } from '../../machines/instance.ts';
import type { ConnectionCommand, ConnectionReport } from '../../machines/instance-events.ts';
import type { InstancePolicy, Registration } from '../../machines/model.ts';
import { sessionMachine } from '../../machines/session.ts';
import { supervisorOf } from '../../machines/supervisor.ts';
import { instanceRef, sessionRef } from '../../src/views/selectors.ts';
import { EMPTY, PEER, WEB } from './scripted-instance.ts';
import { SteppingClock } from './stepping-clock.ts';

/** What a peer does to who connects. */
export type Mode = 'well' | 'refuse' | 'hang' | 'unauthorized';

const failure = (mode: Mode) =>
  mode === 'unauthorized'
    ? ({ code: 'UNAUTHORIZED', message: '401' } as const)
    : ({ code: 'CONNECTION_REFUSED', message: 'refused' } as const);

/** A connection as the chart has opened it. */
interface Open {
  readonly attempt: number;
  readonly report: (event: ConnectionReport) => void;
}

interface OpenLink {
  readonly attempt: number;
  readonly instanceId: string;
  readonly report: (event: LinkReport) => void;
}

/** The charts as they are, among files, peers and agents that exist only here. */
export class ScriptedWorld {
  readonly clock = new SteppingClock();
  readonly files = new Map<string, number>();
  readonly modes = new Map<string, Mode>();
  readonly gone = new Set<string>();
  readonly busy = new Map<string, number>();
  readonly heard = new Map<string, number>();
  /** How many wait for an instance. */
  readonly waiting = new Map<string, number>();
  /** Instances that were given up because their actors crashed too often. */
  readonly givenUp = new Set<string>();
  readonly open = new Map<string, Open>();
  readonly links = new Map<string, OpenLink>();
  linkMode: 'well' | 'hang' | 'refuse' = 'well';
  random = 0.5;
  readonly hub;

  constructor(policy: InstancePolicy) {
    this.clock.now = 1_000_000_000;
    this.hub = createActor(
      hubMachine.provide({
        actors: {
          instances: supervisorOf(this.#instance()),
          session: sessionMachine.provide({
            actors: { binding: bindingMachine.provide({ actors: { link: this.#link() } }) },
          }),
          closeAll: fromPromise(async () => {}),
        },
        actions: { readClock: assign({ now: () => this.clock.now }) },
      }),
      { input: { policy, settle: 1_000 }, clock: this.clock },
    );
    this.hub.on('actor.crashed', ({ actorId, restarted }) => {
      if (!restarted) this.givenUp.add(actorId.slice('instance:'.length));
    });
    this.hub.start();
  }

  #instance() {
    return instanceMachine.provide({
      actors: { connection: this.#connection() },
      actions: {
        readWorld: assign({
          world: ({ context: { registration } }) => {
            const { id } = registration;
            return {
              now: this.clock.now,
              random: this.random,
              callsInFlight: this.busy.get(id) ?? 0,
              lastActivity: this.heard.get(id) ?? null,
              waiting: this.waiting.get(id) ?? 0,
              tryInterval: 500,
            };
          },
        }),
        deleteStaleFile: ({ context }) => this.files.delete(context.registration.id),
      },
      guards: { processGone: ({ context }) => this.gone.has(context.registration.id) },
    });
  }

  #connection() {
    return fromCallback<ConnectionCommand, { readonly id: string }>(
      ({ input: { id }, receive, sendBack }) => {
        const report = (event: ConnectionReport) => sendBack(event);
        let mine: Open | null = null;
        const close = () => {
          if (this.open.get(id) === mine) this.open.delete(id);
          mine = null;
        };
        receive((command) => {
          const mode = this.modes.get(id) ?? 'well';
          // Whoever answers has been heard.
          if (mode === 'well' && command.type !== 'close') this.heard.set(id, this.clock.now);
          if (command.type === 'close') close();
          else if (command.type === 'ping') {
            if (mode === 'well') report({ ...PONG, attempt: command.attempt });
            else if (mode !== 'hang') this.break(id);
          } else {
            mine = { attempt: command.attempt, report };
            this.open.set(id, mine);
            if (mode === 'well') report({ ...UP, attempt: command.attempt });
            else if (mode !== 'hang') {
              const { attempt } = command;
              report({ type: 'connection.failed', attempt, failure: failure(mode) });
            }
          }
        });
        return close;
      },
    );
  }

  #link() {
    return fromCallback<LinkCommand, LinkInput>(
      ({ input: { sessionId, instanceId }, receive, sendBack }) => {
        const report = (event: LinkReport) => sendBack(event);
        const close = () => {
          if (this.links.get(sessionId)?.instanceId === instanceId) this.links.delete(sessionId);
        };
        receive((command) => {
          if (command.type !== 'open') {
            close();
            return;
          }
          const { attempt } = command;
          this.links.set(sessionId, { attempt, instanceId, report });
          if (this.linkMode === 'well') report({ type: 'link.up', attempt });
          else if (this.linkMode === 'refuse') {
            close();
            report({ type: 'link.failed', attempt, failure: failure('refuse') });
          }
        });
        return close;
      },
    );
  }

  /** Writes a file with its facts numbered; the same number is a heartbeat. */
  write(id: string, fact: number): void {
    this.files.set(id, fact);
    this.givenUp.delete(id);
    const registration = { ...WEB, id, name: id, startedAt: String(fact) };
    this.hub.send({ type: 'registration.accepted', registration });
  }

  remove(id: string): void {
    if (this.files.delete(id)) this.hub.send({ type: 'registration.removed', id });
  }

  /** Breaks the connection that stands; one that is just being opened fails. */
  break(id: string): void {
    const open = this.open.get(id);
    const isUp = instanceRef(this.hub.getSnapshot(), id)?.getSnapshot().context.state === 'active';
    const type = isUp ? 'connection.down' : 'connection.failed';
    open?.report({ type, attempt: open.attempt, failure: failure('refuse') });
  }

  /** Reports for an attempt that is over. */
  reportLate(id: string): void {
    const open = this.open.get(id);
    open?.report({ ...UP, attempt: open.attempt - 1 });
    open?.report({ ...PONG, attempt: open.attempt - 1 });
  }

  breakLink(session: string): void {
    const link = this.links.get(session);
    link?.report({ type: 'link.lost', attempt: link.attempt, failure: failure('refuse') });
  }

  /** Opening took too long; of one that is open already it means nothing. */
  failLink(session: string): void {
    const link = this.links.get(session);
    link?.report({ type: 'link.failed', attempt: link.attempt, failure: failure('refuse') });
  }

  bind(session: string, id: string): void {
    const state = instanceRef(this.hub.getSnapshot(), id)?.getSnapshot().context.state;
    if (state !== 'active' && state !== 'retrying') return;
    sessionRef(this.hub.getSnapshot(), session)?.send({
      type: 'session.bind',
      instanceId: id,
      active: state === 'active',
    });
  }

  unbind(session: string): void {
    sessionRef(this.hub.getSnapshot(), session)?.send({ type: 'session.unbind' });
  }

  send(id: string, type: 'instance.reconnect' | 'instance.suspected'): void {
    instanceRef(this.hub.getSnapshot(), id)?.send({ type });
  }

  /** Its actor crashes at an event that it can't read. */
  crash(id: string): void {
    instanceRef(this.hub.getSnapshot(), id)?.send({
      type: 'registration.changed',
      get registration(): Registration {
        throw new Error('a defect');
      },
    });
  }
}

const UP = { type: 'connection.up', peer: PEER, catalogue: EMPTY } as const;
const PONG = { type: 'connection.pong', responseTime: 1 } as const;
