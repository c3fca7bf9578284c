// Checkpoints in memory: the rows of Flink's MemoryCheckpointStorageAccessTest that need no directory, and takeovers.

import { describe, expect, it } from 'vitest';
import { CoordinatorMemory, JobManagerCheckpointStorage, NOT_EXTERNALLY_ADDRESSABLE } from '../src/index.js';
import { openViews, takeOver, writeBytes } from './fixtures/views.js';

const METADATA = Uint8Array.of(1, 2, 3);

describe('MemoryCheckpointStorageAccessTest', () => {
  it('testNonPersistentCheckpointLocation: the metadata is in memory, and its pointer says that nobody finds it', async () => {
    const { coordinator } = await openViews();
    const location = await coordinator.initializeLocationForCheckpoint(9, await takeOver(coordinator));
    expect(location.externalPointer).toBe(NOT_EXTERNALLY_ADDRESSABLE);
    const pointer = await location.publish(METADATA);
    expect(pointer).toEqual({ checkpointId: 9, externalPointer: NOT_EXTERNALLY_ADDRESSABLE });
    await expect(coordinator.resolveCheckpoint(pointer.externalPointer)).rejects.toMatchObject({
      code: 'checkpoint-not-found',
    });
  });

  it('testLocationReference: a task needs to know nothing about the place', async () => {
    const { coordinator } = await openViews();
    const location = await coordinator.initializeLocationForCheckpoint(1, await takeOver(coordinator));
    expect(location.reference).toBe('');
  });

  it('testNoSavepointPathConfiguredNoTarget: a savepoint without a place is refused', async () => {
    const { coordinator } = await openViews();
    await expect(coordinator.initializeLocationForSavepoint(1, undefined)).rejects.toMatchObject({
      code: 'savepoint-location-missing',
    });
  });

  it('testTaskOwnedStateStream: a stream that a task keeps is in its handle', async () => {
    const { worker } = await openViews();
    const stream = await worker.createTaskOwnedStateStream();
    await stream.write(METADATA);
    expect(await stream.closeAndGetHandle()).toMatchObject({ kind: 'byte-stream', bytes: METADATA });
  });
});

describe('the memory of the coordinator', () => {
  it('keeps checkpoints for whoever opens the same storage and job again', async () => {
    const first = await openViews();
    const owner = await takeOver(first.coordinator);
    await first.coordinator.recordRestoredFrom(owner, null);
    const location = await first.coordinator.initializeLocationForCheckpoint(4, owner);
    expect((await first.coordinator.list()).checkpoints).toMatchObject([{ checkpointId: 4, published: false }]);
    const written = Uint8Array.from(METADATA);
    await location.publish(written);
    written.fill(0);
    await first.coordinator.close();

    const again = await openViews(first.storage);
    const { checkpoints, owners } = await again.coordinator.list();
    expect(owners).toEqual([{ epoch: 1, restoredFrom: null, published: true }]);
    expect(checkpoints).toMatchObject([{ checkpointId: 4, published: true }]);
    const resolved = await again.coordinator.resolveCheckpoint(checkpoints[0]?.externalPointer ?? '');
    expect(resolved.externalPointer).toBe(checkpoints[0]?.externalPointer);
    const read = await resolved.readMetadata();
    expect(read).toEqual(METADATA);
    read.fill(9);
    expect(await resolved.readMetadata()).toEqual(METADATA);
  });

  it('is of one storage unless it is handed to several', async () => {
    const memory = new CoordinatorMemory();
    const [one, same, other] = [await openViews({ memory }), await openViews({ memory }), await openViews()];
    await one.coordinator.acquireOwnership();
    expect((await same.coordinator.list()).owners).toEqual([{ epoch: 1 }]);
    expect((await other.coordinator.list()).owners).toEqual([]);
    expect((await (await openViews({ memory }, 'another job')).coordinator.list()).owners).toEqual([]);
    memory.forget('job');
    expect((await one.coordinator.list()).owners).toEqual([]);
    await one.coordinator.acquireOwnership();
    memory.forget();
    expect((await one.coordinator.list()).owners).toEqual([]);
  });

  it('finds nothing under a pointer of another job, of a removed checkpoint, or under an empty one', async () => {
    const memory = new CoordinatorMemory();
    const { coordinator } = await openViews({ memory });
    const owner = await takeOver(coordinator);
    await (await coordinator.initializeLocationForCheckpoint(1, owner)).publish(METADATA);
    const pointer = (await coordinator.list()).checkpoints[0]?.externalPointer ?? '';
    const other = await openViews({ memory }, 'another job');
    await expect(other.coordinator.resolveCheckpoint(pointer)).rejects.toMatchObject({ code: 'checkpoint-not-found' });
    await coordinator.disposeCheckpoint(1);
    await coordinator.disposeCheckpoint(1);
    await expect(coordinator.resolveCheckpoint(pointer)).rejects.toMatchObject({ code: 'checkpoint-not-found' });
    for (const empty of ['', ' ', null])
      await expect(coordinator.resolveCheckpoint(empty as string)).rejects.toThrow(TypeError);
  });

  it('fences a former owner', async () => {
    const { coordinator, storage } = await openViews();
    const owner = await takeOver(coordinator);
    await (await coordinator.initializeLocationForCheckpoint(1, owner)).publish(METADATA);
    const pending = await coordinator.initializeLocationForCheckpoint(2, owner);
    await (await openViews(storage)).coordinator.acquireOwnership();
    const fenced = { code: 'fenced', kind: 'restore' };
    await expect(pending.publish(METADATA)).rejects.toMatchObject(fenced);
    await expect(coordinator.initializeLocationForCheckpoint(3, owner)).rejects.toMatchObject(fenced);
    await expect(coordinator.recordRestoredFrom(owner, null)).rejects.toMatchObject(fenced);
    await expect(coordinator.disposeCheckpoint(1)).rejects.toMatchObject(fenced);
    await expect(coordinator.sweepUnreferenced([], owner)).rejects.toMatchObject(fenced);
    await pending.disposeOnFailure();
    expect((await coordinator.list()).checkpoints).toMatchObject([{ checkpointId: 1 }]);
  });

  it('takes an id once and a publication once, and refers to nothing', async () => {
    const { coordinator } = await openViews();
    const owner = await takeOver(coordinator);
    const location = await coordinator.initializeLocationForCheckpoint(1, owner);
    const exists = { code: 'checkpoint-location-exists' };
    await expect(coordinator.initializeLocationForCheckpoint(1, owner)).rejects.toMatchObject(exists);
    await location.publish(METADATA);
    await expect(location.publish(METADATA)).rejects.toMatchObject(exists);
    for (const id of [0, -1, 0.5])
      await expect(coordinator.initializeLocationForCheckpoint(id, owner)).rejects.toThrow(RangeError);
    for (const text of ['../etc', 'file:///etc/passwd']) {
      expect(() => location.referenceOf(text)).toThrow(expect.objectContaining({ code: 'path-not-allowed' }));
      expect(() => location.locationOf(text)).toThrow(expect.objectContaining({ code: 'path-not-allowed' }));
    }
  });

  it('discards what is in a handle without an effect', async () => {
    const { coordinator, worker } = await openViews();
    const handle = await writeBytes(worker, 10);
    if (handle !== undefined) await coordinator.discard(handle);
    expect(await writeBytes(worker, 0)).toBeUndefined();
  });

  it('remembers that an owner has published when its checkpoints are gone', async () => {
    const { coordinator } = await openViews();
    const owner = await takeOver(coordinator);
    expect((await coordinator.list()).owners).toEqual([{ epoch: 1, restoredFrom: null }]);
    await (await coordinator.initializeLocationForCheckpoint(1, owner)).publish(METADATA);
    await coordinator.disposeCheckpoint(1);
    expect(await coordinator.list()).toEqual({
      checkpoints: [],
      owners: [{ epoch: 1, restoredFrom: null, published: true }],
    });
  });

  it('says that files are out of its reach when nothing writes files', async () => {
    const { coordinator, worker } = await openViews();
    const missing = {
      code: 'capability-missing',
      kind: 'unsupported',
      message: expect.stringContaining('metadataStorage'),
    };
    const file = { kind: 'file', location: 'file:///cp/chk-1/0', sizeBytes: 1 } as const;
    await expect(coordinator.initializeLocationForSavepoint(1, './savepoints')).rejects.toMatchObject(missing);
    await expect(coordinator.resolveCheckpoint('/cp/chk-1')).rejects.toMatchObject(missing);
    await expect(coordinator.openInput(file)).rejects.toMatchObject(missing);
    await expect(coordinator.discard(file)).rejects.toMatchObject(missing);
    await expect(worker.openInput(file)).rejects.toMatchObject(missing);
  });

  it('warns once per coordinator that checkpoints die with the process, and how to keep them', async () => {
    const { logger } = await openViews();
    expect(logger.warnings).toEqual([
      expect.stringMatching(
        /^checkpoints-in-memory: .*'job'.*die with it.*execution\.checkpointing\.storage: filesystem\n\s+execution\.checkpointing\.dir: /s,
      ),
    ]);
    expect(new JobManagerCheckpointStorage().capabilities).toEqual({
      durable: false,
      savepoints: false,
      externallyAddressable: false,
      fencing: true,
    });
  });
});
