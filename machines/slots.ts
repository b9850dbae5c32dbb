/** Connection attempts of newly discovered instances that may run at once. */
export const CONNECTION_SLOTS = 16;

/** Ids in one portion of the queue. */
const PORTION = 64;

/** Whose first attempt runs, and who waits for theirs, by id. A start is over when there is nobody. */
export interface Slots {
  readonly holders: readonly string[];
  /** In order and in portions: a change copies two short arrays, however many wait. */
  readonly queue: readonly (readonly string[])[];
}

export const NO_SLOTS: Slots = { holders: [], queue: [] };

export function isIdle({ holders, queue }: Slots): boolean {
  return holders.length === 0 && queue.length === 0;
}

/** How many hold a slot or wait for one. */
export function countOf({ holders, queue }: Slots): number {
  return queue.reduce((count, portion) => count + portion.length, holders.length);
}

/** With `id` at the end of the queue. */
export function queued({ holders, queue }: Slots, id: string): Slots {
  const last = queue.at(-1);
  return last === undefined || last.length === PORTION
    ? { holders, queue: [...queue, [id]] }
    : { holders, queue: [...queue.slice(0, -1), [...last, id]] };
}

/** Without `id`, which holds a slot, waits for one, or neither. */
export function freed(slots: Slots, id: string): Slots {
  const { holders, queue } = slots;
  // There are few holders, and nobody is both.
  if (holders.includes(id)) return { holders: holders.filter((each) => each !== id), queue };
  const index = queue.findIndex((portion) => portion.includes(id));
  const portion = queue[index];
  if (portion === undefined) return slots;
  const rest = portion.filter((each) => each !== id);
  return { holders, queue: queue.toSpliced(index, 1, ...(rest.length > 0 ? [rest] : [])) };
}

/** The slots after those that are free went to the first of the queue, and who got one. */
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
