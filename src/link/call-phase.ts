/**
 * Where a call is on its way:
 *
 * - `ready`: can be posted, now or as soon as a slot is free.
 * - `queued`: waits for the link to open, for a limited time.
 * - `posted`: an exchange carries it, but it is not on the wire yet: nobody can have taken it.
 * - `sent`: on the wire. Whether the instance has taken it can't be known any more.
 * - `resumed`: its stream was cut after an event with an id, so that the instance has taken it.
 * - `accepted`: the instance answered 202, so that the answer can only come on the standing stream.
 * - `done`: answered, failed or cancelled.
 */
export type CallPhase = 'ready' | 'queued' | 'posted' | 'sent' | 'resumed' | 'accepted' | 'done';

/** What happens to a call. `returned`: the instance has not taken it, and it can be sent as if for the first time. */
export type CallEvent =
  | 'queued'
  | 'dequeued'
  | 'posted'
  | 'sent'
  | 'resumed'
  | 'accepted'
  | 'returned'
  | 'finished';

const NEXT: Readonly<Record<CallPhase, Readonly<Partial<Record<CallEvent, CallPhase>>>>> = {
  ready: { queued: 'queued', posted: 'posted', finished: 'done' },
  queued: { dequeued: 'ready', posted: 'posted', finished: 'done' },
  // A response proves that the request was sent, whether or not that was reported.
  posted: {
    sent: 'sent',
    resumed: 'resumed',
    accepted: 'accepted',
    returned: 'ready',
    finished: 'done',
  },
  sent: { resumed: 'resumed', accepted: 'accepted', returned: 'ready', finished: 'done' },
  // From here on it can't be returned: the instance has taken it, and nothing that was taken is sent again.
  resumed: { accepted: 'accepted', finished: 'done' },
  accepted: { finished: 'done' },
  done: {},
};

/** The phase after `event`, or null when the event means nothing in this phase. */
export function nextPhase(phase: CallPhase, event: CallEvent): CallPhase | null {
  return NEXT[phase][event] ?? null;
}

/** Whether the request is or was on the wire, and nobody has answered it yet. */
export function isOnWire(phase: CallPhase): boolean {
  return phase === 'sent' || phase === 'resumed' || phase === 'accepted';
}
