/** Who of several has subscribed to which resource, where the server knows only one subscriber. */
export class Subscribers<Who> {
  readonly #byUri = new Map<unknown, Set<Who>>();

  /** Notes a request. False: the server need not hear of it, it has been told or must not be told yet. */
  note(method: string, uri: unknown, who: Who): boolean {
    const known = this.#byUri.get(uri) ?? new Set();
    if (method === 'resources/subscribe') {
      this.#byUri.set(uri, known.add(who));
      return known.size === 1;
    }
    if (method !== 'resources/unsubscribe') return true;
    known.delete(who);
    if (known.size === 0) this.#byUri.delete(uri);
    return known.size === 0;
  }

  of(uri: unknown): Iterable<Who> {
    return this.#byUri.get(uri) ?? [];
  }

  /** Forgets one; returns the resources that nobody is left for. */
  leave(who: Who): unknown[] {
    const subscribed = [...this.#byUri].filter(([, known]) => known.has(who)).map(([uri]) => uri);
    return subscribed.filter((uri) => this.note('resources/unsubscribe', uri, who));
  }

  clear(): void {
    this.#byUri.clear();
  }
}
