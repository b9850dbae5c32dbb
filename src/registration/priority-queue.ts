/** How many deleted members the heap may hold in excess of the remaining ones. */
const SLACK = 32;

/** A set with fast access to its first member in order. Adding, deleting and taking the first cost O(log n), amortized. */
export class PriorityQueue<T> implements Iterable<T> {
  readonly #compare: (a: T, b: T) => number;
  readonly #members = new Set<T>();
  /** A binary heap. Deleted members stay in it until they come first or there are too many. */
  #heap: T[] = [];

  /** `compare` is negative when `a` comes before `b`; it must not change while both are in the queue. */
  constructor(compare: (a: T, b: T) => number) {
    this.#compare = compare;
  }

  get size(): number {
    return this.#members.size;
  }

  /** In the order in which members were added. */
  [Symbol.iterator](): Iterator<T> {
    return this.#members.values();
  }

  add(member: T): void {
    if (this.#members.has(member)) return;
    this.#members.add(member);
    this.#raise(this.#heap.push(member) - 1, member);
  }

  delete(member: T): void {
    this.#members.delete(member);
    if (this.#heap.length <= 2 * this.#members.size + SLACK) return;
    // A sorted array is a heap.
    this.#heap = [...this.#members].sort(this.#compare);
  }

  /** The first member, without removing it. Undefined if there is none. */
  first(): T | undefined {
    for (;;) {
      const [first] = this.#heap;
      if (first === undefined || this.#members.has(first)) return first;
      const last = this.#heap.pop();
      if (last !== undefined && this.#heap.length > 0) this.#sink(last);
    }
  }

  #raise(from: number, member: T): void {
    let at = from;
    while (at > 0) {
      const above = (at - 1) >> 1;
      const parent = this.#heap[above];
      if (parent === undefined || this.#compare(member, parent) >= 0) break;
      this.#heap[at] = parent;
      at = above;
    }
    this.#heap[at] = member;
  }

  /** Replaces the top with a member and moves it down to its place. */
  #sink(member: T): void {
    let at = 0;
    for (;;) {
      const left = 2 * at + 1;
      const [a, b] = [this.#heap[left], this.#heap[left + 1]];
      if (a === undefined) break;
      const isRight = b !== undefined && this.#compare(b, a) < 0;
      const child = isRight ? b : a;
      if (this.#compare(member, child) <= 0) break;
      this.#heap[at] = child;
      at = isRight ? left + 1 : left;
    }
    this.#heap[at] = member;
  }
}
