// Locations: a snapshot exists when it is published, at once and entirely, and refers to nothing but its own.

import type { ResolvedCheckpoint } from '@tidemark/state-core/spi';
import {
  assertEqual,
  assertRejects,
  assertStateError,
  assertTrue,
  ConformanceFailure,
} from '../conformance/assertions.js';
import type { CheckpointStorageCase } from './checkpoint-storage-case.js';
import { type CheckpointStorageViews, patternBytes } from './checkpoint-storage-harness.js';

async function resolveOnly({ coordinator }: CheckpointStorageViews): Promise<ResolvedCheckpoint> {
  const [found, ...others] = (await coordinator.list()).checkpoints.filter(({ published }) => published);
  if (found === undefined || others.length > 0) throw new ConformanceFailure('there is not exactly one checkpoint');
  return coordinator.resolveCheckpoint(found.externalPointer);
}

async function idsOf({ coordinator }: CheckpointStorageViews): Promise<number[]> {
  return (await coordinator.list()).checkpoints.map(({ checkpointId }) => checkpointId);
}

/** Cases about locations. */
export const locationCases: readonly CheckpointStorageCase[] = [
  {
    id: 'CS-LOCATION-01',
    title: 'a checkpoint is found when it is published and not before, by every view',
    async run(harness) {
      const views = await harness.open();
      const { location } = await harness.start(views, 7, await harness.takeOver(views));
      const elsewhere = await harness.openElsewhere();
      for (const { coordinator } of [views, elsewhere]) {
        const { checkpoints } = await coordinator.list();
        assertTrue(
          checkpoints.every(({ published }) => !published),
          'it is found before it is published',
        );
        for (const { externalPointer } of checkpoints) {
          await assertRejects(
            coordinator.resolveCheckpoint(externalPointer),
            'checkpoint-not-found',
            'its pointer before it is published',
          );
        }
      }
      const metadata = patternBytes(30_000);
      const pointer = await location.publish(metadata);
      assertEqual(pointer.checkpointId, 7, 'id in the pointer');
      assertEqual(pointer.externalPointer, location.externalPointer, 'pointer');
      metadata.fill(0);
      for (const found of [views, elsewhere]) {
        const { checkpoints } = await found.coordinator.list();
        assertEqual(
          checkpoints.map(({ checkpointId, published }) => [checkpointId, published]),
          [[7, true]],
          'listing',
        );
        const resolved = await resolveOnly(found);
        for (const time of ['once', 'again, after the reader has changed what it got']) {
          const read = await resolved.readMetadata();
          assertEqual(read, patternBytes(30_000), `metadata, read ${time}`);
          read.fill(0);
        }
        assertEqual(resolved.externalPointer, checkpoints[0]?.externalPointer, 'pointer of what was resolved');
      }
    },
  },
  {
    id: 'CS-LOCATION-02',
    title: 'writeToAlreadyExistingCheckpointFails: a location is published once and an id is used once',
    async run(harness) {
      const views = await harness.open();
      const owner = await harness.takeOver(views);
      const { location } = await harness.start(views, 1, owner);
      await assertRejects(
        views.coordinator.initializeLocationForCheckpoint(1, owner),
        'checkpoint-location-exists',
        'the same id before',
      );
      await location.publish(patternBytes(10));
      const published = await harness.underTest.remains?.();
      await assertRejects(location.publish(patternBytes(11)), 'checkpoint-location-exists', 'the second publication');
      assertEqual(await harness.underTest.remains?.(), published, 'what the second publication leaves');
      await assertRejects(
        views.coordinator.initializeLocationForCheckpoint(1, owner),
        'checkpoint-location-exists',
        'the same id after',
      );
      assertEqual(await (await resolveOnly(views)).readMetadata(), patternBytes(10), 'metadata');
    },
  },
  {
    id: 'CS-LOCATION-03',
    title: 'two writers of one id are told apart, whoever comes second',
    async run(harness) {
      const first = await harness.open();
      const owner = await harness.takeOver(first);
      const attempts = await Promise.allSettled(
        Array.from({ length: 8 }, () => first.coordinator.initializeLocationForCheckpoint(1, owner)),
      );
      assertEqual(attempts.filter(({ status }) => status === 'fulfilled').length, 1, 'locations that were made');
    },
  },
  {
    id: 'CS-LOCATION-04',
    title: 'ids begin at 1',
    async run(harness) {
      const views = await harness.open();
      const { coordinator } = views;
      const owner = await harness.takeOver(views);
      for (const id of [0, -1, 1.5, Number.NaN]) {
        const error = await coordinator.initializeLocationForCheckpoint(id, owner).catch((thrown: unknown) => thrown);
        assertTrue(error instanceof RangeError, `the id ${id} is no RangeError`);
      }
    },
  },
  {
    id: 'CS-LOCATION-05',
    title: 'references in metadata lead back to the bytes, for this process and another',
    async run(harness) {
      const views = await harness.open();
      const { location, streams } = await harness.start(views, 1, await harness.takeOver(views));
      const references: string[] = [];
      for (const scope of ['exclusive', 'shared'] as const) {
        const handle = await harness.write(streams, patternBytes(100_000), scope);
        if (handle.kind === 'file') {
          references.push(location.referenceOf(handle.location));
          assertEqual(location.locationOf(references.at(-1) as string), handle.location, 'location of the reference');
        }
      }
      await location.publish(patternBytes(10));
      for (const found of [views, await harness.openElsewhere()]) {
        const resolved = await resolveOnly(found);
        for (const reference of references) {
          const handle = { kind: 'file', location: resolved.locationOf(reference), sizeBytes: 100_000 } as const;
          assertEqual(await harness.read(found.worker, handle), patternBytes(100_000), reference);
          assertEqual(resolved.referenceOf(handle.location), reference, 'reference of the location');
        }
      }
    },
  },
  {
    id: 'CS-LOCATION-06',
    title: 'a reference that leaves the snapshot is refused',
    async run(harness) {
      const views = await harness.open();
      const { location } = await harness.start(views, 1, await harness.takeOver(views));
      await location.publish(patternBytes(10));
      const resolved = await resolveOnly(views);
      for (const reference of [
        '/etc/passwd',
        '../../../../etc/passwd',
        'file:///etc/passwd',
        '..',
        '../other/chk-1/x',
      ]) {
        for (const scope of [resolved, location]) {
          assertStateError(() => scope.locationOf(reference), 'path-not-allowed', reference);
        }
      }
      assertStateError(() => resolved.referenceOf('file:///etc/passwd'), 'path-not-allowed', 'a stranger');
    },
  },
  {
    id: 'CS-LOCATION-07',
    title: 'a failed checkpoint leaves nothing behind, however often it is given up',
    async run(harness) {
      const views = await harness.open();
      const owner = await harness.takeOver(views);
      const other = await harness.start(views, 1, owner);
      await other.location.publish(patternBytes(10));
      const before = await harness.underTest.remains?.();
      const { location, streams } = await harness.start(views, 2, owner);
      await harness.write(streams, patternBytes(100_000));
      await location.disposeOnFailure();
      await location.disposeOnFailure();
      assertEqual(await idsOf(views), [1], 'checkpoints that are left');
      assertEqual(await harness.underTest.remains?.(), before, 'what the storage keeps');
      const outcome = await location.publish(patternBytes(10)).then(
        () => 'published',
        () => 'an error',
      );
      assertEqual(outcome, 'an error', 'publication of what was given up');
      assertEqual(await idsOf(views), [1], 'checkpoints after that');
    },
  },
  {
    id: 'CS-LOCATION-08',
    title: 'an aborted publication publishes nothing',
    async run(harness) {
      const views = await harness.open();
      const { location } = await harness.start(views, 1, await harness.takeOver(views));
      const outcome = await location.publish(patternBytes(10), AbortSignal.abort(new Error('enough'))).then(
        () => 'published',
        () => 'an error',
      );
      assertEqual(outcome, 'an error', 'publication');
      assertTrue(
        (await views.coordinator.list()).checkpoints.every(({ published }) => !published),
        'it was published',
      );
    },
  },
  {
    id: 'CS-LOCATION-09',
    title: 'testFailingPointerPathResolution: a pointer to nothing is not found, an empty one is a mistake',
    async run(harness) {
      const { coordinator } = await harness.open();
      assertEqual(await coordinator.list(), { checkpoints: [], owners: [] }, 'listing of an unknown job');
      await assertRejects(
        coordinator.resolveCheckpoint('<checkpoint-not-externally-addressable>'),
        'checkpoint-not-found',
        'no pointer',
      );
      const error = await coordinator.resolveCheckpoint('').catch((thrown: unknown) => thrown);
      assertTrue(error instanceof TypeError, 'an empty pointer is no TypeError');
    },
  },
  {
    id: 'CS-LOCATION-10',
    title: 'what a publication returned is a pointer that a person can pass on',
    requires: ['externallyAddressable'],
    async run(harness) {
      const views = await harness.open();
      const { location } = await harness.start(views, 1, await harness.takeOver(views));
      const { externalPointer } = await location.publish(patternBytes(10));
      const elsewhere = await harness.openElsewhere('another job');
      const resolved = await elsewhere.coordinator.resolveCheckpoint(externalPointer);
      assertEqual(await resolved.readMetadata(), patternBytes(10), 'metadata');
    },
  },
  {
    id: 'CS-LOCATION-11',
    title: 'checkpoints are listed by ascending id, owners by ascending epoch',
    async run(harness) {
      const views = await harness.open();
      for (let takeovers = 0; takeovers < 10; takeovers++) await harness.takeOver(views);
      const owner = await harness.takeOver(views);
      for (const checkpointId of [100, 9, 10]) await harness.start(views, checkpointId, owner);
      assertEqual(await idsOf(views), [9, 10, 100], 'ids');
      const epochs = (await views.coordinator.list()).owners.map(({ epoch }) => epoch);
      assertEqual(
        epochs,
        epochs.toSorted((a, b) => a - b),
        'epochs',
      );
    },
  },
];
