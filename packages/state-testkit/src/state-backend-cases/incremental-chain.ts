// What the cases about increments do over and over: take checkpoints that build on one another, and restore them.

import type { StateDescriptor } from '@tidemark/state-core';
import type { IncrementalKeyedStateHandle, KeyedStateBackend, KeyedStateOf } from '@tidemark/state-core/spi';
import type { SnapshotContextOptions } from '@tidemark/state-core/support';
import { assertTrue } from '../conformance/assertions.js';
import { plainState, type StateBackendHarness } from './state-backend-harness.js';

/** Checkpoints of one backend that build on one another. */
export class IncrementalChain {
  /** The id of the last checkpoint. */
  checkpointId: number;

  constructor(
    readonly harness: StateBackendHarness,
    readonly backend: KeyedStateBackend<number>,
    lastCheckpointId = 0,
  ) {
    this.checkpointId = lastCheckpointId;
  }

  /** What a coordinator says about a checkpoint that builds on `base`; without one, about the first of a chain. */
  next(base: number | undefined): Partial<SnapshotContextOptions> {
    const checkpointId = ++this.checkpointId;
    return base === undefined
      ? { checkpointId, sharing: 'forward' }
      : { checkpointId, sharing: 'forward-backward', base };
  }

  /** Takes a checkpoint. */
  async take(base?: number): Promise<IncrementalKeyedStateHandle> {
    const handle = await this.harness.snapshot(this.backend, this.next(base));
    assertTrue(
      handle?.kind === 'incremental',
      `a checkpoint that others may build on is incremental, not ${handle?.kind}`,
    );
    return handle as IncrementalKeyedStateHandle;
  }

  /** A backend with what a checkpoint holds. */
  restore(handle: IncrementalKeyedStateHandle, restoredCheckpointId?: number): Promise<KeyedStateBackend<number>> {
    const { numberOfKeyGroups, keyGroupRange } = this.backend;
    return this.harness.createKeyed({
      numberOfKeyGroups,
      keyGroupRange,
      restore: [handle],
      ...(restoredCheckpointId === undefined ? {} : { restoredCheckpointId }),
    });
  }
}

/** Calls `change` with the state under each key. */
export function underKeys<D extends StateDescriptor>(
  backend: KeyedStateBackend<number>,
  descriptor: D,
  keys: Iterable<number>,
  change: (state: KeyedStateOf<number, unknown, D>, key: number) => void,
): void {
  const state = plainState(backend, descriptor);
  for (const key of keys) {
    backend.setCurrentKey(key);
    change(state, key);
  }
}

/** The integers from `start` to before `end`. */
export function range(start: number, end: number): number[] {
  return Array.from({ length: end - start }, (_, index) => start + index);
}
