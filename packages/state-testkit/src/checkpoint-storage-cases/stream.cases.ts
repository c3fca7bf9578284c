// Streams: what goes in comes out, once, and nothing is left of what was given up.

import { assertEqual, assertRejects, assertTrue } from '../conformance/assertions.js';
import type { CheckpointStorageCase } from './checkpoint-storage-case.js';
import {
  type CheckpointStorageHarness,
  type CheckpointStorageViews,
  patternBytes,
  type StartedCheckpoint,
} from './checkpoint-storage-harness.js';

async function started(harness: CheckpointStorageHarness): Promise<StartedCheckpoint & CheckpointStorageViews> {
  const views = await harness.open();
  return { ...views, ...(await harness.start(views, 1, await harness.takeOver(views))) };
}

/** Cases about streams. */
export const streamCases: readonly CheckpointStorageCase[] = [
  {
    id: 'CS-STREAM-01',
    title: 'bytes are copied or written when a write has ended: the caller may reuse the array',
    async run(harness) {
      const { streams, worker } = await started(harness);
      const stream = await harness.stream(streams);
      const reused = new Uint8Array(3000);
      for (let index = 0; index < 10; index++) await stream.write(reused.fill(index));
      const handle = await stream.closeAndGetHandle();
      assertTrue(handle !== undefined, 'a stream with bytes gave no handle');
      const bytes = handle === undefined ? new Uint8Array(0) : await harness.read(worker, handle);
      for (let index = 0; index < 10; index++) assertEqual(bytes[index * 3000 + 1], index, `piece ${index}`);
    },
  },
  {
    id: 'CS-STREAM-02',
    title: 'a stream that is closed without its handle leaves nothing behind',
    async run(harness) {
      const { streams } = await started(harness);
      const before = await harness.underTest.remains?.();
      for (const scope of ['exclusive', 'shared'] as const) {
        const stream = await harness.stream(streams, scope);
        await stream.write(patternBytes(100_000));
        await stream.flush();
        await stream.close();
        await stream.close();
        await assertRejects(stream.write(patternBytes(1)), 'stream-closed', 'write after close');
        await assertRejects(stream.flush(), 'stream-closed', 'flush after close');
        await assertRejects(stream.closeAndGetHandle(), 'stream-closed', 'handle after close');
      }
      assertEqual(await harness.underTest.remains?.(), before, 'what the storage keeps');
    },
  },
  {
    id: 'CS-STREAM-03',
    title: 'bytes are there for another process when the handle is',
    requires: ['durable'],
    async run(harness) {
      const { streams } = await started(harness);
      const elsewhere = await harness.openElsewhere();
      for (const scope of ['exclusive', 'shared'] as const) {
        const handle = await harness.write(streams, patternBytes(100_000), scope);
        assertEqual(await harness.read(elsewhere.worker, handle), patternBytes(100_000), `${scope} bytes`);
        assertEqual(await harness.read(elsewhere.coordinator, handle), patternBytes(100_000), `${scope} bytes`);
      }
    },
  },
  {
    id: 'CS-STREAM-04',
    title: 'testEmptyState: a stream that nothing was written to has no handle',
    async run(harness) {
      const { streams } = await started(harness);
      const stream = await harness.stream(streams);
      assertEqual(stream.position, 0, 'position');
      assertEqual(await stream.closeAndGetHandle(), undefined, 'handle');
    },
  },
  {
    id: 'CS-STREAM-05',
    title: 'testGetPos: the position is the number of bytes written',
    async run(harness) {
      const { streams } = await started(harness);
      const stream = await harness.stream(streams);
      let written = 0;
      for (const length of [1, 7, 4096, 0, 20_480, 1, 50_000]) {
        await stream.write(patternBytes(length));
        written += length;
        assertEqual(stream.position, written, 'position');
      }
      await stream.close();
    },
  },
  {
    id: 'CS-STREAM-06',
    title: 'testMixedBelowAndAboveThreshold: streams of any length come back, in every scope, also in pieces',
    async run(harness) {
      const { streams, worker, coordinator } = await started(harness);
      for (const scope of ['exclusive', 'shared'] as const) {
        for (const length of [1, 4095, 4096, 4097, 20_479, 20_480, 20_481, 300_001]) {
          const bytes = patternBytes(length, length);
          const stream = await harness.stream(streams, scope);
          for (let start = 0, step = 1; start < length; start += step, step = (step * 7) % 5003) {
            await stream.write(bytes.subarray(start, Math.min(length, start + step)));
          }
          const handle = await stream.closeAndGetHandle();
          assertTrue(handle !== undefined, `${length} bytes gave no handle`);
          if (handle === undefined) continue;
          assertEqual(await harness.read(worker, structuredClone(handle)), bytes, `${length} bytes, ${scope}`);
          await coordinator.discard(handle);
        }
        const mixed = await harness.stream(streams, scope);
        const pieces = [10, 60_000, 1, 4096, 70_000, 3].map((length) => patternBytes(length, length));
        for (const piece of pieces) await mixed.write(piece);
        const handle = await mixed.closeAndGetHandle();
        const found = handle === undefined ? undefined : await harness.read(worker, handle);
        const expected = pieces.flatMap((piece) => [...piece]);
        assertEqual(found, Uint8Array.from(expected), `small and large pieces in turn, ${scope}`);
      }
    },
  },
  {
    id: 'CS-STREAM-07',
    title: 'a handle is read at any position, exactly, and never past its end',
    async run(harness) {
      const { streams, worker } = await started(harness);
      for (const length of [100, 50_000]) {
        const handle = await harness.write(streams, patternBytes(length));
        const input = await worker.openInput(handle);
        assertEqual(input.sizeBytes, length, 'length');
        assertEqual(await input.read(length - 10, 10), patternBytes(length).subarray(length - 10), 'the last bytes');
        assertEqual(await input.read(3, 5), patternBytes(length).subarray(3, 8), 'bytes in the middle');
        assertEqual((await input.read(length, 0)).length, 0, 'no bytes at the end');
        await assertRejects(input.read(length - 9, 10), 'bytes-truncated', 'past the end');
        const own = await input.read(0, 10);
        own.fill(0);
        assertEqual(
          await input.read(0, 10),
          patternBytes(length).subarray(0, 10),
          'bytes after the caller changed his',
        );
        await input.close();
        await input.close();
        await assertRejects(input.read(0, 1), 'stream-closed', 'read after close');
      }
    },
  },
  {
    id: 'CS-STREAM-08',
    title: 'streams that are written at once do not mix',
    async run(harness) {
      const { streams, worker } = await started(harness);
      const handles = await Promise.all(
        Array.from({ length: 12 }, (_, index) =>
          harness.write(streams, patternBytes(30_000, index), index % 2 === 0 ? 'shared' : 'exclusive'),
        ),
      );
      for (const [index, handle] of handles.entries()) {
        assertEqual(await harness.read(worker, handle), patternBytes(30_000, index), `stream ${index}`);
      }
    },
  },
  {
    id: 'CS-STREAM-09',
    title: 'an abort ends a stream and leaves nothing behind',
    async run(harness) {
      const { streams } = await started(harness);
      const before = await harness.underTest.remains?.();
      for (const length of [100, 100_000]) {
        const abort = new AbortController();
        const stream = await harness.stream(streams, 'shared', abort.signal);
        await stream.write(patternBytes(length));
        abort.abort(new Error('enough'));
        const outcome = await stream.closeAndGetHandle().then(
          () => 'a handle',
          () => 'an error',
        );
        assertEqual(outcome, 'an error', `closeAndGetHandle of ${length} bytes after the abort`);
        await stream.close();
        assertEqual(await harness.underTest.remains?.(), before, 'what the storage keeps');
      }
    },
  },
  {
    id: 'CS-STREAM-10',
    title: 'testTaskOwnedStateStream: a task keeps a stream outside all checkpoints',
    async run(harness) {
      const { worker, coordinator } = await started(harness);
      const stream = await worker.createTaskOwnedStateStream();
      await stream.write(patternBytes(50_000));
      const handle = await stream.closeAndGetHandle();
      await coordinator.disposeCheckpoint(1);
      assertEqual(handle && (await harness.read(worker, handle)), patternBytes(50_000), 'bytes');
    },
  },
  {
    id: 'CS-STREAM-11',
    title: 'testDuplicationCheckpointStateToolset: a copy lives on without its original',
    async run(harness) {
      const { streams, worker, coordinator } = await started(harness);
      if (streams.duplicate === undefined) return;
      for (const length of [100, 50_000]) {
        const original = await harness.write(streams, patternBytes(length), 'shared');
        const copy = await streams.duplicate(original, 'exclusive');
        await coordinator.discard(original);
        assertEqual(await harness.read(worker, copy), patternBytes(length), `${length} bytes`);
      }
    },
  },
];
