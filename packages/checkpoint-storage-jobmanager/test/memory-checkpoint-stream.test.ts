// The rows of Flink's MemoryCheckpointOutputStreamTest and what the memory of the coordinator takes.

import type { ByteStreamStateHandle } from '@tidemark/state-core/spi';
import { describe, expect, it } from 'vitest';
import { openViews, takeOver, writeBytes } from './fixtures/views.js';

const PURPOSE = { stateNames: ['total'], sort: 'keyed' } as const;
const FIVE_MIB = 5 * 1024 * 1024;

async function openStream(maxStateSizeBytes = 100) {
  const { worker } = await openViews({ maxStateSizeBytes });
  const streams = await worker.resolveCheckpointStorageLocation(1, '');
  return { worker, stream: await streams.createCheckpointStateOutputStream('exclusive', PURPOSE) };
}

describe('MemoryCheckpointOutputStreamTest', () => {
  it('testStateStream: what was written comes back out of the handle', async () => {
    const { worker, stream } = await openStream();
    await stream.write(Uint8Array.of(1, 2, 3));
    await stream.flush();
    await stream.write(Uint8Array.of(4));
    expect(stream.position).toBe(4);
    const handle = (await stream.closeAndGetHandle()) as ByteStreamStateHandle;
    expect(handle).toMatchObject({ kind: 'byte-stream', bytes: Uint8Array.of(1, 2, 3, 4) });
    const input = await worker.openInput(structuredClone(handle));
    expect([input.sizeBytes, await input.read(1, 2)]).toEqual([4, Uint8Array.of(2, 3)]);
    await expect(input.read(3, 2)).rejects.toMatchObject({ code: 'bytes-truncated' });
    await input.close();
    await expect(input.read(0, 1)).rejects.toMatchObject({ code: 'stream-closed' });
  });

  it('the second time is an error', async () => {
    const { stream } = await openStream();
    await stream.write(Uint8Array.of(1));
    await stream.closeAndGetHandle();
    await stream.close();
    await expect(stream.closeAndGetHandle()).rejects.toMatchObject({ code: 'stream-closed' });
    await expect(stream.write(Uint8Array.of(1))).rejects.toMatchObject({ code: 'stream-closed' });
  });

  it('nothing written, no handle', async () => {
    const { stream } = await openStream();
    expect(await stream.closeAndGetHandle()).toBeUndefined();
  });

  it('copies: the caller may reuse the array of a write', async () => {
    const { stream } = await openStream();
    const reused = new Uint8Array(2);
    await stream.write(reused.fill(1));
    await stream.write(reused.fill(2));
    expect(await stream.closeAndGetHandle()).toMatchObject({ bytes: Uint8Array.of(1, 1, 2, 2) });
  });

  it('ends when its signal says so', async () => {
    const { worker } = await openViews();
    const abort = new AbortController();
    const streams = await worker.resolveCheckpointStorageLocation(1, '');
    const stream = await streams.createCheckpointStateOutputStream('shared', PURPOSE, abort.signal);
    await stream.write(Uint8Array.of(1));
    abort.abort(new Error('enough'));
    await expect(stream.write(Uint8Array.of(1))).rejects.toThrow('enough');
    await expect(stream.closeAndGetHandle()).rejects.toThrow('enough');
  });
});

describe('the limit of one state stream', () => {
  it('exactly 5 MiB pass by default, one byte more does not', async () => {
    const { worker, storage } = await openViews();
    expect(storage.maxStateSizeBytes).toBe(FIVE_MIB);
    expect(await writeBytes(worker, FIVE_MIB)).toMatchObject({ bytes: { length: FIVE_MIB } });
    await expect(writeBytes(worker, FIVE_MIB + 1)).rejects.toMatchObject({ code: 'state-size-limit-exceeded' });
  });

  it('testOversizedState: bytes are taken while writing, the end fails', async () => {
    const { stream } = await openStream(100);
    for (let index = 0; index < 10; index++) await stream.write(new Uint8Array(30));
    expect(stream.position).toBe(300);
    await expect(stream.closeAndGetHandle()).rejects.toMatchObject({
      code: 'state-size-limit-exceeded',
      kind: 'configure',
      details: { stateNames: ['total'], sizeBytes: 300, maxStateSizeBytes: 100 },
    });
  });

  it('is told with the state, its size and the two lines that remove it', async () => {
    const { worker } = await openViews();
    const error = await writeBytes(worker, 6_000_000, 1, ['by-day']).catch((thrown: Error) => thrown);
    expect((error as Error).message).toContain("'by-day'");
    expect((error as Error).message).toContain('6,000,000 bytes');
    expect((error as Error).message).toContain(
      '\n  execution.checkpointing.storage: filesystem\n  execution.checkpointing.dir: ./checkpoints\n',
    );
    expect((error as Error).message).toContain('execution.checkpointing.storage.jobmanager.max-state-size: 12 mb');
    const several = await writeBytes(worker, 6_000_000, 1, ['a', 'b']).catch((thrown: Error) => thrown);
    expect((several as Error).message).toContain("'a', 'b'");
  });

  it('costs no memory beyond itself: what does not fit is counted, not kept', async () => {
    const { stream } = await openStream(1024);
    const piece = new Uint8Array(16 * 1024 * 1024);
    const before = process.memoryUsage().arrayBuffers;
    for (let index = 0; index < 64; index++) await stream.write(piece);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(64 * 1024 * 1024);
    await expect(stream.closeAndGetHandle()).rejects.toMatchObject({ details: { sizeBytes: 2 ** 30 } });
  });
});

describe('the limit of one checkpoint', () => {
  it('is checked over all streams of a checkpoint, each checkpoint for itself', async () => {
    const { worker } = await openViews({ maxCheckpointSizeBytes: 100 });
    const streams = await worker.resolveCheckpointStorageLocation(1, '');
    const write = async (sizeBytes: number) => {
      const stream = await streams.createCheckpointStateOutputStream('exclusive', PURPOSE);
      await stream.write(new Uint8Array(sizeBytes));
      return stream.closeAndGetHandle();
    };
    await write(60);
    await write(40);
    await expect(write(1)).rejects.toMatchObject({
      code: 'checkpoint-size-limit-exceeded',
      kind: 'configure',
      details: { checkpointId: 1, sizeBytes: 101, maxCheckpointSizeBytes: 100 },
    });
    expect(await writeBytes(worker, 100, 2)).toBeDefined();
  });

  it('is checked when the checkpoint is published, and fails the checkpoint alone', async () => {
    const { coordinator } = await openViews({ maxCheckpointSizeBytes: 100 });
    const owner = await takeOver(coordinator);
    const first = await coordinator.initializeLocationForCheckpoint(1, owner);
    await expect(first.publish(new Uint8Array(101))).rejects.toMatchObject({
      code: 'checkpoint-size-limit-exceeded',
      message: expect.stringMatching(/execution\.checkpointing\.dir: \.\/checkpoints\n.*max-checkpoint-size: 1 mb/s),
    });
    await first.disposeOnFailure();
    const second = await coordinator.initializeLocationForCheckpoint(2, owner);
    await second.publish(new Uint8Array(100));
    expect((await coordinator.list()).checkpoints).toMatchObject([{ checkpointId: 2, published: true }]);
  });
});
