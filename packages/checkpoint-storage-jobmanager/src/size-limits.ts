// How much state fits into memory, and what a person reads when it does not.

import { formatMemorySize, StateError } from '@tidemark/state-core';
import type { CheckpointStreamPurpose } from '@tidemark/state-core/spi';
import { JobManagerCheckpointStorageOptions } from './jobmanager-checkpoint-storage-options.js';

/** The two limits, in bytes; what has exactly the size passes. */
export interface SizeLimits {
  readonly maxStateSizeBytes: number;
  readonly maxCheckpointSizeBytes: number;
}

const { MAX_STATE_SIZE, MAX_CHECKPOINT_SIZE } = JobManagerCheckpointStorageOptions;

const FILE_LINES: string =
  '  execution.checkpointing.storage: filesystem\n  execution.checkpointing.dir: ./checkpoints';

/** The error for one stream over the limit. */
export function stateTooLarge(purpose: CheckpointStreamPurpose, sizeBytes: number, limits: SizeLimits): StateError {
  const { maxStateSizeBytes } = limits;
  return new StateError(
    'state-size-limit-exceeded',
    `${describe(purpose)} takes ${inBytes(sizeBytes)} in one subtask; the memory of the coordinator takes at most ${inBytes(maxStateSizeBytes)} (${formatMemorySize(maxStateSizeBytes)}) of one. Keep checkpoints in files:\n${FILE_LINES}\nor raise the limit: ${MAX_STATE_SIZE.key}: ${roomFor(sizeBytes)}`,
    { details: { stateNames: purpose.stateNames, sort: purpose.sort, sizeBytes, maxStateSizeBytes } },
  );
}

/** The error for a checkpoint over the limit; `purpose` is the stream that went over it, if it was one. */
export function checkpointTooLarge(
  checkpointId: number,
  sizeBytes: number,
  limits: SizeLimits,
  purpose?: CheckpointStreamPurpose,
): StateError {
  const { maxCheckpointSizeBytes } = limits;
  const last = purpose === undefined ? '' : ` with ${describe(purpose)}`;
  return new StateError(
    'checkpoint-size-limit-exceeded',
    `checkpoint ${checkpointId} takes ${inBytes(sizeBytes)}${last}; the memory of the coordinator takes at most ${inBytes(maxCheckpointSizeBytes)} (${formatMemorySize(maxCheckpointSizeBytes)}) of one. Keep checkpoints in files:\n${FILE_LINES}\nor raise the limit: ${MAX_CHECKPOINT_SIZE.key}: ${roomFor(sizeBytes)}`,
    { details: { checkpointId, sizeBytes, maxCheckpointSizeBytes, stateNames: purpose?.stateNames } },
  );
}

function describe({ stateNames, sort }: CheckpointStreamPurpose): string {
  if (stateNames.length === 0) return `the ${sort} state`;
  const names = stateNames.map((name) => `'${name}'`).join(', ');
  return stateNames.length === 1 ? `the ${sort} state ${names}` : `the ${sort} states ${names} together`;
}

function inBytes(sizeBytes: number): string {
  return `${sizeBytes.toLocaleString('en-US')} bytes`;
}

/** A round size that holds twice as much: the state will go on growing. */
function roomFor(sizeBytes: number): string {
  return `${Math.ceil((2 * sizeBytes) / 1024 ** 2)} mb`;
}
