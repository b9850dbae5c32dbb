import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { Origin, Refusal, RefusedOrigin, Registration } from '../../../machines/model.ts';
import { originKey } from '../../../src/origin.ts';
import { REFUSAL_CODES } from '../../../src/registration/refusal-codes.ts';
import type { Source } from '../../../src/registration/sources/source.ts';

/** A store with a source that reads it, for one test. Every write has taken place when its method resolves. */
export interface Store {
  /** A new source each time. */
  source(): Source;
  /** Writes registration `id` under `name`: where there is something, in its place. Resolves to its origin. */
  put(name: string, facts: { readonly id: string; readonly port: number }): Promise<Origin>;
  /** Writes what the source refuses and may have been interrupted: half a registration. */
  spoil(name: string): Promise<void>;
  remove(name: string): Promise<void>;
  end(): Promise<void>;
}

type Report =
  | { readonly type: 'found'; readonly registration: Registration }
  | { readonly type: 'gone'; readonly origin: RefusedOrigin }
  | { readonly type: 'refused'; readonly refusal: Refusal; readonly before: string }
  | { readonly type: 'scanned' };

/** Starts a source and keeps what it reports. */
function listen(source: Source) {
  const reports: Report[] = [];
  let waiting: (() => void)[] = [];
  const take = (report: Report) => {
    reports.push(report);
    for (const check of waiting) check();
  };
  source.start({
    found: (registration) => take({ type: 'found', registration }),
    gone: (origin) => take({ type: 'gone', origin }),
    refused: (refusal, before) => take({ type: 'refused', refusal, before }),
    scanned: () => take({ type: 'scanned' }),
  });
  const found = (origin: Origin) =>
    reports.flatMap((report) =>
      report.type === 'found' && isSame(report.registration.origin, origin)
        ? [report.registration]
        : [],
    );
  return {
    source,
    reports,
    found,
    /** How often an origin was reported as gone. */
    gone: (origin: Origin) =>
      reports.filter((report) => report.type === 'gone' && isSame(report.origin, origin)).length,
    refusals: (origin: Origin) =>
      reports.flatMap((report) =>
        report.type === 'refused' && isSame(report.refusal.origin, origin) ? [report] : [],
      ),
    isScanned: () => reports.some(({ type }) => type === 'scanned'),
    /** Resolves once `isSo` holds, asked at every report. */
    until: (isSo: () => boolean) =>
      new Promise<void>((resolve) => {
        const check = () => {
          if (!isSo()) return;
          waiting = waiting.filter((other) => other !== check);
          resolve();
        };
        waiting = [...waiting, check];
        check();
      }),
  };
}

function isSame(a: RefusedOrigin, b: RefusedOrigin): boolean {
  return originKey(a) === originKey(b);
}

/** What every source must keep to: see {@link SourceReports} and {@link Source}. */
export function describeSource(name: string, makeStore: () => Promise<Store>): void {
  describe(`${name} as a source`, () => {
    let store: Store;
    const started: Source[] = [];
    const start = () => {
      const source = store.source();
      started.push(source);
      return listen(source);
    };

    beforeEach(async () => {
      store = await makeStore();
    });

    afterEach(async () => {
      await Promise.all(started.splice(0).map((source) => source.stop()));
      await store.end();
    });

    it('reports nothing while it is started', async () => {
      await store.put('a', { id: 'a', port: 1 });
      const { reports, until, isScanned } = start();
      expect(reports).toEqual([]);
      await until(isScanned);
    });

    it('reports that everything is scanned once, after what was there', async () => {
      const origin = await store.put('a', { id: 'a', port: 1 });
      await store.spoil('b');
      const { reports, until, isScanned, found } = start();
      await until(isScanned);
      expect(reports.map(({ type }) => type).sort()).toEqual(['found', 'refused', 'scanned']);
      expect(reports.at(-1)?.type).toBe('scanned');
      const later = await store.put('c', { id: 'c', port: 2 });
      await until(() => found(later).length > 0);
      expect(reports.filter(({ type }) => type === 'scanned')).toHaveLength(1);
      expect(found(origin)).toHaveLength(1);
    });

    it('reports that everything is scanned where there is nothing', async () => {
      const { reports, until, isScanned } = start();
      await until(isScanned);
      expect(reports).toEqual([{ type: 'scanned' }]);
    });

    it('finds what was there in the order by which it compares', async () => {
      const origins: Origin[] = [];
      for (const [port, each] of ['c', 'a', 'd', 'b'].entries()) {
        origins.push(await store.put(each, { id: each, port: port + 1 }));
      }
      const { source, reports, until, isScanned } = start();
      await until(isScanned);
      const order = reports.flatMap((report) =>
        report.type === 'found' ? [report.registration.origin] : [],
      );
      expect(order).toHaveLength(origins.length);
      for (const [at, origin] of order.entries()) {
        for (const [other, each] of order.entries()) {
          expect(Math.sign(source.compare(origin, each))).toBe(Math.sign(at - other));
        }
      }
    });

    it('loses nothing that is written while it scans and begins to watch', async () => {
      for (let n = 0; n < 20; n += 1) await store.put(`there-${n}`, { id: `there-${n}`, port: 1 });
      const { until, isScanned, found, gone } = start();
      const written: Origin[] = [];
      for (let n = 0; n < 60; n += 1) {
        written.push(await store.put(`new-${n}`, { id: `new-${n}`, port: 1 }));
        if (n % 3 === 0) await new Promise((resolve) => setImmediate(resolve));
      }
      await until(isScanned);
      const replaced = await store.put('there-0', { id: 'there-0', port: 2 });
      const removed = await store.put('there-1', { id: 'there-1', port: 1 });
      await store.remove('there-1');
      await until(() => written.every((origin) => found(origin).length > 0));
      await until(() => found(replaced).at(-1)?.port === 2);
      await until(() => gone(removed) > 0);
    });

    it('replaces what it found under an origin, whatever its id is now', async () => {
      const { until, isScanned, found, gone } = start();
      await until(isScanned);
      const origin = await store.put('a', { id: 'a', port: 1 });
      await until(() => found(origin).at(-1)?.port === 1);
      await store.put('a', { id: 'a', port: 2 });
      await until(() => found(origin).at(-1)?.port === 2);
      await store.put('a', { id: 'b', port: 2 });
      await until(() => found(origin).at(-1)?.id === 'b');
      expect(gone(origin)).toBe(0);
    });

    it('says what is gone, and finds it again when it is back', async () => {
      const origin = await store.put('a', { id: 'a', port: 1 });
      const { until, found, gone } = start();
      await until(() => found(origin).length === 1);
      await store.remove('a');
      await until(() => gone(origin) > 0);
      await store.put('a', { id: 'a', port: 1 });
      await until(() => found(origin).length === 2);
    });

    it('refuses with an origin, a known code and a reason, and keeps what was found before', async () => {
      const origin = await store.put('a', { id: 'a', port: 1 });
      const { until, found, gone, refusals } = start();
      await until(() => found(origin).length === 1);
      await store.spoil('a');
      await until(() => refusals(origin).length > 0);
      const [refused] = refusals(origin);
      expect(refused?.before).toBe('kept');
      expect(Object.keys(REFUSAL_CODES)).toContain(refused?.refusal.code);
      expect(refused?.refusal.reason).toMatch(/^\S.*\S$/);
      expect(gone(origin)).toBe(0);
      await store.put('a', { id: 'a', port: 1 });
      await until(() => found(origin).length === 2);
    });

    it('says when what it refused is gone', async () => {
      await store.spoil('a');
      const { reports, until, gone } = start();
      await until(() => reports.some(({ type }) => type === 'refused'));
      const origin = await store.put('a', { id: 'a', port: 1 });
      await store.spoil('a');
      await store.remove('a');
      await until(() => gone(origin) > 0);
    });

    it('finds an origin once more when it is to check it, though nothing has changed', async () => {
      const origin = await store.put('a', { id: 'a', port: 1 });
      const { source, until, isScanned, found, reports } = start();
      await until(isScanned);
      const before = reports.length;
      source.check(origin);
      expect(reports).toHaveLength(before);
      await until(() => found(origin).length === 2);
      expect(found(origin)[1]).toEqual(found(origin)[0]);
    });

    it('says that an origin is gone when it is to check it', async () => {
      const origin = await store.put('a', { id: 'a', port: 1 });
      const { source, until, isScanned, gone } = start();
      await until(isScanned);
      await store.remove('a');
      source.check(origin);
      await until(() => gone(origin) > 0);
    });

    it('reports nothing once it is stopped, and may be stopped twice', async () => {
      const { source, reports, until, isScanned } = start();
      await until(isScanned);
      await store.put('a', { id: 'a', port: 1 });
      const stopping = source.stop();
      const before = reports.length;
      await store.put('b', { id: 'b', port: 1 });
      await stopping;
      await source.stop();
      await store.put('c', { id: 'c', port: 1 });
      // Another source finds it: whatever the first would have reported, it would have reported by now.
      const second = start();
      await second.until(second.isScanned);
      expect(reports).toHaveLength(before);
    });

    it('may be stopped before it has scanned', async () => {
      await store.put('a', { id: 'a', port: 1 });
      const { source, reports } = start();
      await source.stop();
      expect(reports).toEqual([]);
    });

    it('gives origins and refusals that survive JSON', async () => {
      const origin = await store.put('a', { id: 'a', port: 1 });
      await store.spoil('b');
      const { reports, until, isScanned } = start();
      await until(isScanned);
      expect(JSON.parse(JSON.stringify(origin))).toEqual(origin);
      expect(JSON.parse(JSON.stringify(reports))).toEqual(reports);
    });
  });
}
