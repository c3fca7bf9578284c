import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import { temporaryDirectory } from './fixtures/temporary-directory.js';
import { openViews, patternBytes, readState, startCheckpoint, takeOver, writeState } from './fixtures/views.js';

describe('a checkpoint from start to restore', () => {
  it('is found and read by another view once it is published, and not before', async () => {
    const directory = await temporaryDirectory();
    const opened = await openViews({ directory });
    const owner = await takeOver(opened.coordinator);
    await opened.coordinator.recordRestoredFrom(owner, null);
    const { location, streams } = await startCheckpoint(opened, 1, owner);
    const large = await writeState(streams, 'exclusive', patternBytes(50_000));
    const shared = await writeState(streams, 'shared', patternBytes(30_000, 2));
    const references = [large, shared].map((handle) => location.referenceOf((handle as { location: string }).location));

    const other = await openViews({ directory });
    expect((await other.coordinator.list()).checkpoints).toMatchObject([{ checkpointId: 1, published: false }]);

    const pointer = await location.publish(patternBytes(100, 3));
    expect(pointer).toEqual({ checkpointId: 1, externalPointer: pathToFileURL(join(directory, 'job', 'chk-1')).href });

    const listing = await other.coordinator.list();
    expect(listing.checkpoints).toEqual([{ ...pointer, published: true }]);
    expect(listing.owners).toEqual([{ epoch: 1, restoredFrom: null, published: true }]);
    const resolved = await other.coordinator.resolveCheckpoint(pointer.externalPointer);
    expect(await resolved.readMetadata()).toEqual(patternBytes(100, 3));
    const [first, second] = references.map((reference) => resolved.locationOf(reference));
    expect(await readState(other.worker, { kind: 'file', location: first as string, sizeBytes: 50_000 })).toEqual(
      patternBytes(50_000),
    );
    expect(await readState(other.worker, { kind: 'file', location: second as string, sizeBytes: -1 })).toEqual(
      patternBytes(30_000, 2),
    );
    expect(await readdir(join(directory, 'job', 'chk-1'))).toHaveLength(2);
    expect((await stat(join(directory, 'job', 'taskowned'))).isDirectory()).toBe(true);
  });
});
