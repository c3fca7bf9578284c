import { describe, expect, it } from 'vitest';
import { EntryKey, PATH_BYTES_MAX, prefixOf, prefixOfKey } from '../../src/environment/entry-key.js';

function written(keyGroup: number, stateId: number, path: Uint8Array): Uint8Array {
  const key = new EntryKey();
  key.prefix = prefixOf(keyGroup, stateId);
  const target = new Uint8Array(PATH_BYTES_MAX + 16);
  return target.slice(3, key.writeKey(path, target, 3));
}

describe('the key of an entry', () => {
  it('CompositeKeySerializationUtilsTest.testKeyGroupSerializationAndDeserialization: says key group, state and path again, for key groups of one and of two bytes', () => {
    const groups = [...Array.from({ length: 128 }, (_, group) => group), 255, 256, 32_767];
    for (const keyGroup of groups) {
      for (const stateId of [0, 1, 255, 256, 0xffff]) {
        const path = Uint8Array.of(keyGroup & 0xff, 0, 0xff);
        const bytes = written(keyGroup, stateId, path);
        expect(bytes).toHaveLength(4 + path.length);
        expect(prefixOfKey(bytes)).toBe(prefixOf(keyGroup, stateId));
        expect([Math.floor(prefixOfKey(bytes) / 0x10000), prefixOfKey(bytes) % 0x10000]).toEqual([keyGroup, stateId]);
        expect(new EntryKey().readKey(bytes, 0, bytes.length)).toEqual(path);
      }
    }
  });

  it('stands in the order of key group, state and path', () => {
    const places = [0, 1, 127, 128, 255, 256, 32_767];
    const keys = places.flatMap((keyGroup) =>
      [0, 255, 256, 0xffff].flatMap((stateId) =>
        [[], [0], [0, 0], [127], [128], [255, 255]].map((path) => written(keyGroup, stateId, Uint8Array.from(path))),
      ),
    );
    const sorted = [...keys].sort((a, b) => Buffer.compare(a, b));
    expect(sorted).toEqual(keys);
  });
});
