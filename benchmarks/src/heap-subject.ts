// What the benchmarks of the heap backend run on: a backend with all key groups, and streams that only count.

import { HashMapStateBackend } from '@tidemark/state-backend-hashmap';
import {
  Configuration,
  int32,
  KeyGroupRange,
  silentLogger,
  systemClock,
  systemRandom,
  systemScheduler,
} from '@tidemark/state-core';
import type { CheckpointStateOutputStream, KeyedStateBackend, StateBackend } from '@tidemark/state-core/spi';
import { KEY_GROUPS } from './workloads/sequences.js';

/** Takes bytes and forgets them: only their number counts. */
export class CountingStream implements CheckpointStateOutputStream {
  position = 0;
  async write(bytes: Uint8Array): Promise<void> {
    this.position += bytes.length;
  }
  async flush(): Promise<void> {}
  async closeAndGetHandle(): Promise<{ kind: 'byte-stream'; name: string; bytes: Uint8Array }> {
    return { kind: 'byte-stream', name: 'counted', bytes: new Uint8Array(0) };
  }
  async close(): Promise<void> {}
}

/** An empty heap backend with int32 keys and all key groups. */
export function createHeapBackend(jobId: string): Promise<KeyedStateBackend<number>> {
  return createEmptyBackend(new HashMapStateBackend(), jobId);
}

/** The keyed state of any backend, empty, with int32 keys and all key groups. */
export function createEmptyBackend(
  stateBackend: StateBackend,
  jobId: string,
  config: Configuration = new Configuration(),
): Promise<KeyedStateBackend<number>> {
  return stateBackend.createKeyedStateBackend({
    jobId,
    operatorIdentifier: 'benchmark_0',
    attempt: 0,
    config,
    clock: systemClock,
    scheduler: systemScheduler,
    random: systemRandom,
    logger: silentLogger,
    stateReader: { openInput: () => Promise.reject(new Error('nothing is restored in this benchmark')) },
    signal: new AbortController().signal,
    keySerializer: int32,
    numberOfKeyGroups: KEY_GROUPS,
    keyGroupRange: KeyGroupRange.of(0, KEY_GROUPS - 1),
    stateHandles: [],
    restoredCheckpointId: undefined,
    declaredStates: [],
    managedMemoryFraction: 1,
  });
}
