// Cases about bytes that nobody wrote: cut, changed, invented.

import { ByteReader } from '@tidemark/state-core/spi';
import { ConformanceFailure } from '../conformance/assertions.js';
import { SeededRandom } from '../fault/seeded-random.js';
import type { SerializerCase } from './serializer-case.js';
import { describe, hexOf, SEED, type SerializerHarness } from './serializer-harness.js';

/** Longer values are cut and changed at places drawn at random. */
const PLACES_MAX = 600;
const INVENTED = 3_000;

/** Numbers that claim lengths and counts which the bytes cannot have, in the encodings that are common. */
const HUGE: readonly (readonly number[])[] = [
  [0xff, 0xff, 0xff, 0xff, 0x0f],
  [0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x0f],
  [0x80, 0x80, 0x80, 0x80, 0x08],
  [0x7f, 0xff, 0xff, 0xff],
  [0xff, 0xff, 0xff, 0xff],
  [0xff, 0xff, 0xff, 0x7f],
];

/** Cases about bytes that nobody wrote. */
export const hostileBytesCases: readonly SerializerCase[] = [
  {
    id: 'SER-HOSTILE-01',
    title: 'bytes that end too early are refused as corrupt, wherever they are cut',
    run(harness) {
      for (const value of harness.values) {
        const bytes = harness.write(value);
        for (const end of placesIn(bytes.length)) {
          const cut = bytes.slice(0, end);
          const read = harness.tryRead(cut, `${end} of ${bytes.length} bytes of ${describe(value)}`);
          if (read === undefined) continue;
          throw new ConformanceFailure(
            `${hexOf(cut)}, ${end} of the ${bytes.length} bytes of ${describe(value)}, were read as ${describe(read.value)}`,
            read.value,
            'a StateError of kind corrupt',
          );
        }
      }
    },
  },
  {
    id: 'SER-HOSTILE-02',
    title: 'a bit that was changed gives a value of the type or an error of kind corrupt',
    run(harness) {
      for (const value of harness.values) {
        const bytes = harness.write(value);
        for (const place of placesIn(bytes.length * 8)) {
          const changed = bytes.slice();
          changed[place >> 3] = (changed[place >> 3] as number) ^ (1 << (place & 7));
          checkRead(harness, changed, `bit ${place} of ${describe(value)}`);
        }
      }
    },
  },
  {
    id: 'SER-HOSTILE-03',
    title: 'lengths and counts beyond the end of the bytes are refused before anything is made for them',
    run(harness) {
      for (const value of harness.values) {
        const bytes = harness.write(value);
        for (const place of placesIn(bytes.length)) {
          for (const huge of HUGE) {
            const changed = new Uint8Array(Math.max(bytes.length, place + huge.length));
            changed.set(bytes);
            changed.set(huge, place);
            checkRead(harness, changed, `a huge number at byte ${place} of ${describe(value)}`);
          }
        }
      }
    },
  },
  {
    id: 'SER-HOSTILE-04',
    title:
      'invented bytes, and values with pieces of others in them, give values of the type or errors of kind corrupt',
    run(harness) {
      const random = new SeededRandom(SEED);
      const written = harness.values.map((value) => harness.write(value));
      for (let round = 0; round < INVENTED; round++) {
        const what = `round ${round} of seed ${SEED}`;
        const [one, other] = [random.pick(written), random.pick(written)];
        const bytes = random.chance(0.5)
          ? Uint8Array.from({ length: random.below(40) }, () => random.below(256))
          : Uint8Array.of(
              ...one.subarray(0, Math.min(4096, random.below(one.length + 1))),
              ...other.subarray(random.below(other.length + 1)).subarray(0, 4096),
            );
        checkRead(harness, bytes, what);
      }
    },
  },
];

/** @throws ConformanceFailure unless the bytes are refused, or give a value that can be written and read again. */
function checkRead(harness: SerializerHarness, bytes: Uint8Array, what: string): void {
  const read = harness.tryRead(bytes, `${what}: ${hexOf(bytes)}`);
  if (read === undefined) return;
  let again: unknown;
  try {
    again = harness.serializer.deserialize(new ByteReader(harness.write(read.value)));
  } catch (error) {
    throw new ConformanceFailure(
      `${what}: ${hexOf(bytes)} was read as ${describe(read.value)}, which is no value of the type: ${describe(error)}`,
      read.value,
      'a StateError of kind corrupt',
      error,
    );
  }
  harness.assertSame(again, read.value, `${what}: the value read from ${hexOf(bytes)}, written and read again`);
}

/** All places, or as many as there is time for, drawn at random. */
function placesIn(count: number): number[] {
  if (count <= PLACES_MAX) return Array.from({ length: count }, (_, place) => place);
  const random = new SeededRandom(SEED);
  return Array.from({ length: PLACES_MAX }, () => random.below(count));
}
