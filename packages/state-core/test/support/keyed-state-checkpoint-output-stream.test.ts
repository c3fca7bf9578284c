import { describe, expect, it } from 'vitest';
import { KeyGroupRange } from '../../src/key-group/key-group-range.js';
import { KeyedStateCheckpointOutputStream } from '../../src/support/keyed-state-checkpoint-output-stream.js';
import { GatedStream, MemoryCheckpointStreams } from './memory-checkpoint-streams.js';

const open = (): GatedStream => new GatedStream(new MemoryCheckpointStreams(), 'raw');

describe('KeyedStateCheckpointOutputStream', () => {
  it('KeyedStateCheckpointOutputStreamTest.testCloseNotPropagated: close() leaves the stream behind open', () => {
    const delegate = open();
    new KeyedStateCheckpointOutputStream(delegate, KeyGroupRange.of(0, 0)).close();
    expect(delegate.closed).toBe(false);
  });

  it('KeyedStateCheckpointOutputStreamTest.testEmptyKeyedStream: nothing written, no handle, the stream behind closed', async () => {
    const delegate = open();
    const stream = new KeyedStateCheckpointOutputStream(delegate, KeyGroupRange.of(0, 0));
    expect(await stream.closeAndGetHandle()).toBeUndefined();
    expect(delegate.closed).toBe(true);
  });

  it('KeyedStateCheckpointOutputStreamTest.testWriteReadRoundtrip: each key group begins where it was started', async () => {
    const stream = new KeyedStateCheckpointOutputStream(open(), KeyGroupRange.of(4, 6));
    for (const keyGroup of [5, 4, 6]) {
      stream.startNewKeyGroup(keyGroup);
      await stream.write(Uint8Array.of(keyGroup, keyGroup));
    }
    expect(stream.position).toBe(6);
    expect(await stream.closeAndGetHandle()).toEqual({
      kind: 'raw-keyed',
      keyGroupRange: { first: 4, last: 6 },
      offsets: [2, 0, 4],
      stream: { kind: 'byte-stream', name: 'raw', bytes: Uint8Array.of(5, 5, 4, 4, 6, 6) },
    });
  });

  it('KeyedStateCheckpointOutputStreamTest.testReadWriteMissingKeyGroups: only the started one has an offset', async () => {
    const stream = new KeyedStateCheckpointOutputStream(open(), KeyGroupRange.of(0, 2));
    stream.startNewKeyGroup(1);
    await stream.write(Uint8Array.of(42));
    expect([stream.isKeyGroupStarted(0), stream.isKeyGroupStarted(1), stream.startedKeyGroups]).toEqual([
      false,
      true,
      [1],
    ]);
    expect((await stream.closeAndGetHandle())?.offsets).toEqual([-1, 0, -1]);
  });

  it('refuses a key group twice, one of another subtask, and bytes that belong to none', async () => {
    const stream = new KeyedStateCheckpointOutputStream(open(), KeyGroupRange.of(0, 2));
    await expect(stream.write(Uint8Array.of(1))).rejects.toThrow(/call startNewKeyGroup/);
    stream.startNewKeyGroup(1);
    expect(() => stream.startNewKeyGroup(1)).toThrow(RangeError);
    expect(() => stream.startNewKeyGroup(3)).toThrow(RangeError);
  });

  it('refuses everything after its end', async () => {
    const stream = new KeyedStateCheckpointOutputStream(open(), KeyGroupRange.of(0, 2));
    stream.startNewKeyGroup(0);
    await stream.discard();
    const closed = expect.objectContaining({ code: 'stream-closed' });
    expect(() => stream.startNewKeyGroup(1)).toThrow(closed);
    await expect(stream.write(Uint8Array.of(1))).rejects.toEqual(closed);
    await expect(stream.flush()).rejects.toEqual(closed);
    await expect(stream.closeAndGetHandle()).rejects.toEqual(closed);
  });
});
