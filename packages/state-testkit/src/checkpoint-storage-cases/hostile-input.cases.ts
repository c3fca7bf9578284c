// Hostile input: handles, references and pointers that nobody of ours made. They come from metadata that somebody else may
// have written, and from what a person types.

import { isStateError } from '@tidemark/state-core';
import type { CheckpointMetadataScope } from '@tidemark/state-core/spi';
import { assertEqual, assertTrue, ConformanceFailure } from '../conformance/assertions.js';
import type { CheckpointStorageCase } from './checkpoint-storage-case.js';
import { patternBytes } from './checkpoint-storage-harness.js';

/** Names of nothing, in every shape. */
const NOWHERE: readonly string[] = [
  '',
  ' ',
  '.',
  '..',
  'nothing',
  '/',
  'file:///no/such/place/at/all',
  'file://host.invalid/share/x',
  'file:///a%00b',
  'file:///%zz',
  'no-such-scheme://x/y',
  'http://localhost:1/x',
  'a\0b',
  `${'../'.repeat(200)}x`,
  'x'.repeat(10_000),
  '\u202e\ud800',
  '{"kind":"file"}',
];

/** References that leave the snapshot, or try to. */
const LEAVING: readonly string[] = [
  'a/../../../../x',
  './../../../x',
  '%2e%2e/%2e%2e/%2e%2e/x',
  '..%2f..%2f..%2fx',
  '..\\..\\..\\x',
  '//host.invalid/x',
  'a\0b',
  'file:x',
  'x'.repeat(10_000),
];

/** Cases about hostile input. */
export const hostileInputCases: readonly CheckpointStorageCase[] = [
  {
    id: 'CS-HOSTILE-01',
    title: 'a handle to nothing fails with a StateError',
    async run(harness) {
      const views = await harness.open();
      for (const location of NOWHERE) {
        for (const view of [views.worker, views.coordinator]) {
          await mustFail(harness.read(view, { kind: 'file', location, sizeBytes: 10 }), `reading ${shown(location)}`);
        }
      }
    },
  },
  {
    id: 'CS-HOSTILE-02',
    title: 'a pointer to nothing fails with a StateError, whatever it looks like',
    async run(harness) {
      const { coordinator } = await harness.open();
      for (const pointer of NOWHERE) {
        const resolving = coordinator.resolveCheckpoint(pointer).then((found) => found.readMetadata());
        const isMistake = pointer.trim() === '';
        await mustFail(resolving, `the pointer ${shown(pointer)}`, (error) => isMistake && error instanceof TypeError);
      }
    },
  },
  {
    id: 'CS-HOSTILE-03',
    title: 'discarding what is no stream of the storage removes nothing of it',
    async run(harness) {
      const views = await harness.open();
      const { location, streams } = await harness.start(views, 1, await harness.takeOver(views));
      const handle = await harness.write(streams, patternBytes(100_000), 'shared');
      await location.publish(patternBytes(10));
      const locations = [...NOWHERE];
      if (handle.kind === 'file') {
        const folder = handle.location.slice(0, handle.location.lastIndexOf('/'));
        const above = folder.slice(0, folder.lastIndexOf('/'));
        locations.push(folder, `${folder}/`, above, `${above}/`, `${handle.location}/../..`);
        locations.push(handle.location.slice(0, -1), `${handle.location}x`, `${folder}/*`);
        locations.push(`${location.externalPointer}/_metadata`, location.externalPointer);
      }
      for (const place of locations) {
        // It may say that this cannot be, or that nothing was there.
        await views.coordinator.discard({ kind: 'file', location: place, sizeBytes: 10 }).catch((error: unknown) => {
          if (!isStateError(error)) throw unexpected(`discarding ${shown(place)}`, error);
        });
      }
      const elsewhere = await harness.openElsewhere();
      assertEqual(await harness.read(elsewhere.worker, handle), patternBytes(100_000), 'the bytes of the stream');
      const { checkpoints } = await elsewhere.coordinator.list();
      assertEqual(
        checkpoints.map(({ published }) => published),
        [true],
        'the checkpoint',
      );
    },
  },
  {
    id: 'CS-HOSTILE-04',
    title: 'a reference never leads out of the snapshot, however it is written',
    async run(harness) {
      const views = await harness.open();
      const { location } = await harness.start(views, 1, await harness.takeOver(views));
      const { externalPointer } = await location.publish(patternBytes(10));
      const [found] = (await views.coordinator.list()).checkpoints;
      const resolved = await views.coordinator.resolveCheckpoint(found?.externalPointer ?? externalPointer);
      for (const scope of [resolved, location] satisfies CheckpointMetadataScope[]) {
        for (const reference of LEAVING) {
          let inside: string;
          try {
            inside = scope.locationOf(reference);
          } catch (error) {
            if (isStateError(error, 'path-not-allowed')) continue;
            throw unexpected(`the reference ${shown(reference)}`, error);
          }
          // What looks as if it left may be a plain name to this storage: then it is a place that metadata may refer to.
          try {
            scope.referenceOf(inside);
          } catch (error) {
            throw new ConformanceFailure(
              `the reference ${shown(reference)} leads to ${shown(inside)}, which is not within the snapshot`,
              inside,
              'path-not-allowed',
              error,
            );
          }
          await mustFail(harness.read(views.worker, { kind: 'file', location: inside, sizeBytes: 10 }), shown(inside));
        }
      }
    },
  },
  {
    id: 'CS-HOSTILE-05',
    title: 'a handle that says another length than there is fails with a StateError',
    async run(harness) {
      const views = await harness.open();
      const { streams } = await harness.start(views, 1, await harness.takeOver(views));
      const handle = await harness.write(streams, patternBytes(100_000));
      if (handle.kind !== 'file') return;
      for (const sizeBytes of [0, 99_999, 100_001]) {
        for (const view of [views.worker, views.coordinator]) {
          await mustFail(harness.read(view, { ...handle, sizeBytes }), `a length of ${sizeBytes}`);
        }
      }
    },
  },
  {
    id: 'CS-HOSTILE-06',
    title: 'a task writes no file to a place that no coordinator made for its streams',
    async run(harness) {
      const views = await harness.open();
      const { location } = await harness.start(views, 1, await harness.takeOver(views));
      const { externalPointer } = location;
      // Places of the storage itself: nothing is written elsewhere when it is wrong.
      for (const reference of [externalPointer, externalPointer.slice(0, externalPointer.lastIndexOf('/'))]) {
        const writing = views.worker
          .resolveCheckpointStorageLocation(1, reference)
          .then((streams) => harness.write(streams, patternBytes(100_000)));
        const written = await writing.catch((error: unknown) => {
          if (!isStateError(error)) throw unexpected(`writing to ${shown(reference)}`, error);
        });
        assertTrue(written?.kind !== 'file', `a file was written to ${shown(reference)}`);
      }
    },
  },
];

async function mustFail(
  promise: Promise<unknown>,
  what: string,
  isFine: (error: unknown) => boolean = () => false,
): Promise<void> {
  const error = await promise.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  assertTrue(error !== undefined, `${what}: expected a StateError, got an answer`);
  if (!isStateError(error) && !isFine(error)) throw unexpected(what, error);
}

function unexpected(what: string, error: unknown): ConformanceFailure {
  return new ConformanceFailure(`${what}: expected a StateError, got ${String(error)}`, error, 'a StateError', error);
}

function shown(text: string): string {
  return JSON.stringify(text.length <= 80 ? text : `${text.slice(0, 80)}... (${text.length} characters)`);
}
