import type { InstanceViewRow, Step } from '../messages.ts';
import { Chart } from './chart.tsx';
import { State } from './instance-list.tsx';
import { Timeline } from './timeline.tsx';
import { useNow } from './use-now.ts';
import { since, until } from './words.ts';

interface Props {
  readonly row: InstanceViewRow;
  readonly steps: readonly Step[];
  reconnect(): void;
}

/** One instance: its facts, its chart and its history. */
export function InstanceDetail({ row, steps, reconnect }: Props) {
  const now = useNow();
  const canReconnect = row.state === 'retrying' || row.state === 'dead';
  const facts: readonly (readonly [string, string])[] = [
    ['id', row.id],
    ['project', row.path],
    ['port', String(row.port)],
    ['pid', String(row.pid ?? 'unknown')],
    ['in this state for', since(row.state_changed_at, now)],
    ['retries', String(row.retry_count)],
    ['next retry in', until(row.next_retry_at, now) || '–'],
    ['calls in flight', String(row.calls_in_flight)],
    ['sessions', String(row.sessions)],
    [
      'last activity',
      row.last_activity === null ? 'never' : `${since(row.last_activity, now)} ago`,
    ],
    ['ping time', row.response_time_ms === null ? '–' : `${Math.round(row.response_time_ms)} ms`],
    ['missed pings', String(row.missed_pings)],
  ];
  return (
    <section aria-labelledby="instance-name" class="detail">
      <header>
        <h2 id="instance-name">{row.name}</h2>
        <span aria-live="polite">
          <State state={row.state} />
        </span>
        <button type="button" disabled={!canReconnect} onClick={reconnect}>
          Reconnect now
        </button>
      </header>
      {row.state !== 'active' && row.last_error !== null && (
        <p class="failure">
          <strong>{row.last_error.code}</strong> {row.last_error.message}
        </p>
      )}
      <dl class="facts-table">
        {facts.map(([term, fact]) => (
          <div key={term}>
            <dt>{term}</dt>
            <dd>{fact}</dd>
          </div>
        ))}
      </dl>
      <Chart chart="instance" state={row.value} last={row.last} />
      <h3>History</h3>
      <Timeline steps={steps} withActors={false} />
    </section>
  );
}
