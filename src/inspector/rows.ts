import type { HubActor } from '../../machines/hub.ts';
import { instanceRows } from '../views/instance-row.ts';
import { instanceContext, instanceRef, sessionContexts, sessionRef } from '../views/selectors.ts';
import { pathOf } from '../views/state-path.ts';
import type { ReadTraffic } from '../views/traffic.ts';
import type { ActorRow, HubRow, InstanceViewRow, SessionViewRow, Step } from './messages.ts';

/** What rows are made of beside the hub's snapshots. */
export interface RowSource {
  readonly actor: HubActor;
  readonly trafficOf: ReadTraffic;
  /** Who a session's agent says it is, or null. */
  agentOf(sessionId: string): string | null;
}

/** The names of the actors that live: the hub, then its instances and sessions. */
export function livingActors({ actor }: RowSource): string[] {
  const { children } = actor.getSnapshot();
  const isAlive = (name: string) => children[name]?.getSnapshot().status === 'active';
  return ['hub', ...Object.keys(children).filter(isAlive)];
}

/** The rows of actors by their names, `last` being the steps that led to their states. Who lives no more has none. */
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
  return contexts.flatMap(({ registration: { id, file }, missedPings, responseTime }, index) => {
    const row = rows[index];
    if (row === undefined) return [];
    const actor = `instance:${id}`;
    return {
      ...row,
      actor,
      chart: 'instance',
      value: pathOf(instanceRef(hub, id)?.getSnapshot().value) ?? '',
      last: last.get(actor) ?? null,
      file,
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
    instance_id: session.instanceId,
  };
}
