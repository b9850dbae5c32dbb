import type { Refusal } from '../../machines/model.ts';
import type { ActorRow, HubFacts, HubMessage, Step } from './messages.ts';

/** Maximum number of steps kept per hub. */
const KEPT = 2_000;

/** The state of a hub according to its messages so far. Unchanged rows stay the same objects. */
export class HubView {
  /** Identifies the view to its creator. */
  readonly id: string;
  /** Null until the first message. */
  facts: HubFacts | null = null;
  /** Whether all actors and refusals that there were at first have been received. */
  isComplete = false;
  readonly actors = new Map<string, ActorRow>();
  refusals: readonly Refusal[] = [];
  /** Oldest first. */
  steps: readonly Step[] = [];

  constructor(id: string) {
    this.id = id;
  }

  take(message: HubMessage): void {
    switch (message.type) {
      case 'hub':
        this.facts = message.facts;
        break;
      case 'actors':
        for (const row of message.actors) this.actors.set(row.actor, row);
        break;
      case 'ended':
        for (const actor of message.actors) this.actors.delete(actor);
        break;
      case 'refusals':
        this.refusals = message.refusals;
        break;
      case 'complete':
        this.isComplete = true;
        break;
      case 'steps':
        this.steps = [...this.steps, ...message.steps].slice(-KEPT);
        break;
      case 'frames':
        break;
    }
  }
}
