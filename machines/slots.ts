/** How many first connection attempts may run at once. */
export const CONNECTION_SLOTS = 16;

/** Ids in one chunk of the queue. */
const PORTION = 64;

/** The instances whose first attempt runs, and those waiting for theirs, by id. Start-up is over when both are empty. */
export interface Slots {
  readonly holders: readonly string[];
  /** In order and in chunks: a change copies two short arrays, however many instances wait. */
  readonly queue: readonly (readonly string[])[];
}

export const NO_SLOTS: Slots = { holders: [], queue: [] };

export function isIdle({ holders, queue }: Slots): boolean {
  return holders.length === 0 && queue.length === 0;
}

/** The number of instances that hold a slot or wait for one. */
export function countOf({ holders, queue }: Slots): number {
  return queue.reduce((count, portion) => count + portion.length, holders.length);
}

/** Adds `id` to the end of the queue. */
export function queued({ holders, queue }: Slots, id: string): Slots {
  const last = queue.at(-1);
  return last === undefined || last.length === PORTION
    ? { holders, queue: [...queue, [id]] }
    : { holders, queue: [...queue.slice(0, -1), [...last, id]] };
}

/** Removes `id`, whether it holds a slot, waits for one, or neither. */
export function freed(slots: Slots, id: string): Slots {
  const { holders, queue } = slots;
  // There are few holders, and an id can't be in both.
  if (holders.includes(id)) return { holders: holders.filter((each) => each !== id), queue };
  const index = queue.findIndex((portion) => portion.includes(id));
  const portion = queue[index];
  if (portion === undefined) return slots;
  const rest = portion.filter((each) => each !== id);
  return { holders, queue: queue.toSpliced(index, 1, ...(rest.length > 0 ? [rest] : [])) };
}

/** Gives free slots to the first ids in the queue. Returns the new slots and these ids. */
export function granted(slots: Slots): { readonly slots: Slots; readonly ids: readonly string[] } {
  const ids: string[] = [];
  let { queue } = slots;
  while (queue[0] !== undefined && slots.holders.length + ids.length < CONNECTION_SLOTS) {
    const [first = '', ...rest] = queue[0];
    ids.push(first);
    queue = rest.length > 0 ? [rest, ...queue.slice(1)] : queue.slice(1);
  }
  return { slots: { holders: [...slots.holders, ...ids], queue }, ids };
}
