import { describe, expect, it } from 'vitest';
import type {
  CheckpointStateOutputStream,
  CheckpointStreamFactory,
  StateHandleReader,
} from '../../src/checkpoint-storage/checkpoint-stream.js';
import { DeferredStreamFactory } from '../../src/embedded/deferred-stream-factory.js';
import type { ByteStreamStateHandle } from '../../src/handle/stream-state-handle.js';

/** Streams that end in handles with their bytes, and the reader of those. */
const reader: StateHandleReader = {
  async openInput(handle) {
    const { bytes } = handle as ByteStreamStateHandle;
    return {
      sizeBytes: bytes.length,
      read: async (position, length) => bytes.slice(position, position + length),
      close: async () => undefined,
    };
  },
};

const streams: CheckpointStreamFactory = {
  async createCheckpointStateOutputStream(): Promise<CheckpointStateOutputStream> {
    const chunks: number[] = [];
    return {
      get position() {
        return chunks.length;
      },
      write: async (bytes) => {
        for (const byte of bytes) chunks.push(byte);
      },
      flush: async () => undefined,
      closeAndGetHandle: async () => ({ kind: 'byte-stream', name: 'copy', bytes: Uint8Array.from(chunks) }),
      close: async () => undefined,
    };
  },
};

const handle: ByteStreamStateHandle = {
  kind: 'byte-stream',
  name: 'original',
  bytes: Uint8Array.from({ length: 150_001 }, (_, index) => index % 251),
};

describe('DeferredStreamFactory', () => {
  it('opens streams when the location is there', async () => {
    let arrive: (factory: CheckpointStreamFactory) => void = () => undefined;
    const deferred = new DeferredStreamFactory(new Promise((resolve) => (arrive = resolve)), reader);
    let isOpen = false;
    const opening = deferred.createCheckpointStateOutputStream('exclusive', { stateNames: ['total'], sort: 'keyed' });
    void opening.then(() => (isOpen = true));
    await new Promise((resolve) => setImmediate(resolve));
    expect(isOpen).toBe(false);
    arrive(streams);
    await (await opening).write(Uint8Array.of(1));
  });

  it('DS1: fails as the location failed, and only where somebody opens a stream', async () => {
    const failure = new Error('no space');
    const deferred = new DeferredStreamFactory(Promise.reject(failure), reader);
    await new Promise((resolve) => setImmediate(resolve));
    await expect(
      deferred.createCheckpointStateOutputStream('exclusive', { stateNames: [], sort: 'keyed' }),
    ).rejects.toBe(failure);
    await expect(deferred.duplicate(handle, 'exclusive')).rejects.toBe(failure);
  });

  it('copies by reading and writing where the storage has no better way', async () => {
    const copy = await new DeferredStreamFactory(Promise.resolve(streams), reader).duplicate(handle, 'exclusive');
    expect(copy).toEqual({ ...handle, name: 'copy' });
  });

  it('copies as the storage does where it can', async () => {
    const own: CheckpointStreamFactory = { ...streams, duplicate: async (original) => original };
    expect(await new DeferredStreamFactory(Promise.resolve(own), reader).duplicate(handle, 'shared')).toBe(handle);
  });
});
