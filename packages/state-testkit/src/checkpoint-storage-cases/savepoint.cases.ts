// Savepoints: where the caller wants them, apart from the checkpoints of the job.

import { assertEqual, assertRejects, assertStateError, assertTrue } from '../conformance/assertions.js';
import type { CheckpointStorageCase } from './checkpoint-storage-case.js';
import { patternBytes } from './checkpoint-storage-harness.js';

/** Whether a pointer leads into a directory, whichever way both are written. */
function isUnder(pointer: string, directory: string): boolean {
  const plain = (text: string): string =>
    decodeURI(text)
      .replaceAll('\\', '/')
      .replace(/^[a-z][a-z0-9+.-]*:\/\//i, '');
  return plain(pointer).includes(plain(directory));
}

/** Cases about savepoints. */
export const savepointCases: readonly CheckpointStorageCase[] = [
  {
    id: 'CS-SAVEPOINT-01',
    title:
      'testNoSavepointPathConfiguredAndTarget: a savepoint is found by its pointer, and is no checkpoint of the job',
    requires: ['savepoints'],
    async run(harness) {
      const { coordinator, worker } = await harness.open();
      const location = await coordinator.initializeLocationForSavepoint(5, harness.underTest.savepointTarget);
      const streams = await worker.resolveCheckpointStorageLocation(5, structuredClone(location.reference));
      const handles = [
        await harness.write(streams, patternBytes(100_000, 1)),
        await harness.write(streams, patternBytes(100_000, 2), 'shared'),
      ];
      const references = handles.map((handle) =>
        handle.kind === 'file' ? location.referenceOf(handle.location) : undefined,
      );
      const { externalPointer } = await location.publish(patternBytes(10));

      const elsewhere = await harness.openElsewhere('another job');
      const resolved = await elsewhere.coordinator.resolveCheckpoint(externalPointer);
      assertEqual(await resolved.readMetadata(), patternBytes(10), 'metadata');
      for (const [index, reference] of references.entries()) {
        if (reference === undefined) continue;
        const handle = { kind: 'file', location: resolved.locationOf(reference), sizeBytes: 100_000 } as const;
        assertEqual(await harness.read(elsewhere.worker, handle), patternBytes(100_000, index + 1), reference);
      }
      assertEqual((await coordinator.list()).checkpoints, [], 'checkpoints of the job');
      assertTrue(
        isUnder(externalPointer, String(harness.underTest.savepointTarget)),
        `the savepoint is not where it was asked for: ${externalPointer}`,
      );
    },
  },
  {
    id: 'CS-SAVEPOINT-02',
    title: 'testNoSavepointPathConfiguredNoTarget: a savepoint without a place is refused',
    requires: ['savepoints'],
    async run(harness) {
      const { coordinator } = await harness.open();
      await assertRejects(
        coordinator.initializeLocationForSavepoint(1, undefined),
        'savepoint-location-missing',
        'no place',
      );
    },
  },
  {
    id: 'CS-SAVEPOINT-03',
    title: 'savepoints of one id do not meet, and one that fails leaves nothing behind',
    requires: ['savepoints'],
    async run(harness) {
      const { coordinator } = await harness.open();
      const target = harness.underTest.savepointTarget;
      const [first, second] = [
        await coordinator.initializeLocationForSavepoint(1, target),
        await coordinator.initializeLocationForSavepoint(1, target),
      ];
      assertTrue(first.externalPointer !== second.externalPointer, 'both have one pointer');
      await first.publish(patternBytes(10, 1));
      await second.disposeOnFailure();
      await second.disposeOnFailure();
      const resolved = await coordinator.resolveCheckpoint(first.externalPointer);
      assertEqual(await resolved.readMetadata(), patternBytes(10, 1), 'metadata');
      await assertRejects(
        coordinator.resolveCheckpoint(second.externalPointer),
        'checkpoint-not-found',
        'the failed one',
      );
    },
  },
  {
    id: 'CS-SAVEPOINT-04',
    title: "a savepoint is nobody's: it refers to its own files alone, and who was overtaken may publish it",
    requires: ['savepoints'],
    async run(harness) {
      const views = await harness.open();
      const { location, streams } = await harness.start(views, 1, await harness.takeOver(views));
      const handle = await harness.write(streams, patternBytes(100_000), 'shared');
      const savepoint = await views.coordinator.initializeLocationForSavepoint(1, harness.underTest.savepointTarget);
      if (handle.kind === 'file') {
        assertStateError(() => savepoint.referenceOf(handle.location), 'path-not-allowed', 'a stream of the job');
        const reference = location.referenceOf(handle.location);
        assertStateError(() => savepoint.locationOf(reference), 'path-not-allowed', 'the reference of a checkpoint');
      }
      await (await harness.openElsewhere()).coordinator.acquireOwnership();
      const { externalPointer } = await savepoint.publish(patternBytes(10));
      const resolved = await views.coordinator.resolveCheckpoint(externalPointer);
      assertEqual(await resolved.readMetadata(), patternBytes(10), 'metadata');
    },
  },
];
