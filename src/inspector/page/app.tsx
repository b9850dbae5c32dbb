import { useEffect, useReducer, useState } from 'preact/hooks';
import { originKey, originText } from '../../origin.ts';
import { outerState } from '../../views/state-path.ts';
import type { HubView } from '../hub-view.ts';
import { HubDetail } from './hub-detail.tsx';
import { InstanceDetail } from './instance-detail.tsx';
import { InstanceList } from './instance-list.tsx';
import { Stately } from './stately.tsx';
import { instancesOf, type Store } from './store.ts';
import { Timeline } from './timeline.tsx';

const STATES = ['active', 'retrying', 'dead', 'connecting', 'discovered'];

/** Renders when the store changes, at most once per frame. */
function useStore(store: Store): void {
  const [, redraw] = useReducer<number, void>((count) => count + 1, 0);
  useEffect(() => {
    let due = false;
    store.subscribe(() => {
      if (due) return;
      due = true;
      requestAnimationFrame(() => {
        due = false;
        redraw();
      });
    });
    redraw();
  }, [store]);
}

export function App({ store }: { readonly store: Store }) {
  useStore(store);
  const [chosen, choose] = useState<string | null>(null);
  const hubs = [...store.hubs.values()];
  const hub = hubs.find(({ id }) => id === chosen) ?? hubs[0];
  return (
    <>
      <header class="top">
        <h1>Signalbox</h1>
        {hubs.length > 1 && (
          <label>
            Hub{' '}
            <select value={hub?.id} onChange={(event) => choose(event.currentTarget.value)}>
              {hubs.map((each) => (
                <option key={each.id} value={each.id}>
                  {labelOf(each)}
                </option>
              ))}
            </select>
          </label>
        )}
        {hubs.length === 1 && hub !== undefined && <span class="dim">{labelOf(hub)}</span>}
        <span class="grow" />
        {!store.connected && (
          <strong role="status" class="failure">
            Connection lost. Is signalbox still running? Reconnecting…
          </strong>
        )}
        <Stately />
      </header>
      {hub === undefined ? <NoHub isConnected={store.connected} /> : <Hub key={hub.id} hub={hub} />}
    </>
  );
}

function NoHub({ isConnected }: { readonly isConnected: boolean }) {
  if (!isConnected) return null;
  return (
    <p class="empty">
      No hub is running. Agents start one with <code>signalbox hub</code>; it appears here
      automatically.
    </p>
  );
}

function Hub({ hub }: { readonly hub: HubView }) {
  const [filter, setFilter] = useState({ text: '', state: '' });
  const [selected, select] = useState<string | null>(null);
  const [isHubShown, showHub] = useState(false);
  const all = instancesOf(hub, { text: '', state: '' });
  const rows = instancesOf(hub, filter);
  const row = all.find(({ id }) => id === selected) ?? (selected === null ? rows[0] : undefined);
  const found = filter.text === '' ? null : new Set(rows.map(({ actor }) => actor));
  const steps = hub.steps.filter(
    ({ actor, to }) =>
      (filter.state === '' || outerState(to) === filter.state) && found?.has(actor) !== false,
  );
  const reconnect = (id: string) =>
    void fetch('reconnect', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ hub: hub.id, id }),
    });
  return (
    <main class="hub">
      <nav class="side" aria-label="Instances">
        <search class="filter">
          <input
            type="search"
            placeholder="name, path or id"
            aria-label="Filter instances by name, path or id"
            value={filter.text}
            onInput={(event) => setFilter({ ...filter, text: event.currentTarget.value })}
          />
          <select
            aria-label="Filter by state"
            value={filter.state}
            onChange={(event) => setFilter({ ...filter, state: event.currentTarget.value })}
          >
            <option value="">all states</option>
            {STATES.map((state) => (
              <option key={state} value={state}>
                {`${state} (${all.filter((row) => row.state === state).length})`}
              </option>
            ))}
          </select>
        </search>
        {all.length === 0 ? (
          <p class="empty">
            No instances are registered. To register a running server, run{' '}
            <code>signalbox register --name NAME --port PORT</code>
          </p>
        ) : (
          <InstanceList
            rows={rows}
            total={all.length}
            selected={isHubShown ? null : (row?.id ?? null)}
            select={(id) => {
              select(id);
              showHub(false);
            }}
          />
        )}
        <button type="button" aria-pressed={isHubShown} onClick={() => showHub(!isHubShown)}>
          Hub and sessions
        </button>
      </nav>
      {isHubShown && <HubDetail hub={hub} />}
      {!isHubShown && row !== undefined && (
        <InstanceDetail
          row={row}
          steps={hub.steps.filter(({ actor }) => actor === row.actor)}
          reconnect={() => reconnect(row.id)}
        />
      )}
      {!isHubShown && row === undefined && selected !== null && (
        <p class="empty detail">This instance is gone: its registration was removed.</p>
      )}
      <aside class="log" aria-label="Timeline">
        <h2>Timeline</h2>
        <Timeline steps={steps} withActors={true} />
        {hub.refusals.length > 0 && (
          <>
            <h2>Refused registrations</h2>
            <ul class="refusals">
              {hub.refusals.map(({ origin, reason }) => (
                <li key={`${originKey(origin)} ${reason}`}>
                  <code>{originText(origin)}</code> {reason}
                </li>
              ))}
            </ul>
          </>
        )}
      </aside>
    </main>
  );
}

function labelOf({ facts, id }: HubView): string {
  return facts === null ? id : `${facts.directory} · pid ${facts.pid} · ${facts.version}`;
}
