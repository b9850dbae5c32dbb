import { charts } from '../drawing/charts.ts';
import { mermaid } from '../drawing/mermaid.ts';
import { instanceRow, instanceRows } from '../views/instance-row.ts';
import { formerIds, type HubSnapshot, instanceContexts } from '../views/selectors.ts';
import { instanceWithId } from './find-instance.ts';
import type { SessionPorts } from './ports.ts';

/** JSON snapshots of the instances. */
const ALL = 'signalbox://instances';

const CHARTS = 'signalbox://statecharts/';

/** @see https://www.iana.org/assignments/media-types/text/vnd.mermaid */
const MERMAID = 'text/vnd.mermaid';

type Ports = Pick<SessionPorts, 'hub' | 'id'>;

export function instanceUri(id: string): string {
  return `${ALL}/${id}`;
}

/** The hub's resources as `resources/list` shows them. */
export function hubResources({ hub }: Ports): object[] {
  return [
    {
      uri: ALL,
      name: 'instances',
      title: 'Instances',
      description: 'All instances and their states. Subscribers get an update at every transition.',
      mimeType: 'application/json',
    },
    ...instanceContexts(hub.getSnapshot()).map(({ registration: { id, name } }) => ({
      uri: instanceUri(id),
      name: `instance ${id}`,
      title: name,
      description: `State of instance ${name}`,
      mimeType: 'application/json',
    })),
    ...Array.from(charts.keys(), (name) => ({
      uri: `${CHARTS}${name}`,
      name: `statechart ${name}`,
      title: `Statechart of a ${name}`,
      description: `The states and transitions of a ${name} as a Mermaid diagram.`,
      mimeType: MERMAID,
    })),
  ];
}

/** Whether this is the URI of one of the hub's resources. */
export function isHubResource(uri: unknown): uri is string {
  return typeof uri === 'string' && uri.startsWith('signalbox://');
}

/** The contents of a resource of the hub, or null if there is none with this URI. */
export function readHubResource(
  { hub, id: sessionId, trafficOf }: Ports & Pick<SessionPorts, 'trafficOf'>,
  uri: string,
): object | null {
  const snapshot = hub.getSnapshot();
  const show = (value: unknown) => ({
    contents: [{ uri, mimeType: 'application/json', text: JSON.stringify(value, null, 2) }],
  });
  if (uri === ALL) {
    return show(instanceRows(snapshot, instanceContexts(snapshot), trafficOf, sessionId));
  }
  const chart = uri.startsWith(CHARTS) ? charts.get(uri.slice(CHARTS.length)) : undefined;
  if (chart !== undefined) return { contents: [{ uri, mimeType: MERMAID, text: mermaid(chart) }] };
  if (!uri.startsWith(`${ALL}/`)) return null;
  const found = instanceWithId(snapshot, uri.slice(ALL.length + 1));
  return found === undefined ? null : show(instanceRow(snapshot, found, trafficOf, sessionId));
}

/** The URIs of the resources that change when instance `id` does. */
export function urisOf(hub: HubSnapshot, id: string): string[] {
  return [ALL, ...[id, ...formerIds(hub, id)].map(instanceUri)];
}
