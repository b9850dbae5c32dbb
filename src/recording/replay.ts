import type { Recording } from './format.ts';
import { Life, type Step } from './life.ts';

export interface Replayed {
  readonly actors: number;
  readonly events: number;
  readonly steps: readonly Step[];
  /** Where an actor goes another way than it went: the first such place of each. */
  readonly differences: readonly string[];
}

/**
 * Runs every hub, instance and session of a recording again, on the charts as they are now and on the time of then. What
 * an actor does follows from what it is told and what it reads; so each is run from its own lines, in their order.
 */
export function replay({ lines }: Recording): Replayed {
  const lives = new Map<string, Life>();
  for (const line of lines) {
    if ('actor' in line) {
      const life = Life.of(line.name);
      if (life !== null) lives.set(line.actor, life);
    } else {
      lives.get(line.of)?.note(line);
      if ('event' in line && line.event.type.startsWith('xstate.error.actor.')) {
        lives.get(line.from ?? '')?.noteCrash();
      }
    }
  }
  if (!lines.some((line) => 'state' in line && line.state === 'stopped')) {
    for (const life of lives.values()) life.noteCut();
  }
  const steps: Step[] = [];
  let events = 0;
  for (const line of lines) {
    const life = 'event' in line ? lives.get(line.of) : undefined;
    if (life === undefined || !('event' in line)) continue;
    events += 1;
    const step = life.take(line.event, line.at);
    if (step !== null) steps.push(step);
  }
  const differences = [...lives.values()].flatMap((life) => life.difference() ?? []);
  return { actors: lives.size, events, steps, differences };
}
