import type { HubView } from '../hub-view.ts';
import type { ActorRow } from '../messages.ts';
import { Chart } from './chart.tsx';

/** The hub and its sessions. */
export function HubDetail({ hub }: { readonly hub: HubView }) {
  const rows: ActorRow[] = [...hub.actors.values()];
  const own = rows.find((row) => row.chart === 'hub');
  const bindings = rows.filter((row) => row.chart === 'binding');
  const sessions = rows.filter((row) => row.chart === 'session');
  return (
    <section class="detail" aria-label="Hub and sessions">
      <h2>Hub</h2>
      <Chart chart="hub" state={own?.value ?? null} last={own?.last ?? null} />
      {sessions.map((session) => (
        <section key={session.actor} aria-label={`Session ${session.id}`}>
          <h2>
            {session.agent ?? 'Unknown agent'} <span class="dim">{session.id}</span>
          </h2>
          {session.instance_id === null && <p>Not connected to an instance.</p>}
          {bindings
            .filter(({ session_id }) => session_id === session.id)
            .map(({ actor, instance_id, role, value, last }) => (
              <div key={actor}>
                <p>
                  {role === 'home' ? 'Connected to' : 'Calls'} {instance_id}.{' '}
                  <span class="dim">{value}</span>
                </p>
                <Chart chart="binding" state={value} last={last} />
              </div>
            ))}
        </section>
      ))}
    </section>
  );
}
