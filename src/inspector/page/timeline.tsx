import { memo } from 'preact/compat';
import { outerState } from '../../views/state-path.ts';
import type { Step } from '../messages.ts';
import { State } from './instance-list.tsx';
import { clockTime, nameOfActor } from './words.ts';

/** Maximum number of steps shown. */
const MAX_SHOWN = 200;

interface Props {
  /** Oldest first. */
  readonly steps: readonly Step[];
  /** Whether to show the actor of each step. */
  readonly withActors: boolean;
}

/** Steps with their reasons, newest first. */
export function Timeline({ steps, withActors }: Props) {
  if (steps.length === 0) return <p class="dim">Nothing has happened yet.</p>;
  const newest = steps.slice(-MAX_SHOWN).reverse();
  return (
    <ol class="timeline">
      {newest.map((step) => (
        <Item key={`${step.at} ${step.actor} ${step.to}`} step={step} withActor={withActors} />
      ))}
    </ol>
  );
}

const Item = memo(function Item({ step, withActor }: { step: Step; withActor: boolean }) {
  const { at, actor, from, to, because } = step;
  return (
    <li>
      <time dateTime={at}>{clockTime(at)}</time>
      {withActor && <span class="name">{nameOfActor(actor)}</span>}
      <span>
        {from !== null && `${outerState(from)} → `}
        <State state={outerState(to)} />
      </span>
      <span class="dim because">{because}</span>
    </li>
  );
});
