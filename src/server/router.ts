import type { JsonObject } from '../../machines/model.ts';
import { instanceContext } from '../views/selectors.ts';
import { errorFrame, RPC_CODE, resultFrame } from '../wire/answer.ts';
import { textAt } from '../wire/envelope.ts';
import { stringOf } from '../wire/json.ts';
import { type AgentRequest, paramsOf } from './agent-request.ts';
import { isHubResource, readHubResource } from './hub-resources.ts';
import { agentInfoOf, initializeResult } from './initialize.ts';
import { isFirstPage, type List, listOf, mergePage, ownPage } from './lists.ts';
import type { Notifier } from './notifier.ts';
import type { OwnAnswers } from './own-answers.ts';
import type { LinkPort, SessionPorts } from './ports.ts';
import type { Project } from './project.ts';
import { instancesCall, parseCall } from './tools/call.ts';
import { instancesConnect } from './tools/connect.ts';
import { instancesDisconnect } from './tools/disconnect.ts';
import type { HubTool } from './tools/hub-tool.ts';
import { hubToolNamed, waitsForDiscovery } from './tools/hub-tools.ts';
import { triedInstance } from './tools/tried.ts';
import { notActive, notConnected, unknownTool } from './unroutable.ts';

const LEVEL = /^(debug|info|notice|warning|error|critical|alert|emergency)$/;

/** The parts of a session that requests need beside its ports. */
export interface RouterParts {
  readonly own: OwnAnswers;
  readonly project: Project;
  readonly notifier: Notifier;
}

/** Routes the requests of one session: the hub answers its own, everything else goes over the link to the home. */
export class Router {
  readonly #ports: SessionPorts;
  readonly #own: OwnAnswers;
  readonly #project: Project;
  readonly #notifier: Notifier;

  constructor(ports: SessionPorts, { own, project, notifier }: RouterParts) {
    this.#ports = ports;
    this.#own = own;
    this.#project = project;
    this.#notifier = notifier;
  }

  /** Answers a request, now or later, or sends it on. */
  route(request: AgentRequest): void {
    const { rawId, method, frame } = request;
    switch (method) {
      case 'ping':
        this.#send(resultFrame(rawId, {}));
        return;
      case 'initialize':
        this.#initialize(request);
        return;
      // Agents of 2026-07-28 send it first and then fall back, so it must have no side effects.
      case 'server/discover':
        this.#send(errorFrame(rawId, RPC_CODE.methodNotFound, 'Method not found'));
        return;
      case 'logging/setLevel':
        this.#setLevel(request);
        return;
      case 'tools/call':
        // Parse the request only if it may name one of the hub's tools.
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
    if (isLevel) this.#ports.links.setLevel();
    const { home } = this.#ports.links;
    // An active instance answers for itself. One that is away is asked only if it is known to have log levels.
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

  /** Forwards `instances_call` as the `tools/call` that it contains, including `_meta`. */
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
    link.request(frame, rawId, 'tools/call', null, link !== links.home);
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

  /** Forwards a request to the session's home, after start-up if it has none yet. */
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

/** Methods that instances know: without a home the answer is `NOT_CONNECTED`, not "method not found". */
const KNOWN_METHODS = /^(resources|prompts|completion|tasks|tools)\//;
