import { useEffect, useRef } from 'preact/hooks';
import type { Step } from '../messages.ts';

declare const CHARTS: Readonly<Record<string, string>>;

interface Props {
  readonly chart: 'hub' | 'instance' | 'binding';
  /** The state path, such as `active.idle`; null highlights nothing. */
  readonly state: string | null;
  readonly last: Step | null;
}

/** A statechart with its active states and the arrows of the last transition highlighted. */
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
      const key = `${arrow.getAttribute('data-from')} ${arrow.getAttribute('data-to')}`;
      arrow.classList.toggle('is-last', taken.has(key));
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
      // Generated from our own charts at build time.
      dangerouslySetInnerHTML={{ __html: CHARTS[chart] ?? '' }}
    />
  );
}
