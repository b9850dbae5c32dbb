import { useEffect, useRef } from 'preact/hooks';
import type { Step } from '../messages.ts';

declare const CHARTS: Readonly<Record<string, string>>;

interface Props {
  readonly chart: 'hub' | 'instance' | 'binding';
  /** As the chart has it, `active.idle`; null lights nothing. */
  readonly state: string | null;
  readonly last: Step | null;
}

/** A statechart: the states that are active are lit, the arrows that led there are marked. */
export function Chart({ chart, state, last }: Props) {
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const { current } = box;
    if (current === null) return;
    for (const node of current.querySelectorAll('[data-state]')) {
      const path = node.getAttribute('data-state') ?? '';
      node.classList.toggle('is-active', state === path || (state ?? '').startsWith(`${path}.`));
    }
    const taken = new Set((last?.arrows ?? []).map(([from, to]) => `${from} ${to}`));
    for (const arrow of current.querySelectorAll('[data-from]')) {
      const way = `${arrow.getAttribute('data-from')} ${arrow.getAttribute('data-to')}`;
      arrow.classList.toggle('is-last', taken.has(way));
    }
  });
  const words = `Statechart of ${chart === 'hub' ? 'the hub' : `the ${chart}`}${state === null ? '' : `, in ${state}`}`;
  return (
    <div
      ref={box}
      class="chart-box"
      role="img"
      aria-label={words}
      data-active={state}
      // Drawn from our own charts when the page was built.
      dangerouslySetInnerHTML={{ __html: CHARTS[chart] ?? '' }}
    />
  );
}
