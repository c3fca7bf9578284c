import { describe, expect, it } from 'vitest';
import type { OperatorState } from '../../src/checkpoint/checkpoint-metadata.js';
import { type RegisteredCheckpoint, SharedStateRegistry } from '../../src/checkpoint/shared-state-registry.js';
import type { KeyedStateHandle, SegmentReference } from '../../src/handle/keyed-state-handle.js';
import { keyedStateCheckpointedSizeBytes, keyedStateSizeBytes } from '../../src/handle/keyed-state-handle.js';
import { physicalStateHandleId, type StreamStateHandle } from '../../src/handle/stream-state-handle.js';

/** A storage that remembers what was removed from it. */
class Files {
  readonly removed: string[] = [];
  refuse = false;

  async discard(handle: StreamStateHandle): Promise<void> {
    if (this.refuse) throw new Error('cannot remove');
    this.removed.push(physicalStateHandleId(handle));
  }
}

function segment(
  name: string,
  checkpointId: number,
  scope: 'shared' | 'exclusive' = 'shared',
  uid = name,
): SegmentReference {
  return {
    uid,
    stream: { kind: 'file', location: name, sizeBytes: 100 },
    lengthBytes: 100,
    checksum: 1,
    checkpointId,
    scope,
  };
}

function incremental(
  checkpointId: number,
  segments: readonly SegmentReference[],
  baseCheckpointId?: number,
): KeyedStateHandle {
  return {
    kind: 'incremental',
    handleId: `handle-${checkpointId}`,
    keyGroupRange: { first: 0, last: 7 },
    maxParallelism: 8,
    segments,
    chainStarts: [{ first: 0, last: 7, segment: 0 }],
    checkpointId,
    ...(baseCheckpointId !== undefined && { baseCheckpointId }),
    checkpointedSizeBytes: 100,
  };
}

function checkpoint(checkpointId: number, ...segments: SegmentReference[]): RegisteredCheckpoint {
  const subtask = {
    subtaskIndex: 0,
    keyed: [incremental(checkpointId, segments)],
    operator: [],
    rawKeyed: [],
    rawOperator: [],
  };
  const operator: OperatorState = { uid: 'op', parallelism: 1, maxParallelism: 8, subtasks: [subtask] };
  return { checkpointId, operators: [operator] };
}

function registryOf() {
  const files = new Files();
  const failed: string[] = [];
  const registry = new SharedStateRegistry({
    discarder: files,
    onDiscardFailed: (error, { uid }) => void failed.push(`${uid}: ${String(error)}`),
  });
  return { files, failed, registry };
}

describe('SharedStateRegistry', () => {
  it('SharedStateRegistryTest.testRegistryNormal: what is registered stays until the last user has gone', async () => {
    const { registry, files } = registryOf();
    const [first, second] = [segment('first', 1), segment('second', 1)];
    const handle = registry.registerHandle(incremental(1, [first, second]), 1);
    expect(handle.segments[0]).toBe(first);
    expect(handle.segments[1]).toBe(second);
    expect([...registry.unregisterUnusedState(1)]).toEqual([]);
    await registry.drain();
    expect(files.removed).toEqual([]);
    registry.unregisterUnusedState(2);
    await registry.drain();
    expect(files.removed).toEqual(['first', 'second']);
    expect(registry.numberOfSegments).toBe(0);
  });

  it('SharedStateRegistryTest.testUnregisterWithUnexistedKey: an empty registry forgets nothing', async () => {
    const { registry, files } = registryOf();
    expect([...registry.unregisterUnusedState(-1)]).toEqual([]);
    expect([...registry.unregisterUnusedState(Number.MAX_SAFE_INTEGER)]).toEqual([]);
    await registry.drain();
    expect(files.removed).toEqual([]);
  });

  it('SharedStateRegistryTest.testRegisterChangelogStateBackendHandles: equal copies count as one, and go once', async () => {
    const { registry, files } = registryOf();
    const original = segment('base', 41);
    registry.registerCheckpoint(checkpoint(41, original));
    const copied = registry.registerHandle(incremental(42, [structuredClone(original), segment('delta', 42)]), 42);
    expect(copied.segments[0]).toBe(original);
    registry.unregisterUnusedState(42);
    await registry.drain();
    expect(files.removed).toEqual([]);
    registry.unregisterUnusedState(43);
    await registry.drain();
    expect(files.removed).toEqual(['base', 'delta']);
  });

  it('SharedStateRegistryTest.testUnregisterUnusedSavepointState: a restored savepoint is in use while its streams are named', () => {
    const { registry } = registryOf();
    const own = segment('savepoint', 1, 'exclusive');
    registry.registerAllAfterRestored(checkpoint(1, own), 'CLAIM');
    registry.registerCheckpoint(checkpoint(2, own, segment('delta-2', 2)));
    registry.registerCheckpoint(checkpoint(3, own, segment('delta-3', 3)));
    registry.registerCheckpoint(checkpoint(4, segment('full-4', 4)));
    expect([...registry.unregisterUnusedState(3)]).toEqual([1]);
    expect([...registry.unregisterUnusedState(4)]).toEqual([]);
  });

  it('SharedStateRegistryTest.testUnregisterInitialCheckpointUsedInChangelog: a checkpoint built upon stays, also when restored without a claim', () => {
    const { registry } = registryOf();
    const own = segment('initial', 1, 'exclusive');
    registry.registerAllAfterRestored(checkpoint(1, own), 'NO_CLAIM');
    registry.registerCheckpoint(checkpoint(2, own));
    registry.registerCheckpoint(checkpoint(3, own));
    expect([...registry.unregisterUnusedState(3)]).toEqual([1]);
  });

  it('never removes what was restored without a claim', async () => {
    const { registry, files } = registryOf();
    registry.registerAllAfterRestored(checkpoint(1, segment('foreign', 1)), 'NO_CLAIM');
    registry.registerCheckpoint(checkpoint(2, segment('own', 2)));
    registry.registerCheckpoint(checkpoint(3, segment('newer', 3)));
    registry.unregisterUnusedState(3);
    await registry.drain();
    expect(files.removed).toEqual(['own']);
  });

  it('removes what was restored with a claim', async () => {
    const { registry, files } = registryOf();
    registry.registerAllAfterRestored(checkpoint(1, segment('claimed', 1)), 'CLAIM');
    registry.registerCheckpoint(checkpoint(2, segment('own', 2)));
    registry.unregisterUnusedState(2);
    await registry.drain();
    expect(files.removed).toEqual(['claimed']);
  });

  it('keeps everything that a pinned checkpoint names, until the last pin is taken back', async () => {
    const { registry, files } = registryOf();
    const base = segment('base', 1);
    registry.registerCheckpoint(checkpoint(1, base));
    registry.registerCheckpoint(checkpoint(2, base, segment('delta-2', 2)));
    registry.pin(2);
    registry.pin(2);
    registry.registerCheckpoint(checkpoint(3, segment('full-3', 3)));
    registry.registerCheckpoint(checkpoint(4, segment('full-4', 4)));
    expect([...registry.unregisterUnusedState(4)]).toEqual([2]);
    registry.unpin(2);
    await registry.drain();
    expect(files.removed).toEqual(['full-3']);
    registry.registerCheckpoint(checkpoint(5, base, segment('delta-2', 2), segment('delta-5', 5)));
    registry.unpin(2);
    registry.unpin(2);
    await registry.drain();
    expect(files.removed).toEqual(['full-3']);
    registry.unregisterUnusedState(6);
    await registry.drain();
    expect(files.removed.sort()).toEqual(['base', 'delta-2', 'delta-5', 'full-3', 'full-4']);
  });

  it('refuses to pin what has gone', () => {
    const { registry } = registryOf();
    registry.registerCheckpoint(checkpoint(1, segment('a', 1)));
    registry.unregisterUnusedState(2);
    expect(() => registry.pin(1)).toThrow(expect.objectContaining({ code: 'shared-state-unknown' }));
    expect(() => registry.pin(1)).toThrow(/trigger a full checkpoint/);
  });

  it('refuses a checkpoint that builds on what is not registered, and registers nothing of it', () => {
    const { registry } = registryOf();
    const broken = checkpoint(5, segment('own', 5), segment('gone', 4));
    expect(() => registry.registerCheckpoint(broken)).toThrow(
      expect.objectContaining({ code: 'shared-state-unknown' }),
    );
    expect(registry.numberOfSegments).toBe(0);
    expect(() => registry.pin(5)).toThrow(expect.objectContaining({ code: 'shared-state-unknown' }));
  });

  it('refuses another segment in a stream that is known, and registers nothing of that checkpoint', () => {
    const { registry } = registryOf();
    registry.registerCheckpoint(checkpoint(1, segment('stream', 1)));
    const broken = checkpoint(2, segment('other', 2), segment('stream', 1, 'shared', 'another uid'));
    expect(() => registry.registerCheckpoint(broken)).toThrow(
      expect.objectContaining({ code: 'shared-state-conflict' }),
    );
    expect(() => registry.registerAllAfterRestored(broken, 'CLAIM')).toThrow(
      expect.objectContaining({ code: 'shared-state-conflict' }),
    );
    expect(registry.numberOfSegments).toBe(1);
  });

  it('tells who asked about streams that cannot be removed, and goes on', async () => {
    const { registry, files, failed } = registryOf();
    registry.registerCheckpoint(checkpoint(1, segment('stuck', 1)));
    files.refuse = true;
    registry.unregisterUnusedState(2);
    await registry.drain();
    expect(failed).toEqual(['stuck: Error: cannot remove']);
  });
});

describe('the handles of incremental checkpoints', () => {
  it('IncrementalRemoteKeyedStateHandleTest.testUnregisteredDiscarding: everything written for it goes, exclusive and shared', async () => {
    const { registry, files } = registryOf();
    await registry.discardUnregistered(incremental(3, [segment('shared', 3), segment('private', 3, 'exclusive')]));
    expect(files.removed).toEqual(['shared', 'private']);
  });

  it('IncrementalRemoteKeyedStateHandleTest.testSharedStateReRegistration: what is registered survives a discard and the end of a registry', async () => {
    const { registry, files } = registryOf();
    const base = segment('base', 1);
    registry.registerCheckpoint(checkpoint(1, base));
    await registry.discardUnregistered(incremental(2, [base, segment('delta', 2)], 1));
    expect(files.removed).toEqual(['delta']);
    await registry.close();
    expect(() => registry.registerCheckpoint(checkpoint(2, base))).toThrow(
      expect.objectContaining({ code: 'registry-closed' }),
    );
    expect(() => registry.registerHandle(incremental(2, [base]), 2)).toThrow(
      expect.objectContaining({ code: 'registry-closed' }),
    );
    expect(() => registry.unregisterUnusedState(9)).toThrow(expect.objectContaining({ code: 'registry-closed' }));
    expect(files.removed).toEqual(['delta']);

    const next = new SharedStateRegistry({ discarder: files });
    next.registerAllAfterRestored(checkpoint(1, base), 'CLAIM');
    next.registerCheckpoint(checkpoint(2, base));
    next.unregisterUnusedState(2);
    await next.drain();
    expect(files.removed).toEqual(['delta']);
    next.unregisterUnusedState(3);
    await next.drain();
    expect(files.removed).toEqual(['delta', 'base']);
  });

  it('IncrementalRemoteKeyedStateHandleTest.testCollectSizeStats: all that it names, and what was written for it', () => {
    const handle = incremental(2, [segment('base', 1), segment('delta', 2)]);
    expect(keyedStateSizeBytes(handle)).toBe(200);
    expect(keyedStateCheckpointedSizeBytes(handle)).toBe(100);
  });

  it('passes a failing removal on after the others were tried', async () => {
    const { registry, files } = registryOf();
    files.refuse = true;
    await expect(registry.discardUnregistered(incremental(1, [segment('a', 1)]))).rejects.toThrow('cannot remove');
  });
});
