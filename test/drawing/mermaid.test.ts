import { describe, expect, it } from '@jest/globals';
import { createMachine } from 'xstate';
import { mermaid } from '../../src/drawing/mermaid.ts';

const lines = (machine: Parameters<typeof mermaid>[0]) =>
  mermaid(machine)
    .split('\n')
    .map((line) => line.trim());

describe('a chart as Mermaid', () => {
  it('has its states, nested, with where they begin and end', () => {
    const machine = createMachine({
      id: 'm',
      initial: 'a',
      states: {
        a: { initial: 'in', states: { in: {}, out: {} }, on: { go: 'b' } },
        b: { type: 'final' },
      },
    });
    expect(mermaid(machine)).toBe(`stateDiagram-v2
  [*] --> m__a
  state "a" as m__a {
    [*] --> m__a__in
    state "in" as m__a__in
    state "out" as m__a__out
  }
  state "b" as m__b
  m__b --> [*]
  m__a --> m__b: go
`);
  });

  it('says why: events, guards, timers, actors; one arrow for all between the same two', () => {
    const machine = createMachine({
      id: 'm',
      initial: 'a',
      states: {
        a: {
          on: { one: { guard: 'may', target: 'b' }, two: 'b', stay: { actions: 'x' } },
          after: { patience: 'b' },
          invoke: { src: 'work', onDone: 'c', onError: 'b' },
        },
        b: { always: 'c' },
        c: {},
      },
    });
    expect(lines(machine)).toEqual(
      expect.arrayContaining([
        'm__a --> m__b: one [may]<br/>two<br/>work failed<br/>after patience',
        'm__a --> m__c: work done',
        'm__b --> m__c: at once',
      ]),
    );
    expect(mermaid(machine)).not.toContain('stay');
  });

  it('starts an arrow to the inside at a stand-in, which Mermaid can draw', () => {
    const machine = createMachine({
      id: 'm',
      initial: 'a',
      on: { home: '.a' },
      states: { a: { on: { again: { target: 'a', reenter: true } } } },
    });
    expect(lines(machine)).toEqual(
      expect.arrayContaining([
        'state "any of these" as m__any',
        'm__any --> m__a: home',
        'm__a --> m__a: again',
      ]),
    );
  });

  it('parts what runs side by side', () => {
    const machine = createMachine({ id: 'm', type: 'parallel', states: { a: {}, b: {} } });
    expect(lines(machine)).toEqual([
      'stateDiagram-v2',
      'state "a" as m__a',
      '--',
      'state "b" as m__b',
      '',
    ]);
  });

  it('takes names for nothing but names', () => {
    const machine = createMachine({
      id: 'm',
      initial: 'a"; [*] --> b\n%%',
      states: { 'a"; [*] --> b\n%%': { on: { 'x: y <b>;': 'b' } }, b: {} },
    });
    expect(lines(machine)).toEqual([
      'stateDiagram-v2',
      '[*] --> m__a_34__59__32__91__42__93__32__45__45__62__32_b_10__37__37_',
      'state "a#34;#59; [*] --#62; b#10;#37;#37;" as m__a_34__59__32__91__42__93__32__45__45__62__32_b_10__37__37_',
      'state "b" as m__b',
      'm__a_34__59__32__91__42__93__32__45__45__62__32_b_10__37__37_ --> m__b: x#58; y #60;b#62;#59;',
      '',
    ]);
  });
});
