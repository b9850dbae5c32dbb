import { describe, expect, it } from '@jest/globals';
import { BUDGETS } from '../../src/budgets.ts';
import { Call } from '../../src/link/call.ts';
import { Calls } from '../../src/link/calls.ts';

const frameOf = (rawId: string) => `{"jsonrpc":"2.0","id":${rawId},"method":"tools/call"}`;

/** A call, with what it counts on and what became of its exchanges. */
function tracked(rawId = '1') {
  const counts = {
    callsInFlight: 0,
    lastActivity: null,
    waiting: 0,
    isStreaming: false,
    aborted: 0,
    written: 0,
  };
  const call = new Call(rawId, 'tools/call', frameOf(rawId), null, () => {
    counts.written += 1;
  });
  const wait = () => {
    counts.waiting += 1;
    return () => {
      counts.waiting -= 1;
    };
  };
  return {
    call,
    counts,
    queue: () => call.queue(60_000, () => {}, wait()),
    requeue: () => call.requeue(wait()),
    start: () =>
      call.start(counts, () => () => {
        counts.aborted += 1;
      }),
  };
}

describe('a call', () => {
  it('is counted as waiting or as in flight, and as neither in the end', () => {
    const { call, counts, queue, requeue, start } = tracked();
    queue();
    expect(counts).toMatchObject({ waiting: 1, callsInFlight: 0 });
    requeue();
    expect(counts).toMatchObject({ waiting: 1, callsInFlight: 0 });
    start();
    expect(counts).toMatchObject({ waiting: 0, callsInFlight: 1 });
    call.finish();
    expect(counts).toMatchObject({ waiting: 0, callsInFlight: 0, written: 1, aborted: 0 });
    call.drop();
    expect(counts.aborted).toBe(1);
  });

  it('can be taken back until the instance has it, and then goes out as if for the first time', () => {
    const { call, counts, start } = tracked();
    start();
    call.takeBack();
    expect(call.phase).toBe('ready');
    expect(counts).toMatchObject({ callsInFlight: 0, aborted: 1 });
    start();
    call.note('sent');
    expect(call.wasResent).toBe(false);
    call.takeBack();
    start();
    call.note('sent');
    expect(call.wasResent).toBe(true);
    call.note('resumed');
    call.takeBack();
    expect(call.phase).toBe('resumed');
    expect(counts).toMatchObject({ callsInFlight: 1, aborted: 2 });
  });

  it('counts nothing once it is over', () => {
    const { call, counts, queue, requeue, start } = tracked();
    call.finish();
    queue();
    requeue();
    start();
    call.takeBack();
    call.finish();
    expect(counts).toMatchObject({ callsInFlight: 0, waiting: 0, aborted: 0, written: 1 });
    expect(call.over).toBe(true);
  });

  it('expires only while it is queued', async () => {
    const { call, counts } = tracked();
    const expired: string[] = [];
    const expiry = (name: string) => () => {
      expired.push(name);
    };
    call.queue(1, expiry('dequeued'), () => {});
    call.dequeue();
    const other = tracked();
    await new Promise<void>((resolve) => {
      other.call.queue(
        20,
        () => {
          expired.push('queued');
          resolve();
        },
        () => {},
      );
    });
    expect(expired).toEqual(['queued']);
    expect(counts.waiting).toBe(0);
    other.call.finish();
  });
});

describe('the calls of a link', () => {
  it('that are too many get a turn as slots become free, each one once', () => {
    const turns: Call[] = [];
    const calls = new Calls(
      (call) => turns.push(call),
      () => {},
    );
    const slots = BUDGETS.callsUnderWay.value;
    const all = Array.from({ length: slots + 2 }, (_, n) => tracked(String(n)));
    const [first, second] = all;
    const [early, late] = all.slice(slots);
    if (!first || !second || !early || !late) throw new Error('too few');
    for (const { call, start } of all) {
      calls.add(call);
      if (calls.takeSlot(call)) start();
    }
    expect(all.filter(({ call }) => call.isUnderWay)).toHaveLength(slots);
    // The first free slot gives a turn to the call that came first. It goes to the other one: the link may offer it to any.
    first.call.finish();
    calls.delete(first.call);
    first.call.drop();
    expect(turns).toEqual([early.call]);
    expect(calls.takeSlot(late.call)).toBe(true);
    late.start();
    second.call.finish();
    calls.delete(second.call);
    second.call.drop();
    expect(turns).toEqual([early.call]);
  });
});
