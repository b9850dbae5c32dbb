import type { HubView } from '../hub-view.ts';
import type { ActorRow } from '../messages.ts';
import { Chart } from './chart.tsx';

/** The hub itself and the agents at it. */
export function HubDetail({ hub }: { readonly hub: HubView }) {
  const rows: ActorRow[] = [...hub.actors.values()];
  const own = rows.find((row) => row.chart === 'hub');
  const sessions = rows.filter((row) => row.chart === 'session');
  return (
    <section class="detail" aria-label="Hub and sessions">
      <h2>Hub</h2>
      <Chart chart="hub" state={own?.value ?? null} last={own?.last ?? null} />
      {sessions.map((session) => (
        <section key={session.actor} aria-label={`Session ${session.id}`}>
          <h2>
            {session.agent ?? 'An agent'} <span class="dim">{session.id}</span>
          </h2>
          <p>
            {session.instance_id === null
              ? 'Not connected to an instance.'
              : `Connected to ${session.instance_id}.`}{' '}
            <span class="dim">{session.value}</span>
          </p>
          <Chart chart="session" state={session.value} last={session.last} />
        </section>
      ))}
    </section>
  );
}
