// What every subtask of an operator restores when the operator runs with another parallelism. Flink's
// StateAssignmentOperation, for one operator; which operators of a program match is decided elsewhere.

import type { OperatorState, OperatorSubtaskState } from '../checkpoint/checkpoint-metadata.js';
import { createKeyGroupPartitions } from '../key-group/key-group-assignment.js';
import { redistributeKeyedState, redistributeRawKeyedState } from './keyed-state-redistribution.js';
import { redistributeOperatorState } from './operator-state-redistribution.js';

/**
 * What each subtask of an operator restores when it runs with `newParallelism`: keyed state by key group, operator state
 * by its mode.
 *
 * @throws RangeError when the new parallelism is above the max parallelism. StateError as {@link redistributeKeyedState}.
 */
export function assignOperatorState(operator: OperatorState, newParallelism: number): OperatorSubtaskState[] {
  const { subtasks, parallelism, maxParallelism } = operator;
  const ranges = createKeyGroupPartitions(maxParallelism, newParallelism);
  const bySubtask = new Map(subtasks.map((subtask) => [subtask.subtaskIndex, subtask]));
  const inOrder = Array.from({ length: parallelism }, (_, index) => bySubtask.get(index));
  const operatorState = redistributeOperatorState(
    inOrder.map((subtask) => subtask?.operator ?? []),
    newParallelism,
  );
  const rawOperator = redistributeOperatorState(
    inOrder.map((subtask) => subtask?.rawOperator ?? []),
    newParallelism,
  );
  const keyed = subtasks.flatMap((subtask) => subtask.keyed);
  const rawKeyed = subtasks.flatMap((subtask) => subtask.rawKeyed);
  const allFinished = subtasks.length === parallelism && subtasks.every(({ finished }) => finished === true);
  return ranges.map((range, subtaskIndex) => ({
    subtaskIndex,
    keyed: redistributeKeyedState(keyed, range, maxParallelism),
    operator: operatorState[subtaskIndex] ?? [],
    rawKeyed: redistributeRawKeyedState(rawKeyed, range),
    rawOperator: rawOperator[subtaskIndex] ?? [],
    ...(allFinished && { finished: true }),
  }));
}
