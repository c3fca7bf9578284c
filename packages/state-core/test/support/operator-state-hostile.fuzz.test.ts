// Whatever the bytes of an operator state stream are, also with a checksum that fits, a restore ends in elements or in a
// StateError; and whatever was written comes back, however large the elements are.

import { testRuns } from '@tidemark/config/test-runs';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { checksum32 } from '../../src/bytes/checksum.js';
import { isStateError } from '../../src/error/state-error.js';
import type { OperatorStateHandle } from '../../src/handle/operator-state-handle.js';
import { bytes } from '../../src/serialization/bytes-serializer.js';
import { int32 } from '../../src/serialization/integer-serializers.js';
import { string } from '../../src/serialization/string-serializer.js';
import { ListStateDescriptor, MapStateDescriptor } from '../../src/state/state-descriptor.js';
import { createOperatorStateBackend, snapshotOf } from './operator-state-fixture.js';

const texts = new ListStateDescriptor('texts', { type: string });
const rules = new MapStateDescriptor('rules', { key: string, value: int32 });

async function smallSnapshot(): Promise<{ readonly handle: OperatorStateHandle; readonly stored: Uint8Array }> {
  const backend = await createOperatorStateBackend();
  backend.getListState(texts).update(['one', 'two', '']);
  backend.getBroadcastState(rules).put('k', 1);
  const handle = (await snapshotOf(backend)) ?? expect.fail('no handle');
  return { handle, stored: handle.stream.kind === 'byte-stream' ? handle.stream.bytes : expect.fail('not in line') };
}

it('ends in elements or in a StateError for damaged bytes with the right checksum', async () => {
  const { handle, stored } = await smallSnapshot();
  const damage = fc.array(fc.tuple(fc.nat(stored.length - 5), fc.nat(255)), { minLength: 1, maxLength: 4 });
  await fc.assert(
    fc.asyncProperty(damage, async (changes) => {
      const damaged = stored.slice();
      for (const [at, value] of changes) damaged[at] = value;
      const checksum = checksum32(damaged, 0, 0, damaged.length - 4);
      new DataView(damaged.buffer).setUint32(damaged.length - 4, checksum);
      try {
        const restored = await createOperatorStateBackend([
          { ...handle, checksum, stream: { kind: 'byte-stream', name: 'damaged', bytes: damaged } },
        ]);
        restored.getListState(texts);
        restored.getBroadcastState(rules);
      } catch (error) {
        if (!isStateError(error)) throw error;
      }
    }),
    { numRuns: testRuns(1000) },
  );
});

it('gives back elements of any size, across the blocks of the checksum', async () => {
  const sizes = fc.array(fc.oneof(fc.nat(100), fc.integer({ min: 65_000, max: 66_000 }), fc.constant(200_000)), {
    maxLength: 12,
  });
  const blobs = new ListStateDescriptor('blobs', { type: bytes });
  await fc.assert(
    fc.asyncProperty(sizes, async (lengths) => {
      const elements = lengths.map((length, index) => new Uint8Array(length).fill(index + 1));
      const backend = await createOperatorStateBackend();
      backend.getListState(blobs).update(elements);
      const handle = (await snapshotOf(backend)) ?? expect.fail('no handle');
      const restored = await createOperatorStateBackend([handle]);
      const lengthsAndMarks = [...restored.getListState(blobs).get()].map((blob) => [blob.length, blob.at(-1)]);
      expect(lengthsAndMarks).toEqual(elements.map((blob) => [blob.length, blob.at(-1)]));
    }),
    { numRuns: testRuns(30) },
  );
});
