import type { JsonObject } from '../../machines/model.ts';
import { HubError } from '../errors.ts';
import { instanceContext } from '../views/selectors.ts';
import { errorFrame, failureFrame, RPC_CODE, resultFrame } from '../wire/answer.ts';
import { type Envelope, readEnvelope, replaceId, textAt } from '../wire/envelope.ts';
import { parseJson, stringOf } from '../wire/json.ts';
import { type AgentRequest, paramsOf } from './agent-request.ts';
import { isHubResource, readHubResource } from './hub-resources.ts';
import { Inbox } from './inbox.ts';
import { agentInfoOf, initializeResult } from './initialize.ts';
import { isFirstPage, type List, listOf, mergePage, ownPage } from './lists.ts';
import { Notifier } from './notifier.ts';
import { OwnAnswers } from './own-answers.ts';
import type { LinkPort, SessionPorts } from './ports.ts';
import { Project } from './project.ts';
import { instancesCall, parseCall } from './tools/call.ts';
import { instancesConnect } from './tools/connect.ts';
import { instancesDisconnect } from './tools/disconnect.ts';
import type { HubTool } from './tools/hub-tool.ts';
import { hubToolNamed, waitsForDiscovery } from './tools/hub-tools.ts';
import { triedInstance } from './tools/tried.ts';
import { notActive, notConnected, unknownTool } from './unroutable.ts';

const LEVEL = /^(debug|info|notice|warning|error|critical|alert|emergency)$/;

/**
 * One MCP session with an agent: answers what is the hub's, sends everything else over the link of the instance that
 * the session is connected to. Takes and gives frames; where they come from is not its business.
 */
export class AgentSession {
  readonly #ports: SessionPorts;
  readonly #project: Project;
  readonly #notifier: Notifier;
  readonly #own: OwnAnswers;
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
  }

  /** Takes one frame of the agent; a promise says: not more until it is fulfilled. Never throws. */
  receive(frame: string): Promise<void> | undefined {
    if (!this.#isWorking && this.#wait === undefined) this.#receive(frame);
    else this.#receiveLater(frame);
    return this.#inbox.isFull ? this.#room() : this.#ports.backlog.hold;
  }

  /** What ends or answers something doesn't wait: others may wait for it. */
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

  /** Takes what waits, whenever that is possible. */
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

  /** A promise says: no request is worked on until it is fulfilled. */
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
    else if (/^["\d-]/.test(id)) this.#receiveRequest({ frame, rawId: id, method });
    else this.#send(errorFrame('null', RPC_CODE.invalidRequest, 'an id is a string or a number'));
  }

  /** A message over the limit came instead of a frame. `rawId`: JSON text of its id, where that could be told. */
  refuseOversize(rawId: string, bytes: number, limit: number): void {
    const message = `the message has ${bytes} bytes, the limit is ${limit}`;
    this.#send(failureFrame(rawId, '', new HubError('MESSAGE_TOO_LARGE', message)));
  }

  /** Resolves when everything that was asked is answered. */
  idle(): Promise<void> {
    return new Promise((resolve) => {
      this.#onIdle = resolve;
      this.#checkIdle();
    });
  }

  /** Ends the session; resolves when the instances have said goodbye. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#notifier.stop();
    this.#own.cancelAll();
    await this.#ports.links.close('HUB_STOPPING', 'the hub is being stopped');
    this.#ports.hub.send({ type: 'session.ended', id: this.#ports.id });
    this.#ports.onClosed();
  }

  /** Called for every frame that was sent to the agent by a link: the last answer may have been given. */
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

  #receiveRequest(request: AgentRequest): void {
    const { rawId, method, frame } = request;
    switch (method) {
      case 'ping':
        this.#send(resultFrame(rawId, {}));
        return;
      case 'initialize':
        this.#initialize(request);
        return;
      // Agents of 2026-07-28 probe with it and then fall back: no side effects.
      case 'server/discover':
        this.#send(errorFrame(rawId, RPC_CODE.methodNotFound, 'Method not found'));
        return;
      case 'logging/setLevel':
        this.#setLevel(request);
        return;
      case 'tools/call':
        // A name is only looked for where one of the hub's can be.
        if (/instances|\\u/.test(frame) || this.#ports.links.home === null) this.#callTool(request);
        else this.#forward(request);
        return;
      case 'resources/read':
      case 'resources/subscribe':
      case 'resources/unsubscribe':
        this.#resource(request);
        return;
      default: {
        const list = listOf(method);
        if (list === undefined) this.#forward(request);
        else this.#list(request, list);
      }
    }
  }

  #initialize({ frame, rawId }: AgentRequest): void {
    const info = agentInfoOf(paramsOf(frame));
    if (info === null) {
      const message = 'initialize needs protocolVersion, capabilities and clientInfo';
      this.#send(errorFrame(rawId, RPC_CODE.invalidParams, message));
      return;
    }
    this.#ports.memory.info = info;
    this.#send(resultFrame(rawId, initializeResult(info, this.#ports.settings.version)));
    this.#notifier.start();
  }

  #setLevel(request: AgentRequest): void {
    const params = paramsOf(request.frame);
    const isLevel = LEVEL.test(stringOf(params['level']) ?? '');
    if (isLevel) this.#ports.memory.logLevel = JSON.stringify(params);
    const { home } = this.#ports.links;
    // The instance says itself whether it has levels. One that is away is asked only where it is known to have them.
    if (home !== null && this.#takesLevels(home)) {
      home.request(request.frame, request.rawId, request.method);
    } else if (isLevel) this.#send(resultFrame(request.rawId, {}));
    else {
      const message = 'logging/setLevel needs a level';
      this.#send(errorFrame(request.rawId, RPC_CODE.invalidParams, message));
    }
  }

  #takesLevels({ instanceId }: LinkPort): boolean {
    const instance = instanceContext(this.#ports.hub.getSnapshot(), instanceId);
    return instance?.state === 'active' || 'logging' in (instance?.peer?.capabilities ?? {});
  }

  #callTool(request: AgentRequest): void {
    const params = paramsOf(request.frame);
    const name = stringOf(params['name']);
    if (name === null) {
      const message = 'tools/call needs the name of a tool';
      this.#send(errorFrame(request.rawId, RPC_CODE.invalidParams, message));
      return;
    }
    const tool = hubToolNamed(name);
    if (tool === undefined) this.#forward(request, name);
    else this.#callHubTool(request, tool, params);
  }

  #callHubTool(request: AgentRequest, tool: HubTool, params: JsonObject): void {
    const { rawId } = request;
    if (tool === instancesConnect || tool === instancesDisconnect) this.#project.leaveToAgent();
    this.#own.run(request, waitsForDiscovery(tool), async (signal) => {
      if (tool === instancesCall) {
        await this.#callInstance(request, params, signal);
        return;
      }
      const { hub, id: sessionId, awaitInstance, trafficOf } = this.#ports;
      const context = { hub, sessionId, signal, awaitInstance, trafficOf };
      const result = await tool.call(params['arguments'], context);
      if (!signal.aborted) this.#send(resultFrame(rawId, result));
    });
  }

  /** Sends `instances_call` on as the `tools/call` that it stands for, `_meta` and all. */
  async #callInstance(
    { frame: asked, rawId }: AgentRequest,
    params: JsonObject,
    signal: AbortSignal,
  ): Promise<void> {
    const { links, hub } = this.#ports;
    const { instance_id, tool: name, arguments: args } = parseCall(params['arguments']);
    let link = links.home;
    if (instance_id !== undefined) {
      const { registration, state } = await triedInstance({ hub, signal }, instance_id);
      if (signal.aborted) return;
      if (state === 'dead') throw notActive(hub.getSnapshot(), registration.id);
      link = links.use(registration.id);
    }
    if (link === null) throw notConnected();
    const { name: _, arguments: __, ...rest } = params;
    const call = JSON.stringify({ ...rest, name });
    const given = args === undefined ? null : textAt(asked, 'params', 'arguments', 'arguments');
    const all = given === null ? call : `${call.slice(0, -1)},"arguments":${given}}`;
    const frame = `{"jsonrpc":"2.0","id":${rawId},"method":"tools/call","params":${all}}`;
    link.request(frame, rawId, 'tools/call');
  }

  #resource(request: AgentRequest): void {
    const { frame, rawId, method } = request;
    const { uri } = paramsOf(frame);
    if (!isHubResource(uri)) {
      this.#forward(request);
      return;
    }
    if (method === 'resources/unsubscribe') {
      this.#notifier.subscriptions.delete(uri);
      this.#send(resultFrame(rawId, {}));
      return;
    }
    this.#own.run(request, true, async () => {
      const contents = readHubResource(this.#ports, uri);
      if (contents === null) {
        this.#send(errorFrame(rawId, -32002, `Resource ${uri} not found`, { uri }));
      } else if (method === 'resources/subscribe') {
        this.#notifier.subscriptions.add(uri);
        this.#send(resultFrame(rawId, {}));
      } else this.#send(resultFrame(rawId, contents));
    });
  }

  #list(request: AgentRequest, list: List): void {
    this.#own.run(request, true, async () => {
      const { frame, rawId, method } = request;
      const { links, hub } = this.#ports;
      const isFirst = isFirstPage(paramsOf(frame));
      const link = links.home;
      const instance =
        link === null ? undefined : instanceContext(hub.getSnapshot(), link.instanceId);
      if (link === null || instance?.state !== 'active') {
        this.#send(ownPage(list, this.#ports, rawId, isFirst));
      } else link.request(frame, rawId, method, mergePage(list, this.#ports, rawId, isFirst));
    });
  }

  /** To the instance that the session is connected to, or will be at the end of start-up. */
  #forward(request: AgentRequest, tool?: string): void {
    const { frame, rawId, method } = request;
    const link = this.#ports.links.home;
    if (link !== null) {
      link.request(frame, rawId, method);
      return;
    }
    this.#own.run(request, true, async () => {
      const { home } = this.#ports.links;
      if (home !== null) home.request(frame, rawId, method);
      else if (tool !== undefined) throw unknownTool(this.#ports.hub.getSnapshot(), tool);
      else if (KNOWN_METHODS.test(method)) throw notConnected();
      else this.#send(errorFrame(rawId, RPC_CODE.methodNotFound, 'Method not found'));
    });
  }

  #send(frame: string): void {
    this.#ports.toAgent(frame);
  }
}

/** The id, as JSON text, of the request that a `notifications/cancelled` is about. */
function cancelledBy(frame: string): string {
  const { requestId } = paramsOf(frame);
  const isExact = typeof requestId !== 'number' || Math.abs(requestId) <= Number.MAX_SAFE_INTEGER;
  return (isExact ? JSON.stringify(requestId) : textAt(frame, 'params', 'requestId')) ?? '';
}

/** Methods that an instance would know: not unknown, there is only nobody to ask. */
const KNOWN_METHODS = /^(resources|prompts|completion|tasks|tools)\//;
