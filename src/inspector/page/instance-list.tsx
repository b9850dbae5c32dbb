import { memo } from 'preact/compat';
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import type { InstanceViewRow } from '../messages.ts';
import { useNow } from './use-now.ts';
import { since, until } from './words.ts';

/** Number of rows rendered above and below the visible ones. */
const MARGIN = 8;

interface Props {
  readonly rows: readonly InstanceViewRow[];
  /** Number of instances without the filter. */
  readonly total: number;
  readonly selected: string | null;
  select(id: string): void;
}

/** The instances of a hub. Renders only the visible rows. */
export function InstanceList({ rows, total, selected, select }: Props) {
  const box = useRef<HTMLDivElement>(null);
  const [viewport, setViewport] = useState({ top: 0, height: 600, row: 48 });
  const now = useNow();
  const measure = () => {
    const { current } = box;
    if (current === null) return;
    const row = Number.parseFloat(getComputedStyle(current).getPropertyValue('--row')) || 48;
    setViewport({ top: current.scrollTop, height: current.clientHeight, row });
  };
  useLayoutEffect(measure, []);
  useEffect(() => {
    addEventListener('resize', measure);
    return () => removeEventListener('resize', measure);
  }, []);
  const first = Math.max(0, Math.floor(viewport.top / viewport.row) - MARGIN);
  const last = Math.min(
    rows.length,
    Math.ceil((viewport.top + viewport.height) / viewport.row) + MARGIN,
  );
  const at = rows.findIndex(({ id }) => id === selected);

  const go = (index: number) => {
    const row = rows[Math.max(0, Math.min(rows.length - 1, index))];
    const { current } = box;
    if (row === undefined || current === null) return;
    select(row.id);
    const top = rows.indexOf(row) * viewport.row;
    if (top < current.scrollTop) current.scrollTop = top;
    const bottom = top + viewport.row - current.clientHeight;
    if (bottom > current.scrollTop) current.scrollTop = bottom;
  };
  const page = Math.max(1, Math.floor(viewport.height / viewport.row) - 1);
  const keys: Record<string, number> = {
    ArrowDown: at + 1,
    ArrowUp: at - 1,
    PageDown: at + page,
    PageUp: at - page,
    Home: 0,
    End: rows.length - 1,
  };

  return (
    <div
      ref={box}
      class="list"
      role="listbox"
      aria-label={`Instances, ${rows.length} of ${total}`}
      aria-activedescendant={at < 0 ? undefined : `row-${at}`}
      tabIndex={0}
      onScroll={measure}
      onKeyDown={(event) => {
        const index = keys[event.key];
        if (index === undefined) return;
        event.preventDefault();
        go(index);
      }}
    >
      <div
        class="all"
        ref={(all) => all?.style.setProperty('height', `${rows.length * viewport.row}px`)}
      >
        {rows.slice(first, last).map((row, offset) => (
          <Row
            key={row.id}
            row={row}
            index={first + offset}
            count={rows.length}
            top={(first + offset) * viewport.row}
            isSelected={row.id === selected}
            time={since(row.state_changed_at, now)}
            next={until(row.next_retry_at, now)}
            select={select}
          />
        ))}
      </div>
    </div>
  );
}

interface RowProps {
  readonly row: InstanceViewRow;
  readonly index: number;
  readonly count: number;
  readonly top: number;
  readonly isSelected: boolean;
  readonly time: string;
  readonly next: string;
  select(id: string): void;
}

const Row = memo(function Row(props: RowProps) {
  const { row, index, count, top, isSelected, time, next, select } = props;
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the list handles the keys
    <div
      id={`row-${index}`}
      class="row"
      role="option"
      aria-selected={isSelected}
      aria-posinset={index + 1}
      aria-setsize={count}
      tabIndex={-1}
      ref={(element) => element?.style.setProperty('transform', `translateY(${top}px)`)}
      onClick={() => select(row.id)}
    >
      <div>
        <State state={row.state} />
        <span class="name">{row.name}</span>
        <span class="time">{time}</span>
      </div>
      <div class="dim">
        <span class="path">
          <bdi>{row.path}</bdi>
        </span>
        <span>{factsOf(row, next)}</span>
      </div>
    </div>
  );
});

function factsOf({ calls_in_flight, retry_count, port }: InstanceViewRow, next: string): string {
  return [
    ...(calls_in_flight > 0 ? [`${calls_in_flight} in flight`] : []),
    ...(retry_count > 0 ? [`retry ${retry_count}`] : []),
    ...(next === '' ? [] : [`next in ${next}`]),
    `:${port}`,
  ].join(' · ');
}

/** The name of a state in its colour. */
export function State({ state }: { readonly state: string }) {
  return (
    <span class="state-word" data-shown={state}>
      {state}
    </span>
  );
}
