// State of operators that the program lacks: carried from snapshot to snapshot, byte for byte, until it is discarded on
// purpose. Nothing of it is decoded, and no backend sees it.
//
//   CO1. Every snapshot has a copy of its own: it restores with the snapshot, and goes with it and with nothing else.
//   CO2. The copies of a checkpoint are made from those of the checkpoint before, the first from what was restored: what
//        is copied from exists as long as the checkpoint that it belongs to is kept.

import type { OperatorState, OperatorSubtaskState } from '../checkpoint/checkpoint-metadata.js';
import type { CheckpointStreamFactory } from '../checkpoint-storage/checkpoint-stream.js';
import type { KeyedStateHandle, SegmentReference } from '../handle/keyed-state-handle.js';
import { physicalStateHandleId, type StreamStateHandle } from '../handle/stream-state-handle.js';

/** Makes a copy of a stream. */
type CopyStream = (stream: StreamStateHandle) => Promise<StreamStateHandle>;

/** The state of operators that the program lacks. */
export class CarriedOperators {
  #operators: readonly OperatorState[];

  constructor(operators: readonly OperatorState[]) {
    this.#operators = operators;
  }

  /**
   * Copies everything into a snapshot that is being written.
   *
   * @throws StateError `file-missing`, `storage-*`; what was copied goes with the location of the snapshot.
   */
  async copyInto(streams: CheckpointStreamFactory, signal: AbortSignal): Promise<readonly OperatorState[]> {
    const copies = new Map<string, StreamStateHandle>();
    const copy: CopyStream = async (stream) => {
      if (stream.kind === 'byte-stream' || streams.duplicate === undefined) return stream;
      const id = physicalStateHandleId(stream);
      const made = copies.get(id) ?? (await streams.duplicate(stream, 'exclusive', signal));
      copies.set(id, made);
      return made;
    };
    const copied: OperatorState[] = [];
    for (const operator of this.#operators) copied.push(await copyOperator(operator, copy));
    return copied;
  }

  /** A checkpoint with these copies has completed: the next are made from them (CO2). */
  moveTo(copies: readonly OperatorState[]): void {
    this.#operators = copies;
  }
}

async function copyOperator(operator: OperatorState, copy: CopyStream): Promise<OperatorState> {
  const subtasks: OperatorSubtaskState[] = [];
  for (const subtask of operator.subtasks) {
    subtasks.push({
      ...subtask,
      keyed: await each(subtask.keyed, (handle) => copyKeyed(handle, copy)),
      operator: await each(subtask.operator, async (handle) => ({ ...handle, stream: await copy(handle.stream) })),
      rawKeyed: await each(subtask.rawKeyed, async (handle) => ({ ...handle, stream: await copy(handle.stream) })),
      rawOperator: await each(subtask.rawOperator, async (handle) => ({
        ...handle,
        stream: await copy(handle.stream),
      })),
    });
  }
  if (operator.coordinator === undefined) return { ...operator, subtasks };
  return { ...operator, subtasks, coordinator: await copy(operator.coordinator) };
}

/** The chain of a handle with segments of its own: it belongs to one snapshot from now on, as a full image does. */
async function copyKeyed(handle: KeyedStateHandle, copy: CopyStream): Promise<KeyedStateHandle> {
  const segments = await each(
    handle.segments,
    async (segment): Promise<SegmentReference> => ({
      ...segment,
      stream: await copy(segment.stream),
      scope: 'exclusive',
    }),
  );
  if (handle.kind === 'key-groups') return { ...handle, segments };
  const { checkpointId: _id, baseCheckpointId: _base, checkpointedSizeBytes: _size, ...fields } = handle;
  return { ...fields, kind: 'key-groups', segments };
}

async function each<T>(items: readonly T[], change: (item: T) => Promise<T>): Promise<T[]> {
  const changed: T[] = [];
  for (const item of items) changed.push(await change(item));
  return changed;
}
