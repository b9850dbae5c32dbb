/** Tracks which clients have subscribed to which resource. To the server they are one subscriber. */
export class Subscribers<Who> {
  readonly #byUri = new Map<unknown, Set<Who>>();

  /** Records a request. False if the server must not get it, because other clients' subscriptions make it redundant. */
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

  /** Removes a client. Returns the resources that have no subscribers left. */
  leave(who: Who): unknown[] {
    const subscribed = [...this.#byUri].filter(([, known]) => known.has(who)).map(([uri]) => uri);
    return subscribed.filter((uri) => this.note('resources/unsubscribe', uri, who));
  }

  clear(): void {
    this.#byUri.clear();
  }
}
