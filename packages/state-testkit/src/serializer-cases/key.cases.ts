// Cases about serializers of keys: identity, order, hash and canonical bytes agree.

import { ByteReader } from '@tidemark/state-core/spi';
import { assertEqual, assertTrue, ConformanceFailure } from '../conformance/assertions.js';
import { SeededRandom } from '../fault/seeded-random.js';
import type { SerializerCase } from './serializer-case.js';
import { describe, hexOf, SEED, type SerializerHarness } from './serializer-harness.js';

/** Pairs grow with the square: enough keys to meet every sort of neighbour. */
const KEYS_MAX = 120;

/** Cases about serializers of keys. */
export const keyCases: readonly SerializerCase[] = [
  {
    id: 'SER-KEY-01',
    title: 'identities are equal exactly where canonical bytes are, and are numbers, texts or bigints',
    requires: ['keySerializer'],
    run(harness) {
      const { keySerializer } = harness;
      const keys = keysOf(harness);
      const written = keys.map((key) => hexOf(harness.writeKey(key), 1 << 20));
      const identities = keys.map((key) => keySerializer.identity(key));
      for (const [index, identity] of identities.entries()) {
        const sort = typeof identity;
        assertTrue(/^(number|string|bigint)$/.test(sort), `the identity of ${describe(keys[index])} is a ${sort}`);
        // As a Map compares them.
        const copy = keySerializer.identity(keySerializer.copy(keys[index]));
        assertTrue(new Set([identity, copy]).size === 1, `a copy of ${describe(keys[index])} has another identity`);
      }
      eachPair(keys, (one, other, what) => {
        const sameBytes = written[one] === written[other];
        const sameIdentity = new Set([identities[one], identities[other]]).size === 1;
        if (sameBytes !== sameIdentity)
          throw new ConformanceFailure(
            `${what}: identities are ${sameIdentity ? 'equal' : 'not'}, bytes are ${sameBytes ? 'equal' : 'not'}`,
            sameIdentity,
            sameBytes,
          );
      });
    },
  },
  {
    id: 'SER-KEY-02',
    title: 'compare orders keys as their canonical bytes are ordered, byte by byte without signs, a prefix first',
    requires: ['keySerializer'],
    run(harness) {
      const keys = keysOf(harness);
      const written = keys.map((key) => harness.writeKey(key));
      eachPair(keys, (one, other, what) => {
        const wanted = Math.sign(compareBytes(written[one] as Uint8Array, written[other] as Uint8Array));
        assertEqual(
          Math.sign(harness.keySerializer.compare(keys[one], keys[other])) + 0,
          wanted + 0,
          `${what}: compare`,
        );
        assertEqual(
          Math.sign(harness.keySerializer.compare(keys[other], keys[one])) + 0,
          0 - wanted,
          `${what}: compare, the other way round`,
        );
      });
    },
  },
  {
    id: 'SER-KEY-03',
    title: 'the hash is a signed 32-bit integer, and the same for equal keys',
    requires: ['keySerializer'],
    run(harness) {
      const { keySerializer } = harness;
      const hashes = new Map<string, number>();
      for (const key of keysOf(harness)) {
        const hash = keySerializer.hash(key);
        assertEqual(hash, hash | 0, `the hash of ${describe(key)}, as 32 bits`);
        assertEqual(keySerializer.hash(keySerializer.copy(key)), hash, `the hash of a copy of ${describe(key)}`);
        const bytes = harness.writeKey(key);
        const read = keySerializer.deserializeKey(new ByteReader(bytes));
        assertEqual(keySerializer.hash(read), hash, `the hash of ${describe(key)}, read from its bytes`);
        const text = hexOf(bytes, 1 << 20);
        assertEqual(hash, hashes.get(text) ?? hash, `the hash of another key with the bytes of ${describe(key)}`);
        hashes.set(text, hash);
      }
    },
  },
  {
    id: 'SER-KEY-04',
    title: 'canonical bytes are read back as the key, one after the other, and no key’s bytes begin those of another',
    requires: ['keySerializer'],
    run(harness) {
      const { keySerializer } = harness;
      const keys = keysOf(harness);
      const written = keys.map((key) => harness.writeKey(key));
      const input = new ByteReader(Uint8Array.from(written.flatMap((bytes) => [...bytes])));
      for (const [index, key] of keys.entries()) {
        const read = keySerializer.deserializeKey(input);
        assertEqual(keySerializer.compare(read, key) + 0, 0, `${describe(key)}, read from its bytes, and itself`);
        assertEqual(
          hexOf(harness.writeKey(read)),
          hexOf(written[index] as Uint8Array),
          `bytes of ${describe(key)}, read`,
        );
      }
      assertEqual(input.remaining, 0, 'bytes left');
      const distinct = [...new Set(written.map((bytes) => hexOf(bytes, 1 << 20)))].sort();
      for (const [index, bytes] of distinct.entries()) {
        const next = distinct[index + 1];
        assertTrue(next?.startsWith(bytes) !== true, `the bytes ${bytes} of a key begin those of another: ${next}`);
      }
    },
  },
  {
    id: 'SER-KEY-05',
    title: 'bytes that are not canonical are refused as corrupt: what is read has the very bytes that it was read from',
    requires: ['keySerializer'],
    run(harness) {
      const random = new SeededRandom(SEED);
      const { keySerializer } = harness;
      const read = (input: ByteReader): unknown => keySerializer.deserializeKey(input);
      for (const key of keysOf(harness)) {
        const bytes = harness.writeKey(key);
        for (let end = 0; end < Math.min(bytes.length, 600); end++) {
          const what = `${end} of ${bytes.length} canonical bytes of ${describe(key)}`;
          const found = harness.tryRead(bytes.slice(0, end), what, read);
          if (found !== undefined) throw new ConformanceFailure(`${what} were read as ${describe(found.value)}`);
        }
        for (let round = 0; round < 100 && bytes.length > 0; round++) {
          const changed = bytes.slice();
          const place = random.below(changed.length * 8);
          changed[place >> 3] = (changed[place >> 3] as number) ^ (1 << (place & 7));
          const found = harness.tryRead(changed, `bit ${place} of the canonical bytes of ${describe(key)}`, read);
          if (found === undefined) continue;
          assertEqual(
            hexOf(harness.writeKey(found.value), 1 << 20),
            hexOf(changed.subarray(0, found.end), 1 << 20),
            `canonical bytes of ${describe(found.value)}, and those that it was read from`,
          );
        }
      }
    },
  },
];

function keysOf(harness: SerializerHarness): unknown[] {
  return [...harness.values, ...harness.generated()].slice(0, KEYS_MAX);
}

function eachPair(keys: readonly unknown[], visit: (one: number, other: number, what: string) => void): void {
  for (let one = 0; one < keys.length; one++) {
    for (let other = one; other < keys.length; other++)
      visit(one, other, `${describe(keys[one])} and ${describe(keys[other])}`);
  }
}

function compareBytes(a: Uint8Array, b: Uint8Array): number {
  for (let index = 0; index < Math.min(a.length, b.length); index++) {
    const difference = (a[index] as number) - (b[index] as number);
    if (difference !== 0) return difference;
  }
  return a.length - b.length;
}
