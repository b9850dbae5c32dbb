import type { Recording } from './format.ts';
import { ReplayedActor, type Step } from './replayed-actor.ts';

export interface Replayed {
  readonly actors: number;
  readonly events: number;
  readonly steps: readonly Step[];
  /** The first difference from the recording, for each actor that has one. */
  readonly differences: readonly string[];
}

/**
 * Replays every hub, instance and session of a recording with the current charts and the recorded time. The behaviour of an
 * actor depends only on the events it receives and the values it reads, so each is replayed from its own lines, in order.
 */
export function replay({ lines }: Recording): Replayed {
  const actors = new Map<string, ReplayedActor>();
  const latest = new Map<string, ReplayedActor>();
  for (const line of lines) {
    if ('actor' in line) {
      const actor = ReplayedActor.of(line.name);
      if (actor === null) continue;
      actors.set(line.actor, actor);
      latest.set(line.name, actor);
    } else {
      actors.get(line.of)?.note(line);
      if ('event' in line && line.event.type.startsWith('xstate.error.actor.')) {
        latest.get(String(line.event['actorId']))?.noteCrash();
      }
    }
  }
  if (!lines.some((line) => 'state' in line && line.state === 'stopped')) {
    for (const actor of actors.values()) actor.noteCut();
  }
  const steps: Step[] = [];
  let events = 0;
  for (const line of lines) {
    const actor = 'event' in line ? actors.get(line.of) : undefined;
    if (actor === undefined || !('event' in line)) continue;
    events += 1;
    const step = actor.take(line.event, line.at);
    if (step !== null) steps.push(step);
  }
  const differences = [...actors.values()].flatMap((actor) => actor.difference() ?? []);
  return { actors: actors.size, events, steps, differences };
}
