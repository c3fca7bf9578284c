import { describe, expect, it } from 'vitest';
import { OperatorStateCheckpointOutputStream } from '../../src/support/operator-state-checkpoint-output-stream.js';
import { GatedStream, MemoryCheckpointStreams } from './memory-checkpoint-streams.js';

const open = (): GatedStream => new GatedStream(new MemoryCheckpointStreams(), 'raw');

describe('OperatorStateCheckpointOutputStream', () => {
  it('OperatorStateOutputCheckpointStreamTest.testCloseNotPropagated: close() leaves the stream behind open', () => {
    const delegate = open();
    new OperatorStateCheckpointOutputStream(delegate).close();
    expect(delegate.closed).toBe(false);
  });

  it('OperatorStateOutputCheckpointStreamTest.testEmptyOperatorStream: nothing written, no handle, the stream behind closed', async () => {
    const delegate = open();
    const stream = new OperatorStateCheckpointOutputStream(delegate);
    expect(stream.numberOfPartitions).toBe(0);
    expect(await stream.closeAndGetHandle()).toBeUndefined();
    expect(delegate.closed).toBe(true);
  });

  it('OperatorStateOutputCheckpointStreamTest.testWriteReadRoundtrip: one offset for each partition, dealt out by split', async () => {
    const stream = new OperatorStateCheckpointOutputStream(open());
    for (const partition of [0, 1, 2]) {
      stream.startNewPartition();
      await stream.write(Uint8Array.of(partition, partition, partition));
      await stream.flush();
    }
    expect(await stream.closeAndGetHandle()).toEqual({
      kind: 'operator',
      stream: { kind: 'byte-stream', name: 'raw', bytes: Uint8Array.of(0, 0, 0, 1, 1, 1, 2, 2, 2) },
      states: [{ name: '_default_', mode: 'SPLIT_DISTRIBUTE', offsets: [0, 3, 6] }],
    });
  });

  it('takes bytes before the first partition as a partition of their own, so that they are read again', async () => {
    const stream = new OperatorStateCheckpointOutputStream(open());
    await stream.write(Uint8Array.of(1));
    stream.startNewPartition();
    await stream.write(Uint8Array.of(2));
    expect((await stream.closeAndGetHandle())?.states[0]?.offsets).toEqual([0, 1]);
    const whole = new OperatorStateCheckpointOutputStream(open());
    await whole.write(Uint8Array.of(1, 2));
    expect((await whole.closeAndGetHandle())?.states[0]?.offsets).toEqual([0]);
  });

  it('refuses everything after its end', async () => {
    const stream = new OperatorStateCheckpointOutputStream(open());
    await stream.discard();
    const closed = expect.objectContaining({ code: 'stream-closed' });
    expect(() => stream.startNewPartition()).toThrow(closed);
    await expect(stream.write(Uint8Array.of(1))).rejects.toEqual(closed);
    await expect(stream.closeAndGetHandle()).rejects.toEqual(closed);
  });
});
