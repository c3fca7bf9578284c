import { describe, expect, it } from 'vitest';
import type { OperatorState, OperatorSubtaskState } from '../../src/checkpoint/checkpoint-metadata.js';
import type { KeyedStateHandle } from '../../src/handle/keyed-state-handle.js';
import { KeyGroupRange } from '../../src/key-group/key-group-range.js';
import { assignOperatorState } from '../../src/support/state-assignment.js';

function handle(first: number, last: number): KeyedStateHandle {
  return {
    kind: 'key-groups',
    handleId: `${first}-${last}`,
    keyGroupRange: { first, last },
    maxParallelism: 8,
    segments: [],
    chainStarts: [],
  };
}

function operatorOf(subtasks: readonly OperatorSubtaskState[]): OperatorState {
  return { uid: 'op', parallelism: subtasks.length, maxParallelism: 8, subtasks };
}

const subtask = (subtaskIndex: number, parts: Partial<OperatorSubtaskState> = {}): OperatorSubtaskState => ({
  subtaskIndex,
  keyed: [],
  operator: [],
  rawKeyed: [],
  rawOperator: [],
  ...parts,
});

describe('assigning the state of an operator', () => {
  it.each([1, 2, 3, 8])('every key group has one owner among %i subtasks', (parallelism) => {
    const operator = operatorOf([subtask(0, { keyed: [handle(0, 3)] }), subtask(1, { keyed: [handle(4, 7)] })]);
    const owned = assignOperatorState(operator, parallelism).flatMap(({ keyed }) =>
      keyed.flatMap(({ keyGroupRange: { first, last } }) => [...KeyGroupRange.of(first, last)]),
    );
    expect(owned).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
  });

  it('StateAssignmentOperationTest.testStateWithFullyFinishedOperators: all finished stays finished, some does not', () => {
    const done = operatorOf([subtask(0, { finished: true }), subtask(1, { finished: true })]);
    expect(assignOperatorState(done, 3).map(({ finished }) => finished)).toEqual([true, true, true]);
    const partly = operatorOf([subtask(0, { finished: true }), subtask(1)]);
    expect(assignOperatorState(partly, 3).map(({ finished }) => finished)).toEqual([undefined, undefined, undefined]);
  });

  it('takes subtasks by index, also when some have no state', () => {
    const stream = (location: string) => ({ kind: 'file' as const, location, sizeBytes: 9 });
    const own = (location: string) => [
      {
        kind: 'operator' as const,
        stream: stream(location),
        states: [{ name: 's', mode: 'SPLIT_DISTRIBUTE' as const, offsets: [0, 1] }],
      },
    ];
    const operator = {
      ...operatorOf([subtask(2, { operator: own('c') }), subtask(0, { operator: own('a') })]),
      parallelism: 3,
    };
    const streams = assignOperatorState(operator, 2).map(({ operator: handles }) => handles.map((part) => part.stream));
    expect(streams).toEqual([[stream('a')], [stream('c')]]);
  });

  it('refuses more subtasks than key groups', () => {
    expect(() => assignOperatorState(operatorOf([subtask(0)]), 9)).toThrow(RangeError);
  });
});
