import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { OperatorStateHandle, OperatorStateMode } from '../../src/handle/operator-state-handle.js';
import { int32 } from '../../src/serialization/integer-serializers.js';
import { ListStateDescriptor } from '../../src/state/state-descriptor.js';
import { redistributeOperatorState } from '../../src/support/operator-state-redistribution.js';
import { createOperatorStateBackend, snapshotOf } from './operator-state-fixture.js';

type States = Readonly<Record<string, readonly [OperatorStateMode, readonly number[]]>>;

function handle(stream: string, states: States): OperatorStateHandle {
  return {
    kind: 'operator',
    stream: { kind: 'file', location: stream, sizeBytes: 1000 },
    states: Object.entries(states).map(([name, [mode, offsets]]) => ({ name, mode, offsets })),
  };
}

/** One old subtask with `counts[name]` partitions of each state, whose offsets are their indexes. */
function split(stream: string, counts: Readonly<Record<string, number>>): OperatorStateHandle[] {
  const states = Object.entries(counts).map(
    ([name, count]) => [name, ['SPLIT_DISTRIBUTE', Array.from({ length: count }, (_, index) => index)]] as const,
  );
  return [handle(stream, Object.fromEntries(states))];
}

/** For each new subtask: `a: h0[0,1,2] h1[0]`. */
function dealt(handles: readonly (readonly OperatorStateHandle[])[], newParallelism: number, name: string): string[] {
  return redistributeOperatorState(handles, newParallelism).map((subtask) =>
    subtask
      .flatMap(({ stream, states }) =>
        states
          .filter((state) => state.name === name)
          .map((state) => `${stream.kind === 'file' && stream.location}[${state.offsets}]`),
      )
      .join(' '),
  );
}

/** In how many (subtask, handle) pairs a state occurs. */
function occurrences(
  handles: readonly (readonly OperatorStateHandle[])[],
  newParallelism: number,
  name: string,
): number {
  return redistributeOperatorState(handles, newParallelism)
    .flat()
    .filter(({ states }) => states.some((state) => state.name === name)).length;
}

describe('split redistribution, worked outcomes', () => {
  it('RoundRobinOperatorStateRepartitioner: 4 and 3 partitions over three subtasks', () => {
    const old = [split('h0', { a: 4 }), split('h1', { a: 3 })];
    expect(dealt(old, 3, 'a')).toEqual(['h0[0,1,2]', 'h0[3] h1[0]', 'h1[1,2]']);
  });

  it('RoundRobinOperatorStateRepartitioner: a second state begins where the first had no surplus', () => {
    const old = [split('h0', { a: 4, b: 4 }), split('h1', { a: 3, b: 3 })];
    expect(dealt(old, 3, 'a')).toEqual(['h0[0,1,2]', 'h0[3] h1[0]', 'h1[1,2]']);
    expect(dealt(old, 3, 'b')).toEqual(['h1[1,2]', 'h0[0,1,2]', 'h0[3] h1[0]']);
  });

  it('RoundRobinOperatorStateRepartitioner: one each of three over two', () => {
    const old = [split('h0', { a: 1 }), split('h1', { a: 1 }), split('h2', { a: 1 })];
    expect(dealt(old, 2, 'a')).toEqual(['h0[0] h1[0]', 'h2[0]']);
  });

  it('RoundRobinOperatorStateRepartitioner: five of a and of b from one to two', () => {
    const old = [split('h0', { a: 5, b: 5 })];
    expect(dealt(old, 2, 'a')).toEqual(['h0[0,1,2]', 'h0[3,4]']);
    expect(dealt(old, 2, 'b')).toEqual(['h0[3,4]', 'h0[0,1,2]']);
  });

  it('RoundRobinOperatorStateRepartitioner: two and two over five leave one without', () => {
    const old = [split('h0', { a: 2 }), split('h1', { a: 2 })];
    expect(dealt(old, 5, 'a')).toEqual(['h0[0]', 'h0[1]', 'h1[0]', 'h1[1]', '']);
  });
});

describe('StateAssignmentOperationTest', () => {
  it('StateAssignmentOperationTest.testRepartitionSplitDistributeStates: apart when there are more subtasks, together otherwise', () => {
    const old = [
      [handle('h0', { 't-1': ['SPLIT_DISTRIBUTE', [0, 10]] })],
      [handle('h1', { 't-2': ['SPLIT_DISTRIBUTE', [0, 15]] })],
    ];
    for (const [newParallelism, places] of [
      [3, 2],
      [1, 1],
      [2, 1],
    ] as const) {
      expect(occurrences(old, newParallelism, 't-1')).toBe(places);
      expect(occurrences(old, newParallelism, 't-2')).toBe(places);
    }
  });

  it('StateAssignmentOperationTest.testRepartitionUnionState: everybody gets all of it', () => {
    const old = [
      [handle('h0', { 't-3': ['UNION', [0]] })],
      [handle('h1', { 't-3': ['UNION', [0]], 't-4': ['UNION', [1, 2]] })],
    ];
    for (const newParallelism of [3, 1, 2]) {
      expect(occurrences(old, newParallelism, 't-3')).toBe(2 * newParallelism);
      expect(occurrences(old, newParallelism, 't-4')).toBe(newParallelism);
    }
  });

  it('StateAssignmentOperationTest.testRepartitionBroadcastState: everybody gets one copy', () => {
    const states: States = { 't-5': ['BROADCAST', [0]], 't-6': ['BROADCAST', [7]] };
    const old = [[handle('h0', states)], [handle('h1', states)]];
    for (const newParallelism of [3, 1, 2]) {
      expect(occurrences(old, newParallelism, 't-5')).toBe(newParallelism);
      expect(occurrences(old, newParallelism, 't-6')).toBe(newParallelism);
    }
    expect(dealt(old, 3, 't-5')).toEqual(['h0[0]', 'h1[0]', 'h0[0]']);
  });

  it('StateAssignmentOperationTest.testReDistributeCombinedPartitionableStates: each by its mode', () => {
    const broadcasts: States = { 't-4': ['BROADCAST', [22]], 't-5': ['BROADCAST', [35]], 't-6': ['BROADCAST', [40]] };
    const old = [
      [
        handle('h0', {
          't-1': ['UNION', [0]],
          't-2': ['UNION', [7]],
          't-3': ['SPLIT_DISTRIBUTE', [52, 63]],
          ...broadcasts,
        }),
      ],
      [handle('h1', { 't-1': ['UNION', [0]], ...broadcasts })],
    ];
    for (const newParallelism of [3, 1, 2]) {
      const count = (name: string) => occurrences(old, newParallelism, name);
      expect([count('t-1'), count('t-2'), count('t-3')]).toEqual([
        2 * newParallelism,
        newParallelism,
        newParallelism === 3 ? 2 : 1,
      ]);
      expect([count('t-4'), count('t-5'), count('t-6')]).toEqual([newParallelism, newParallelism, newParallelism]);
    }
  });

  it('StateAssignmentOperationTest.testChannelStateAssignmentStability: unchanged parallelism, unchanged handles', () => {
    const old = [split('h0', { a: 3 }), split('h1', { a: 1 })];
    expect(redistributeOperatorState(old, 2)).toBe(old);
  });

  it('a broadcast state that not every subtask reported reaches every subtask', () => {
    const old = [[handle('h0', { all: ['BROADCAST', [12]], own: ['SPLIT_DISTRIBUTE', [1, 2]] })], [], []];
    expect(dealt(old, 3, 'all')).toEqual(['h0[12]', 'h0[12]', 'h0[12]']);
    expect(dealt(old, 3, 'own')).toEqual(['h0[1,2]', '', '']);
  });

  it('refuses a parallelism that is none, no old subtask, and subtasks that disagree', () => {
    expect(() => redistributeOperatorState([[]], 0)).toThrow(RangeError);
    expect(() => redistributeOperatorState([], 1)).toThrow(RangeError);
    const old = [[handle('h0', { s: ['UNION', [1]] })], [handle('h1', { s: ['SPLIT_DISTRIBUTE', [1]] })]];
    expect(() => redistributeOperatorState(old, 1)).toThrow(TypeError);
  });
});

describe('any redistribution', () => {
  it('deals every element once, evenly', () => {
    const counts = fc.array(fc.record({ a: fc.nat(9), b: fc.nat(9), c: fc.nat(9) }), { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(counts, fc.integer({ min: 1, max: 8 }), (perSubtask, newParallelism) => {
        fc.pre(perSubtask.length !== newParallelism);
        const old = perSubtask.map((subtask, index) => split(`h${index}`, subtask));
        const result = redistributeOperatorState(old, newParallelism);
        for (const name of ['a', 'b', 'c'] as const) {
          const perTarget = result.map((handles) =>
            handles.flatMap(({ stream, states }) =>
              states
                .filter((state) => state.name === name)
                .flatMap(({ offsets }) =>
                  offsets.map((offset) => `${stream.kind === 'file' && stream.location}:${offset}`),
                ),
            ),
          );
          const all = perSubtask.flatMap((subtask, index) =>
            Array.from({ length: subtask[name] }, (_, at) => `h${index}:${at}`),
          );
          expect(perTarget.flat().sort()).toEqual(all.sort());
          const sizes = perTarget.map((elements) => elements.length);
          expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
        }
      }),
    );
  });

  it('restores every element somewhere, with real backends', async () => {
    const list = new ListStateDescriptor('list', { type: int32 });
    const union = new ListStateDescriptor('union', { type: int32 });
    const old: OperatorStateHandle[][] = [];
    for (const subtask of [0, 1, 2]) {
      const backend = await createOperatorStateBackend();
      backend.getListState(list).update([subtask * 10, subtask * 10 + 1, subtask * 10 + 2]);
      backend.getUnionListState(union).update([subtask]);
      const snapshot = (await snapshotOf(backend)) ?? expect.fail('no handle');
      old.push([
        { ...snapshot, stream: { ...snapshot.stream, name: `stream-${subtask}` } as OperatorStateHandle['stream'] },
      ]);
    }
    const elements: number[][] = [];
    for (const handles of redistributeOperatorState(old, 2)) {
      const backend = await createOperatorStateBackend(handles);
      elements.push([...backend.getListState(list).get()]);
      expect([...backend.getUnionListState(union).get()]).toEqual([0, 1, 2]);
    }
    expect(elements).toEqual([
      [0, 1, 2, 10, 11],
      [12, 20, 21, 22],
    ]);
  });
});
