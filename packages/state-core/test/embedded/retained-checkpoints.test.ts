import { describe, expect, it } from 'vitest';
import type { CompletedCheckpoint } from '../../src/checkpoint/completed-checkpoint-store.js';
import type { CheckpointStorageCoordinatorView } from '../../src/checkpoint-storage/checkpoint-storage.js';
import { RetainedCheckpoints, type SnapshotBase } from '../../src/embedded/retained-checkpoints.js';
import { snapshotMetadata } from '../../src/embedded/snapshot-metadata.js';
import { StateError } from '../../src/error/state-error.js';
import type { KeyedStateHandle, SegmentReference } from '../../src/handle/keyed-state-handle.js';

/** What a coordinator view was asked to remove: ids and locations. */
interface Removals {
  readonly coordinator: CheckpointStorageCoordinatorView;
  readonly removed: (number | string)[];
}

function recordRemovals(failure?: Error): Removals {
  const removed: (number | string)[] = [];
  const remove = async (what: number | string): Promise<void> => {
    if (failure !== undefined) throw failure;
    removed.push(what);
  };
  const view: Pick<CheckpointStorageCoordinatorView, 'disposeCheckpoint' | 'discard'> = {
    disposeCheckpoint: remove,
    discard: (handle) => remove(handle.kind === 'file' ? handle.location : handle.name),
  };
  return { coordinator: view as CheckpointStorageCoordinatorView, removed };
}

function retainedOf(
  { coordinator }: Removals,
  options: { incremental?: boolean; retainedMax?: number; warnings?: string[] } = {},
): RetainedCheckpoints {
  return new RetainedCheckpoints({
    coordinator,
    uid: 'state',
    retainedMax: options.retainedMax ?? 2,
    incremental: options.incremental ?? true,
    restored: undefined,
    logger: { warn: (code) => void options.warnings?.push(code), info() {} },
  });
}

function segment(checkpointId: number, scope: 'shared' | 'exclusive' = 'shared'): SegmentReference {
  return {
    uid: checkpointId.toString(16).padStart(32, '0'),
    stream: { kind: 'file', location: `mem:${checkpointId}`, sizeBytes: 10 },
    lengthBytes: 10,
    checksum: 0,
    checkpointId,
    scope,
  };
}

/** Checkpoint `checkpointId`, made of the segments of these checkpoints. */
function checkpoint(checkpointId: number, segments: readonly SegmentReference[]): CompletedCheckpoint {
  const handle: KeyedStateHandle = {
    kind: 'incremental',
    handleId: `h${checkpointId}`,
    keyGroupRange: { first: 0, last: 3 },
    maxParallelism: 4,
    segments,
    chainStarts: [{ first: 0, last: 3, segment: 0 }],
    checkpointId,
    checkpointedSizeBytes: 10,
  };
  const metadata = snapshotMetadata(
    { jobId: 'job', name: 'job', uid: 'state', maxParallelism: 4 },
    {
      checkpointId,
      kind: 'checkpoint',
      timestampMs: 0,
      handle,
      carried: [],
      attachment: undefined,
      owner: { epoch: 3 },
      parent: undefined,
    },
  );
  return { metadata, externalPointer: `mem:chk-${checkpointId}` };
}

const NO_BASE: SnapshotBase = { checkpointId: undefined, sharing: 'forward', unpin() {} };

describe('RetainedCheckpoints', () => {
  it('builds on nothing where increments are not wanted, and never for a savepoint', async () => {
    const full = retainedOf(recordRemovals(), { incremental: false });
    await full.add(checkpoint(1, [segment(1)]), NO_BASE);
    expect(full.pinBase('checkpoint')).toMatchObject({ checkpointId: undefined, sharing: 'no-sharing' });
    const incremental = retainedOf(recordRemovals());
    await incremental.add(checkpoint(1, [segment(1)]), NO_BASE);
    expect(incremental.pinBase('savepoint')).toMatchObject({ checkpointId: undefined, sharing: 'no-sharing' });
  });

  it('builds on the newest completed checkpoint, and begins with one that may be built on', async () => {
    const retained = retainedOf(recordRemovals());
    expect(retained.pinBase('checkpoint')).toMatchObject({ checkpointId: undefined, sharing: 'forward' });
    await retained.add(checkpoint(1, [segment(1)]), NO_BASE);
    await retained.add(checkpoint(2, [segment(1), segment(2)]), NO_BASE);
    expect(retained.pinBase('checkpoint')).toMatchObject({ checkpointId: 2, sharing: 'forward-backward' });
    expect(retained.parent).toEqual({ epoch: 3, checkpointId: 2 });
  });

  it('does not build on a checkpoint with streams of its own: they go with it', async () => {
    const retained = retainedOf(recordRemovals());
    await retained.claim([checkpoint(1, [segment(1, 'exclusive')])]);
    expect(retained.pinBase('checkpoint')).toMatchObject({ checkpointId: undefined, sharing: 'forward' });
  });

  it('leaves an older checkpoint alone that says something else of a stream than the restored one', async () => {
    const removals = recordRemovals();
    const warnings: string[] = [];
    const retained = retainedOf(removals, { warnings });
    const other = { ...segment(1), uid: 'f'.repeat(32), checksum: 7 };
    await retained.claim([checkpoint(1, [other]), checkpoint(2, [segment(1), segment(2)])]);
    expect(warnings).toEqual(['checkpoint-ignored']);
    const base = retained.pinBase('checkpoint');
    expect(base.checkpointId).toBe(2);
    await retained.add(checkpoint(3, [segment(3)]), base);
    expect(await retained.add(checkpoint(4, [segment(4)]), NO_BASE)).toBe(2);
    expect([...removals.removed].map(String).sort()).toEqual(['2', 'mem:1', 'mem:2']);
  });

  it('keeps a shared stream for the oldest that names it, whoever was registered first', async () => {
    const removals = recordRemovals();
    const retained = retainedOf(removals, { retainedMax: 3 });
    await retained.claim([checkpoint(1, [segment(1)]), checkpoint(2, [segment(1)])]);
    await retained.add(checkpoint(3, [segment(3)]), NO_BASE);
    expect(await retained.add(checkpoint(4, [segment(4)]), NO_BASE)).toBe(1);
    expect(removals.removed).toEqual([1]);
    expect(await retained.add(checkpoint(5, [segment(5)]), NO_BASE)).toBe(2);
    expect([...removals.removed].map(String).sort()).toEqual(['1', '2', 'mem:1']);
  });

  it('removes what was replaced, and a shared stream when nothing names it any more', async () => {
    const removals = recordRemovals();
    const retained = retainedOf(removals);
    await retained.claim([checkpoint(1, [segment(1)])]);
    expect(await retained.add(checkpoint(2, [segment(1), segment(2)]), NO_BASE)).toBeUndefined();
    expect(await retained.add(checkpoint(3, [segment(1), segment(3)]), NO_BASE)).toBe(1);
    expect(removals.removed).toEqual([1]);
    expect(await retained.add(checkpoint(4, [segment(4)]), NO_BASE)).toBe(2);
    expect([...removals.removed].map(String).sort()).toEqual(['1', '2', 'mem:2']);
    expect(await retained.add(checkpoint(5, [segment(4), segment(5)]), NO_BASE)).toBe(3);
    expect([...removals.removed].map(String).sort()).toEqual(['1', '2', '3', 'mem:1', 'mem:2', 'mem:3']);
  });

  it('RC2: keeps the segments of a pinned base until it is let go', async () => {
    const removals = recordRemovals();
    const retained = retainedOf(removals, { retainedMax: 1 });
    await retained.add(checkpoint(1, [segment(1)]), NO_BASE);
    const base = retained.pinBase('checkpoint');
    await retained.add(checkpoint(2, [segment(2)]), NO_BASE);
    expect(removals.removed).not.toContain('mem:1');
    base.unpin();
    base.unpin();
    await retained.close();
    expect(removals.removed).toContain('mem:1');
  });

  it('a completed checkpoint lets go of its base: what nothing names goes at once', async () => {
    const removals = recordRemovals();
    const retained = retainedOf(removals, { retainedMax: 1 });
    await retained.add(checkpoint(1, [segment(1)]), NO_BASE);
    await retained.add(checkpoint(2, [segment(2)]), retained.pinBase('checkpoint'));
    expect([...removals.removed].map(String).sort()).toEqual(['1', 'mem:1']);
  });

  it('refuses a checkpoint that names what is not known, and takes it back', async () => {
    const removals = recordRemovals();
    const retained = retainedOf(removals);
    await expect(retained.add(checkpoint(7, [segment(6), segment(7)]), NO_BASE)).rejects.toEqual(
      expect.objectContaining({ code: 'shared-state-unknown' }),
    );
    expect(removals.removed).toEqual([7]);
    expect(retained.parent).toBeUndefined();
  });

  it('RC3: tells of a failed removal, and remembers that it was refused because of a newer owner', async () => {
    const warnings: string[] = [];
    const broken = retainedOf(recordRemovals(new Error('disk on fire')), { retainedMax: 1, warnings });
    await broken.add(checkpoint(1, [segment(1)]), NO_BASE);
    await broken.add(checkpoint(2, [segment(2)]), NO_BASE);
    expect(new Set(warnings)).toEqual(new Set(['checkpoint-not-removed']));
    expect(broken.fenced).toBeUndefined();

    const fenced = new StateError('fenced', 'taken over');
    const overtaken = retainedOf(recordRemovals(fenced), { retainedMax: 1, warnings });
    const told = warnings.length;
    await overtaken.add(checkpoint(1, [segment(1)]), NO_BASE);
    await overtaken.add(checkpoint(2, [segment(2)]), NO_BASE);
    expect(overtaken.fenced).toBe(fenced);
    expect(warnings).toHaveLength(told);
  });
});
