import type { HubActor } from '../../machines/hub.ts';
import type { AgentInfo } from '../../machines/model.ts';
import type { Config } from '../config/config.ts';
import { Backlog } from '../link/backlog.ts';
import { type LinkSurroundings, Links } from '../link/links.ts';
import { ServerRequests } from '../link/server-requests.ts';
import type { Logger } from '../log.ts';
import { SELF } from '../self.ts';
import { AgentSession } from '../server/agent-session.ts';
import { limitSize } from '../server/limit-size.ts';
import { Outflow } from '../server/outflow.ts';
import type { AgentMemory, LinksPort, SessionPorts } from '../server/ports.ts';
import { VERSION } from '../version.ts';
import { instanceRow } from '../views/instance-row.ts';
import { homeOf, instanceContext, sessionRef } from '../views/selectors.ts';
import type { Frame } from '../wire/frame.ts';

/**
 * Sends a frame to an agent. `about` is the JSON text of the id of the agent's request that a notification or request belongs
 * to, or null; answers name their request themselves. A returned promise asks for a pause until it is fulfilled.
 */
export type ToAgent = (frame: Frame, about: string | null) => Promise<void> | undefined;

/** What the links of all sessions need of the hub. */
export interface LinkNeeds extends Pick<LinkSurroundings, 'now' | 'onShort'> {
  traffic(instanceId: string): LinkSurroundings['traffic'];
  await(instanceId: string): () => void;
  guard(instanceId: string): ReturnType<LinkSurroundings['guard']>;
  onSuspected(instanceId: string): void;
}

export interface SessionsOptions {
  readonly config: Config;
  readonly log: Logger;
  readonly links: LinkNeeds;
  readonly trafficOf: SessionPorts['trafficOf'];
  /** Resolves when start-up discovery has settled. */
  readonly discovered: Promise<void>;
}

interface SessionRecord {
  readonly session: AgentSession;
  readonly links: Links;
  readonly memory: AgentMemory;
}

/** The agent sessions of a hub, one record each. */
export class Sessions {
  readonly #hub: HubActor;
  readonly #options: SessionsOptions;
  readonly #records = new Map<string, SessionRecord>();
  #last = 0;

  constructor(hub: HubActor, options: SessionsOptions) {
    this.#hub = hub;
    this.#options = options;
  }

  /** Opens a session for an agent. */
  open(toAgent: ToAgent): AgentSession {
    this.#last += 1;
    const id = `session-${this.#last}`;
    const { config, log, trafficOf, discovered } = this.#options;
    const outflow = new Outflow();
    const send: ToAgent = (frame, about) => {
      const fit = limitSize(frame, config.maxMessage);
      if (fit === null) {
        log.warn('dropped a message that is too large for the agent', { session: id });
        return undefined;
      }
      const hold = toAgent(fit, about);
      outflow.sent(fit, hold);
      return hold;
    };
    const asks = new ServerRequests();
    const backlog = new Backlog();
    const memory: AgentMemory = { info: SELF, logLevel: null };
    const links = new Links((instanceId) => ({
      ...this.#linkTo(instanceId),
      agent: () => memory.info,
      logLevel: () => memory.logLevel,
      asks,
      backlog,
      toAgent: (frame, about) => {
        const hold = send(frame, about);
        session.answered();
        return hold;
      },
    }));
    const session = new AgentSession({
      id,
      hub: this.#hub,
      links: this.#portOf(id, links),
      asks,
      backlog,
      outflow,
      memory,
      toAgent: (frame) => send(frame, null),
      awaitInstance: this.#options.links.await,
      trafficOf,
      discovered,
      settings: {
        autoConnect: config.autoConnect,
        settle: config.settle,
        workingDirectory: process.cwd(),
        version: VERSION,
      },
      onClosed: () => this.#records.delete(id),
      log,
    });
    this.#records.set(id, { session, links, memory });
    this.#hub.send({ type: 'session.opened', id });
    return session;
  }

  /** The links of a session, undefined once it has ended. */
  linksOf(sessionId: string): Links | undefined {
    return this.#records.get(sessionId)?.links;
  }

  /** Who the agent of a session says it is; null before it has said so. */
  agentOf(sessionId: string): AgentInfo | null {
    const info = this.#records.get(sessionId)?.memory.info;
    return info === undefined || info === SELF ? null : info;
  }

  /** Ends all sessions. Resolves when the sessions at the instances have ended. */
  async closeAll(): Promise<void> {
    await Promise.allSettled(Array.from(this.#records.values(), ({ session }) => session.close()));
  }

  /** What a session's link to an instance needs of the hub. */
  #linkTo(instanceId: string) {
    const { config, log, links } = this.#options;
    return {
      log,
      now: links.now,
      callWait: config.callWait,
      openTimeout: config.policy.connectTimeout,
      maxMessage: config.maxMessage,
      onShort: links.onShort,
      target: () => {
        const found = instanceContext(this.#hub.getSnapshot(), instanceId);
        if (found?.state !== 'active' || found.peer === null) return null;
        const { token, nonce } = found.registration;
        return { endpoint: found.peer.endpoint, token, nonce };
      },
      describe: () => this.#describe(instanceId),
      traffic: links.traffic(instanceId),
      await: () => links.await(instanceId),
      guard: () => links.guard(instanceId),
      onSuspected: () => links.onSuspected(instanceId),
    };
  }

  #describe(instanceId: string) {
    const found = instanceContext(this.#hub.getSnapshot(), instanceId);
    if (found === undefined) return { name: instanceId, facts: {} };
    const row = instanceRow(this.#hub.getSnapshot(), found, this.#options.trafficOf);
    const { state, next_retry_at, last_error } = row;
    return { name: row.name, facts: { state, next_retry_at, last_error } };
  }

  #portOf(sessionId: string, links: Links): LinksPort {
    const hub = this.#hub;
    return {
      get home() {
        const id = homeOf(hub.getSnapshot(), sessionId);
        return id === null ? null : (links.get(id) ?? null);
      },
      get isIdle() {
        return links.isIdle;
      },
      use: (instanceId) => {
        const snapshot = hub.getSnapshot();
        const active = instanceContext(snapshot, instanceId)?.state === 'active';
        sessionRef(snapshot, sessionId)?.send({ type: 'session.use', instanceId, active });
        return links.get(instanceId) ?? null;
      },
      setLevel: () => links.setLevel(homeOf(hub.getSnapshot(), sessionId)),
      cancel: (rawId, frame) => links.cancel(rawId, frame),
      close: (code, reason) => links.closeAll(code, reason),
    };
  }
}
