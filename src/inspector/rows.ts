import type { HubActor } from '../../machines/hub.ts';
import { sessionActorId } from '../../machines/hub-children.ts';
import { bindingActorId } from '../../machines/session-setup.ts';
import { isAlive } from '../../machines/supervisor.ts';
import { instanceRows } from '../views/instance-row.ts';
import {
  bindingRefs,
  instanceContext,
  instanceRef,
  instanceRefs,
  sessionContexts,
  sessionRef,
} from '../views/selectors.ts';
import { pathOf } from '../views/state-path.ts';
import type { ReadTraffic } from '../views/traffic.ts';
import type {
  ActorRow,
  BindingViewRow,
  HubRow,
  InstanceViewRow,
  SessionViewRow,
  Step,
} from './messages.ts';

/** The data of rows in addition to the hub's snapshots. */
export interface RowSource {
  readonly actor: HubActor;
  readonly trafficOf: ReadTraffic;
  /** The name of a session's agent, or null. */
  agentOf(sessionId: string): string | null;
}

/** The names of the running actors: the hub, then its instances, its sessions and their bindings. */
export function livingActors({ actor }: RowSource): string[] {
  const hub = actor.getSnapshot();
  const sessions = sessionContexts(hub).map(({ id }) => sessionRef(hub, id));
  const bindings = sessionContexts(hub).flatMap(({ id, bindings }) =>
    bindings.map((instanceId) => bindingName(id, instanceId)),
  );
  const living = [...instanceRefs(hub), ...sessions.filter(isAlive)].map(({ id }) => id);
  return ['hub', ...living, ...bindings];
}

const bindingName = (sessionId: string, instanceId: string) =>
  `${sessionActorId(sessionId)}/${bindingActorId(instanceId)}`;

/** The rows of actors by name. `last` has the steps that led to their states. Ended actors have no row. */
export function rowsOf(
  source: RowSource,
  names: readonly string[],
  last: ReadonlyMap<string, Step>,
): ActorRow[] {
  const idsOf = (prefix: string) =>
    names.filter((name) => name.startsWith(prefix)).map((name) => name.slice(prefix.length));
  return [
    ...(names.includes('hub') ? [hubRow(source, last)] : []),
    ...viewRowsOfInstances(source, idsOf('instance:'), last),
    ...idsOf('session:').flatMap((id) => viewRowOfSession(source, id, last) ?? []),
    ...viewRowsOfBindings(source, new Set(names), last),
  ];
}

function hubRow({ actor }: RowSource, last: ReadonlyMap<string, Step>): HubRow {
  const value = pathOf(actor.getSnapshot().value) ?? '';
  return { actor: 'hub', chart: 'hub', value, last: last.get('hub') ?? null };
}

function viewRowsOfInstances(
  { actor: hubActor, trafficOf }: RowSource,
  ids: readonly string[],
  last: ReadonlyMap<string, Step>,
): InstanceViewRow[] {
  const hub = hubActor.getSnapshot();
  const contexts = ids.flatMap((id) => instanceContext(hub, id) ?? []);
  const rows = instanceRows(hub, contexts, trafficOf);
  return contexts.flatMap(({ registration: { id, origin }, missedPings, responseTime }, index) => {
    const row = rows[index];
    if (row === undefined) return [];
    const actor = `instance:${id}`;
    return {
      ...row,
      actor,
      chart: 'instance',
      value: pathOf(instanceRef(hub, id)?.getSnapshot().value) ?? '',
      last: last.get(actor) ?? null,
      origin,
      missed_pings: missedPings,
      response_time_ms: responseTime,
      calls_in_flight: trafficOf(id).callsInFlight,
    };
  });
}

function viewRowOfSession(
  source: RowSource,
  id: string,
  last: ReadonlyMap<string, Step>,
): SessionViewRow | null {
  const hub = source.actor.getSnapshot();
  const session = sessionContexts(hub).find((each) => each.id === id);
  if (session === undefined) return null;
  const actor = `session:${id}`;
  return {
    actor,
    chart: 'session',
    value: pathOf(sessionRef(hub, id)?.getSnapshot().value) ?? '',
    last: last.get(actor) ?? null,
    id,
    agent: source.agentOf(id),
    instance_id: session.home,
  };
}

function viewRowsOfBindings(
  { actor: hubActor }: RowSource,
  names: ReadonlySet<string>,
  last: ReadonlyMap<string, Step>,
): BindingViewRow[] {
  const hub = hubActor.getSnapshot();
  return sessionContexts(hub).flatMap(({ id: sessionId }) =>
    bindingRefs(hub, sessionId).flatMap((ref) => {
      const { context, value } = ref.getSnapshot();
      const { instanceId, role } = context;
      const actor = bindingName(sessionId, instanceId);
      if (!names.has(actor)) return [];
      return {
        ...{ actor, chart: 'binding' as const, role },
        value: pathOf(value) ?? '',
        last: last.get(actor) ?? null,
        session_id: sessionId,
        instance_id: instanceId,
      };
    }),
  );
}
