// Removal: what is asked for goes, once, and nothing else does.

import { assertEqual, assertTrue } from '../conformance/assertions.js';
import type { CheckpointStorageCase } from './checkpoint-storage-case.js';
import { patternBytes } from './checkpoint-storage-harness.js';

/** Cases about removal. */
export const removalCases: readonly CheckpointStorageCase[] = [
  {
    id: 'CS-REMOVAL-01',
    title: 'a removed checkpoint is gone with what is its own; others and shared streams stay',
    async run(harness) {
      const views = await harness.open();
      const owner = await harness.takeOver(views);
      const shared = [];
      for (const id of [1, 2]) {
        const { location, streams } = await harness.start(views, id, owner);
        await harness.write(streams, patternBytes(100_000, id));
        shared.push(await harness.write(streams, patternBytes(100_000, id + 10), 'shared'));
        await location.publish(patternBytes(10, id));
      }
      await views.coordinator.disposeCheckpoint(1);
      await views.coordinator.disposeCheckpoint(1);
      const elsewhere = await harness.openElsewhere();
      const { checkpoints } = await elsewhere.coordinator.list();
      assertEqual(
        checkpoints.map(({ checkpointId, published }) => [checkpointId, published]),
        [[2, true]],
        'listing',
      );
      for (const [index, handle] of shared.entries()) {
        assertEqual(await harness.read(elsewhere.worker, handle), patternBytes(100_000, index + 11), 'shared bytes');
      }
    },
  },
  {
    id: 'CS-REMOVAL-02',
    title: 'a checkpoint that never completed can be removed',
    async run(harness) {
      const views = await harness.open();
      await harness.start(views, 3, await harness.takeOver(views));
      await views.coordinator.disposeCheckpoint(3);
      await views.coordinator.disposeCheckpoint(99);
      assertEqual((await views.coordinator.list()).checkpoints, [], 'listing');
    },
  },
  {
    id: 'CS-REMOVAL-03',
    title: 'a stream is discarded once and again without an error, and no other with it',
    async run(harness) {
      const views = await harness.open();
      const { streams } = await harness.start(views, 1, await harness.takeOver(views));
      const [one, other] = [
        await harness.write(streams, patternBytes(50_000, 1), 'shared'),
        await harness.write(streams, patternBytes(50_000, 2), 'shared'),
      ];
      await views.coordinator.discard(one);
      await views.coordinator.discard(one);
      if (one.kind === 'file') {
        const outcome = await harness.read(views.worker, one).then(
          () => 'bytes',
          () => 'an error',
        );
        assertEqual(outcome, 'an error', 'reading what was discarded');
      }
      assertEqual(await harness.read(views.worker, other), patternBytes(50_000, 2), 'the other stream');
    },
  },
  {
    id: 'CS-REMOVAL-04',
    title: 'a sweep removes shared streams that nobody names and keeps the others',
    async run(harness) {
      const views = await harness.open();
      const owner = await harness.takeOver(views);
      const { location, streams } = await harness.start(views, 1, owner);
      const exclusive = await harness.write(streams, patternBytes(50_000, 1));
      const kept = await harness.write(streams, patternBytes(50_000, 2), 'shared');
      const orphan = await harness.write(streams, patternBytes(50_000, 3), 'shared');
      await location.publish(patternBytes(10));
      const inLine = { kind: 'byte-stream', name: 'in-line', bytes: patternBytes(10) } as const;
      await views.coordinator.sweepUnreferenced([inLine, kept], owner);
      assertEqual(await harness.read(views.worker, exclusive), patternBytes(50_000, 1), 'the stream of a checkpoint');
      assertEqual(await harness.read(views.worker, kept), patternBytes(50_000, 2), 'the stream that is named');
      const isThere = await harness.read(views.worker, orphan).then(
        () => true,
        () => false,
      );
      assertTrue(orphan.kind === 'byte-stream' || !isThere, 'the orphan is still there');
    },
  },
];
