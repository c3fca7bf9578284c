import { describe, expect, it } from 'vitest';
import type { CheckpointProperties } from '../../src/checkpoint/checkpoint-metadata.js';
import { readCheckpointMetadata, writeCheckpointMetadata } from '../../src/checkpoint/checkpoint-metadata-format.js';
import { checkpointPropertiesFor, SAVEPOINT_PROPERTIES } from '../../src/checkpoint/checkpoint-properties.js';
import {
  type CompletedCheckpoint,
  type CompletedCheckpointStoreOptions,
  type JobEnd,
  StandaloneCompletedCheckpointStore,
} from '../../src/checkpoint/completed-checkpoint-store.js';
import { directoryScope, fullMetadata } from './checkpoint-metadata-fixture.js';

function completed(
  checkpointId: number,
  properties: CheckpointProperties = checkpointPropertiesFor('NO_EXTERNALIZED_CHECKPOINTS'),
): CompletedCheckpoint {
  return { metadata: { ...fullMetadata(), checkpointId, properties }, externalPointer: `chk-${checkpointId}` };
}

const savepoint = (id: number): CompletedCheckpoint => completed(id, SAVEPOINT_PROPERTIES);
const idsOf = (checkpoints: readonly CompletedCheckpoint[]): number[] =>
  checkpoints.map(({ metadata }) => metadata.checkpointId);

function storeOf(retainedMax: number, options: Partial<CompletedCheckpointStoreOptions> = {}) {
  const discarded: number[] = [];
  const store = new StandaloneCompletedCheckpointStore({
    retainedMax,
    discard: async ({ metadata }) => void discarded.push(metadata.checkpointId),
    ...options,
  });
  return { store, discarded };
}

describe('StandaloneCompletedCheckpointStore', () => {
  it('CompletedCheckpointStoreTest.testAddAndGetLatestCheckpoint: the last one added is the latest', async () => {
    const { store } = storeOf(4);
    expect(store.getLatestCheckpoint()).toBeUndefined();
    const [first, second] = [completed(0), completed(1)];
    await store.addCheckpoint(first);
    expect([store.numberOfRetainedCheckpoints, store.getLatestCheckpoint()]).toEqual([1, first]);
    await store.addCheckpoint(second);
    expect([store.numberOfRetainedCheckpoints, store.getLatestCheckpoint()]).toEqual([2, second]);
  });

  it('CompletedCheckpointStoreTest.testAddCheckpointMoreThanMaxRetained: each replaces the one before', async () => {
    const { store, discarded } = storeOf(1);
    await store.addCheckpoint(completed(0));
    for (const id of [1, 2, 3]) {
      const subsumed = await store.addCheckpoint(completed(id));
      expect(subsumed?.metadata.checkpointId).toBe(id - 1);
      expect(store.numberOfRetainedCheckpoints).toBe(1);
    }
    expect(discarded).toEqual([0, 1, 2]);
  });

  it('CompletedCheckpointStoreTest.testGetAllCheckpoints: in the order in which they came', async () => {
    const { store } = storeOf(4);
    for (const id of [0, 1, 2, 3]) await store.addCheckpoint(completed(id));
    expect(idsOf(store.getAllCheckpoints())).toEqual([0, 1, 2, 3]);
  });

  it('CompletedCheckpointStoreTest.testDiscardAllCheckpoints: all are gone when the job has finished', async () => {
    const { store, discarded } = storeOf(4);
    for (const id of [0, 1, 2, 3]) await store.addCheckpoint(completed(id));
    await store.shutdown('FINISHED');
    await store.shutdown('FINISHED');
    expect(discarded).toEqual([0, 1, 2, 3]);
    expect([store.numberOfRetainedCheckpoints, store.getLatestCheckpoint()]).toEqual([0, undefined]);
  });

  it('StandaloneCompletedCheckpointStoreTest.testAddCheckpointWithFailedRemove: a failing removal fails no add', async () => {
    const failures: string[] = [];
    const { store } = storeOf(1, {
      discard: async () => {
        throw new Error('cannot remove');
      },
      onDiscardFailed: (error, { metadata }) => void failures.push(`${metadata.checkpointId}: ${String(error)}`),
    });
    for (const id of [0, 1, 2]) await store.addCheckpoint(completed(id));
    expect(idsOf(store.getAllCheckpoints())).toEqual([2]);
    expect(failures).toEqual(['0: Error: cannot remove', '1: Error: cannot remove']);
  });

  it('DefaultCompletedCheckpointStoreTest.testOlderSavepointSubsumed: cp1, sp2, cp3 leave cp3; the savepoint is not removed', async () => {
    const { store, discarded } = storeOf(1);
    for (const checkpoint of [completed(1), savepoint(2), completed(3)]) await store.addCheckpoint(checkpoint);
    expect(idsOf(store.getAllCheckpoints())).toEqual([3]);
    expect(discarded).toEqual([1]);
  });

  it('DefaultCompletedCheckpointStoreTest.testAtLeastOneCheckpointRetained: the latest checkpoint stays below a newer savepoint', async () => {
    const { store, discarded } = storeOf(1);
    for (const checkpoint of [completed(1), savepoint(2)]) await store.addCheckpoint(checkpoint);
    expect(idsOf(store.getAllCheckpoints())).toEqual([1, 2]);
    await store.addCheckpoint(savepoint(3));
    expect(idsOf(store.getAllCheckpoints())).toEqual([1, 3]);
    expect(discarded).toEqual([]);
  });

  it('DefaultCompletedCheckpointStoreTest.testSubsumeAfterStoppingWithSavepoint: cp1, sp2, stop with sp3 leave sp3', async () => {
    const { store, discarded } = storeOf(1);
    for (const checkpoint of [completed(1), savepoint(2)]) await store.addCheckpoint(checkpoint);
    await store.addCheckpoint(savepoint(3), { stopping: true });
    expect(idsOf(store.getAllCheckpoints())).toEqual([3]);
    expect(discarded).toEqual([1]);
  });

  it('DefaultCompletedCheckpointStoreTest.testNotSubsumedIfNotNeeded: three of three are kept', async () => {
    const { store, discarded } = storeOf(3);
    for (const checkpoint of [completed(1), savepoint(2), completed(3)]) await store.addCheckpoint(checkpoint);
    expect(idsOf(store.getAllCheckpoints())).toEqual([1, 2, 3]);
    expect(discarded).toEqual([]);
  });

  it('DefaultCompletedCheckpointStoreTest.testShutdownFailsAnyFutureCallsToAddCheckpoint: whatever the end', async () => {
    for (const end of ['FINISHED', 'CANCELED', 'FAILED', 'SUSPENDED'] as const) {
      const { store } = storeOf(1);
      await store.shutdown(end);
      await expect(store.addCheckpoint(completed(0))).rejects.toMatchObject({ code: 'registry-closed' });
    }
  });

  it.each<[JobEnd]>([['FINISHED'], ['CANCELED'], ['FAILED'], ['SUSPENDED']])(
    'CompletedCheckpointTest.testCleanUpOnShutdown: at %s a checkpoint goes or stays as its properties say',
    async (end) => {
      for (const properties of [SAVEPOINT_PROPERTIES, checkpointPropertiesFor('NO_EXTERNALIZED_CHECKPOINTS')]) {
        const { store, discarded } = storeOf(1);
        await store.addCheckpoint(completed(5, properties));
        await store.shutdown(end);
        expect(discarded).toEqual(properties === SAVEPOINT_PROPERTIES ? [] : [5]);
      }
    },
  );

  it('CheckpointsCleanerTest.testNotCleanHigherCheckpoint: removes a checkpoint only when no kept one names its own streams', async () => {
    const inUse = new Set([1]);
    const lowest: number[] = [];
    const { store, discarded } = storeOf(1, {
      unregisterUnusedState: (id) => {
        lowest.push(id);
        return inUse;
      },
    });
    for (const id of [1, 2, 3]) await store.addCheckpoint(completed(id));
    expect(discarded).toEqual([2]);
    inUse.clear();
    await store.addCheckpoint(completed(4));
    expect(discarded).toEqual([2, 1, 3]);
    expect(lowest).toEqual([1, 2, 3, 4]);
    await store.shutdown('FINISHED');
    expect(lowest.at(-1)).toBe(Number.MAX_SAFE_INTEGER);
  });

  it('keeps one checkpoint at least', () => {
    expect(() => storeOf(0)).toThrow(/execution\.checkpointing\.num-retained is 0/);
  });
});

describe('checkpoint properties', () => {
  it('CheckpointPropertiesTest.testCheckpointProperties: what each retention means', () => {
    expect(checkpointPropertiesFor('DELETE_ON_CANCELLATION')).toEqual({
      snapshotKind: 'checkpoint',
      discardOnSubsumed: true,
      discardOnFinished: true,
      discardOnCancelled: true,
      discardOnFailed: false,
      discardOnSuspended: true,
    });
    expect(checkpointPropertiesFor('RETAIN_ON_CANCELLATION')).toEqual({
      snapshotKind: 'checkpoint',
      discardOnSubsumed: true,
      discardOnFinished: true,
      discardOnCancelled: false,
      discardOnFailed: false,
      discardOnSuspended: false,
    });
  });

  it('CheckpointPropertiesTest.testSavepointProperties: a savepoint never goes by itself', () => {
    const { snapshotKind, ...discards } = SAVEPOINT_PROPERTIES;
    expect(snapshotKind).toBe('savepoint');
    expect(Object.values(discards)).toEqual([false, false, false, false, false]);
  });

  it('CheckpointPropertiesTest.testIsSavepoint: also after metadata was written and read', () => {
    const policies = ['NO_EXTERNALIZED_CHECKPOINTS', 'DELETE_ON_CANCELLATION', 'RETAIN_ON_CANCELLATION'] as const;
    const all = [SAVEPOINT_PROPERTIES, ...policies.map(checkpointPropertiesFor)];
    const kinds = all.map((properties) => {
      const written = writeCheckpointMetadata({ ...fullMetadata(), properties }, directoryScope);
      const read = readCheckpointMetadata(written, directoryScope);
      expect(read.properties).toEqual(properties);
      return read.properties.snapshotKind;
    });
    expect(kinds).toEqual(['savepoint', 'checkpoint', 'checkpoint', 'checkpoint']);
  });
});
