// Deals operator state out to another number of subtasks, as Flink's RoundRobinOperatorStateRepartitioner does.
//
//   D1. SPLIT_DISTRIBUTE: the elements of a state, in the order of the old subtasks, are cut into runs of equal length;
//       the surplus goes one each to the first targets. The next state begins with the first target that got none of the
//       surplus, so that surpluses of many states do not gather at subtask 0.
//   D2. UNION: everybody gets all of it. BROADCAST: new subtask i gets the copy of old subtask i modulo their number.
//   D3. States are dealt out in the order in which they first occur. Programs must not depend on it.
//   D4. What one subtask gets of one stream is one handle; handles stand in the order of the old subtasks.
//   D5. At the same parallelism list elements stay where they are.

import type {
  OperatorStateHandle,
  OperatorStateMode,
  OperatorStatePartitions,
} from '../handle/operator-state-handle.js';
import { physicalStateHandleId } from '../handle/stream-state-handle.js';

/** The part of a state that is in one stream. */
interface StatePart {
  readonly handle: OperatorStateHandle;
  readonly offsets: readonly number[];
}

interface StateParts {
  readonly name: string;
  readonly mode: OperatorStateMode;
  readonly parts: StatePart[];
}

/**
 * The handles of each new subtask, out of those of the old ones.
 *
 * @param handles - By old subtask, as many as there were.
 * @param newParallelism - At least 1.
 * @throws RangeError for a parallelism below 1 or no old subtask. TypeError when subtasks disagree about the mode of a state.
 */
export function redistributeOperatorState(
  handles: readonly (readonly OperatorStateHandle[])[],
  newParallelism: number,
): readonly (readonly OperatorStateHandle[])[] {
  if (!Number.isInteger(newParallelism) || newParallelism < 1) {
    throw new RangeError(`the new parallelism is an integer of at least 1, not ${newParallelism}`);
  }
  if (handles.length === 0) throw new RangeError('there is no old subtask to deal out the state of');
  const states = [...partsByState(handles.flat()).values()];
  const order = streamOrderOf(handles.flat());
  const isSame = handles.length === newParallelism;
  if (isSame && !states.some((state) => isDealtOutAgain(state, newParallelism))) return handles;
  const deals = Array.from({ length: newParallelism }, () => new SubtaskDeal());
  if (isSame) for (const [index, own] of handles.entries()) dealUnchanged(own, deals[index] as SubtaskDeal);
  let start = 0;
  for (const state of states) {
    if (state.mode === 'UNION') dealToAll(state, deals);
    else if (state.mode === 'BROADCAST') dealCopies(state, deals);
    else if (!isSame) start = dealSplit(state, deals, start);
  }
  return deals.map((deal) => deal.handles(order));
}

function streamOrderOf(handles: readonly OperatorStateHandle[]): ReadonlyMap<string, number> {
  const order = new Map<string, number>();
  for (const { stream } of handles) {
    const id = physicalStateHandleId(stream);
    if (!order.has(id)) order.set(id, order.size);
  }
  return order;
}

function partsByState(handles: readonly OperatorStateHandle[]): Map<string, StateParts> {
  const states = new Map<string, StateParts>();
  for (const handle of handles) {
    for (const { name, mode, offsets } of handle.states) {
      const known = states.get(name) ?? { name, mode, parts: [] };
      if (known.mode !== mode)
        throw new TypeError(`the operator state '${name}' is ${known.mode} in one subtask and ${mode} in another`);
      states.set(name, known);
      known.parts.push({ handle, offsets });
    }
  }
  return states;
}

/** Whether a state has to move although the parallelism stays: a union, or a broadcast that not all subtasks reported. */
function isDealtOutAgain(state: StateParts, parallelism: number): boolean {
  return state.mode === 'UNION' || (state.mode === 'BROADCAST' && state.parts.length < parallelism);
}

function dealUnchanged(handles: readonly OperatorStateHandle[], deal: SubtaskDeal): void {
  for (const handle of handles) {
    for (const { name, mode, offsets } of handle.states) {
      if (mode === 'SPLIT_DISTRIBUTE') deal.add(handle, { name, mode, offsets });
    }
  }
}

function dealToAll({ name, mode, parts }: StateParts, deals: readonly SubtaskDeal[]): void {
  const filled = parts.filter(({ offsets }) => offsets.length > 0);
  for (const deal of deals) {
    for (const { handle, offsets } of filled) deal.add(handle, { name, mode, offsets });
  }
}

function dealCopies({ name, mode, parts }: StateParts, deals: readonly SubtaskDeal[]): void {
  deals.forEach((deal, index) => {
    const { handle, offsets } = parts[index % parts.length] as StatePart;
    deal.add(handle, { name, mode, offsets });
  });
}

/** Deals out one state from target `start` on; returns the target that the next state begins with (D1). */
function dealSplit({ name, mode, parts }: StateParts, deals: readonly SubtaskDeal[], start: number): number {
  const total = parts.reduce((sum, { offsets }) => sum + offsets.length, 0);
  const each = Math.floor(total / deals.length);
  const surplus = total % deals.length;
  const source = new PartCursor(parts);
  for (let turn = 0; turn < deals.length; turn++) {
    const deal = deals[(start + turn) % deals.length] as SubtaskDeal;
    for (const { handle, offsets } of source.take(each + (turn < surplus ? 1 : 0)))
      deal.add(handle, { name, mode, offsets });
  }
  return (start + surplus) % deals.length;
}

/** Takes elements one after another through the parts. */
class PartCursor {
  private readonly parts: readonly StatePart[];
  private part = 0;
  private offset = 0;

  constructor(parts: readonly StatePart[]) {
    this.parts = parts;
  }

  *take(count: number): Generator<StatePart> {
    let wanted = count;
    while (wanted > 0) {
      const { handle, offsets } = this.parts[this.part] as StatePart;
      const taken = offsets.slice(this.offset, this.offset + wanted);
      wanted -= taken.length;
      this.offset += taken.length;
      if (this.offset === offsets.length) {
        this.part++;
        this.offset = 0;
      }
      if (taken.length > 0) yield { handle, offsets: taken };
    }
  }
}

/** What one new subtask gets, by stream (D4). */
class SubtaskDeal {
  private readonly byStream: Map<
    string,
    { readonly handle: OperatorStateHandle; readonly states: Map<string, OperatorStatePartitions> }
  > = new Map();

  add(handle: OperatorStateHandle, partitions: OperatorStatePartitions): void {
    const stream = physicalStateHandleId(handle.stream);
    const known = this.byStream.get(stream) ?? { handle, states: new Map() };
    this.byStream.set(stream, known);
    const before = known.states.get(partitions.name);
    // A stream that two old subtasks held parts of, after an earlier change of the parallelism.
    const offsets =
      before === undefined || partitions.mode === 'BROADCAST'
        ? partitions.offsets
        : [...new Set([...before.offsets, ...partitions.offsets])].sort((a, b) => a - b);
    known.states.set(partitions.name, { ...partitions, offsets });
  }

  handles(order: ReadonlyMap<string, number>): OperatorStateHandle[] {
    const inOrder = [...this.byStream].sort(([a], [b]) => (order.get(a) ?? 0) - (order.get(b) ?? 0));
    return inOrder.map(([, { handle, states }]) => ({ ...handle, states: [...states.values()] }));
  }
}
