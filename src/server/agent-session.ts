import { HubError } from '../errors.ts';
import { errorFrame, failureFrame, RPC_CODE } from '../wire/answer.ts';
import { type Envelope, readEnvelope, replaceId, textAt } from '../wire/envelope.ts';
import { parseJson } from '../wire/json.ts';
import { paramsOf } from './agent-request.ts';
import { Inbox } from './inbox.ts';
import { Notifier } from './notifier.ts';
import { OwnAnswers } from './own-answers.ts';
import type { SessionPorts } from './ports.ts';
import { Project } from './project.ts';
import { Router } from './router.ts';

/**
 * One MCP session with an agent: processes its frames in order, no faster than the agent reads answers and instances accept
 * requests. Knows frames, but no transport.
 */
export class AgentSession {
  readonly #ports: SessionPorts;
  readonly #project: Project;
  readonly #notifier: Notifier;
  readonly #own: OwnAnswers;
  readonly #router: Router;
  readonly #inbox = new Inbox();
  #isWorking = false;
  #closed = false;
  #onIdle: (() => void) | null = null;

  constructor(ports: SessionPorts) {
    this.#ports = ports;
    this.#project = new Project(ports);
    this.#notifier = new Notifier(ports, this.#project);
    this.#own = new OwnAnswers({
      settled: () => this.#project.settled(),
      outflow: ports.outflow,
      backlog: ports.backlog,
      toAgent: (frame) => this.#send(frame),
      onOver: () => this.answered(),
      log: ports.log,
    });
    this.#router = new Router(ports, {
      own: this.#own,
      project: this.#project,
      notifier: this.#notifier,
    });
  }

  /** Receives one frame of the agent. A returned promise asks for a pause until it is fulfilled. Never throws. */
  receive(frame: string): Promise<void> | undefined {
    if (!this.#isWorking && this.#wait === undefined) this.#receive(frame);
    else this.#receiveLater(frame);
    return this.#inbox.isFull ? this.#room() : this.#ports.backlog.hold;
  }

  /** Cancellations and answers don't wait, because something else may wait for them. */
  #receiveLater(frame: string): void {
    const envelope = readEnvelope(frame);
    const { id = null, method = null } = envelope ?? {};
    const isAnswer = envelope !== null && method === null && id !== null;
    const isPing = method === 'ping' && this.#ports.outflow.behind === undefined;
    if (method === 'notifications/cancelled') {
      if (!this.#inbox.cancel(cancelledBy(frame))) this.#receive(frame);
    } else if (isAnswer || isPing) this.#receive(frame);
    else {
      this.#inbox.add(frame, method === null ? null : id);
      if (!this.#isWorking) void this.#work();
    }
  }

  /** Processes waiting frames as soon as possible. */
  async #work(): Promise<void> {
    this.#isWorking = true;
    while (!this.#inbox.isEmpty && !this.#closed) {
      const wait = this.#wait ?? this.#ports.backlog.hold;
      if (wait !== undefined) await wait;
      else {
        const frame = this.#inbox.take();
        if (frame !== null) this.#receive(frame);
      }
    }
    this.#isWorking = false;
    this.answered();
  }

  /** Resolves when there is room for more frames. */
  async #room(): Promise<void> {
    const { backlog } = this.#ports;
    while (this.#inbox.isFull && !this.#closed) {
      const wait = this.#wait ?? backlog.hold;
      if (wait === undefined) break;
      await wait;
    }
    await backlog.hold;
  }

  /** If set, no request is processed until this promise is fulfilled. */
  get #wait(): Promise<void> | undefined {
    return this.#ports.outflow.behind ?? this.#own.crowd ?? this.#ports.backlog.crowd;
  }

  #receive(frame: string): void {
    const envelope = readEnvelope(frame);
    if (envelope === null) {
      const code = parseJson(frame) === undefined ? RPC_CODE.parseError : RPC_CODE.invalidRequest;
      this.#send(errorFrame('null', code, 'not a JSON-RPC message: one JSON object a line'));
      return;
    }
    const { id, method } = envelope;
    if (method === null) this.#receiveAnswer(frame, envelope);
    else if (id === null) this.#receiveNotification(frame, method);
    else if (/^["\d-]/.test(id)) this.#router.route({ frame, rawId: id, method });
    else this.#send(errorFrame('null', RPC_CODE.invalidRequest, 'an id is a string or a number'));
  }

  /** Refuses a message that exceeds the limit. `rawId` is the JSON text of its id, if that was found. */
  refuseOversize(rawId: string, bytes: number, limit: number): void {
    const message = `the message has ${bytes} bytes, the limit is ${limit}`;
    this.#send(failureFrame(rawId, '', new HubError('MESSAGE_TOO_LARGE', message)));
  }

  /** Resolves when all requests are answered. */
  idle(): Promise<void> {
    return new Promise((resolve) => {
      this.#onIdle = resolve;
      this.#checkIdle();
    });
  }

  /** Ends the session. Resolves when the sessions at the instances have ended. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#notifier.stop();
    this.#own.cancelAll();
    await this.#ports.links.close('HUB_STOPPING', 'the hub is being stopped');
    this.#ports.hub.send({ type: 'session.ended', id: this.#ports.id });
    this.#ports.onClosed();
  }

  /** Must be called for every frame that a link sends to the agent, because it may be the last answer. */
  answered(): void {
    if (this.#onIdle !== null) queueMicrotask(() => this.#checkIdle());
  }

  #checkIdle(): void {
    if (this.#own.isIdle && this.#ports.links.isIdle && this.#inbox.isEmpty) this.#onIdle?.();
  }

  #receiveAnswer(frame: string, envelope: Envelope): void {
    if (envelope.id === null || !(envelope.hasResult || envelope.hasError)) {
      this.#send(errorFrame('null', RPC_CODE.invalidRequest, 'neither a request nor an answer'));
      return;
    }
    const ask = this.#ports.asks.take(envelope.id);
    ask?.asker.answered(replaceId(frame, ask.rawId));
  }

  #receiveNotification(frame: string, method: string): void {
    switch (method) {
      case 'notifications/initialized':
        this.#project.start();
        return;
      case 'notifications/cancelled':
        this.#cancel(frame);
        return;
      case 'notifications/roots/list_changed':
        this.#project.rootsChanged();
        break;
    }
    this.#ports.links.home?.notify(frame);
  }

  #cancel(frame: string): void {
    const rawId = cancelledBy(frame);
    this.#own.cancel(rawId);
    this.#ports.links.cancel(rawId, frame);
    this.answered();
  }

  #send(frame: string): void {
    this.#ports.toAgent(frame);
  }
}

/** The id, as JSON text, of the request that a `notifications/cancelled` names. */
function cancelledBy(frame: string): string {
  const { requestId } = paramsOf(frame);
  const isExact = typeof requestId !== 'number' || Math.abs(requestId) <= Number.MAX_SAFE_INTEGER;
  return (isExact ? JSON.stringify(requestId) : textAt(frame, 'params', 'requestId')) ?? '';
}
