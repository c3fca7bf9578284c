// How lists are stored: what an append touches, large elements, what goes at the front.

import { describe, expect, test } from 'vitest';
import { bytes } from '../../src/serialization/bytes-serializer.js';
import { int32 } from '../../src/serialization/integer-serializers.js';
import { ListStateDescriptor } from '../../src/state/state-descriptor.js';
import { CHUNKS_OF_STATE } from '../../src/stored/stored-paths.js';
import type { StoredTable } from '../../src/stored/stored-table.js';
import { SortedStore } from './sorted-store.js';
import { pathOf, StoredFixture, ttlOf } from './stored-fixture.js';

const numbers = new ListStateDescriptor('numbers', { type: int32 });
const blobs = new ListStateDescriptor('blobs', { type: bytes });
const stamped = new ListStateDescriptor('stamped', { type: int32, ttl: ttlOf() });

describe('stored lists', () => {
  test('an append to a list of 100,000 elements writes the head and at most one chunk, of less than 2 KiB each', async () => {
    const store = new SortedStore();
    const { tables } = await StoredFixture.create({ store, states: [numbers] });
    const table = tables.get('numbers')?.open(0);
    const elements = Array.from({ length: 100_000 }, (_, index) => index);
    table?.append(pathOf(4), elements, 0, elements.length, undefined, 1);
    let puts = 0;
    let scans = 0;
    const { put, scan } = store;
    let bytesPut = 0;
    store.put = (keyGroup, stateId, path, value) => {
      puts++;
      bytesPut += value.length;
      put.call(store, keyGroup, stateId, path, value);
    };
    store.scan = (...parameters) => {
      scans++;
      return scan.apply(store, parameters);
    };
    let mostPuts = 0;
    for (let index = 0; index < 2000; index++) {
      puts = 0;
      bytesPut = 0;
      table?.append(pathOf(4), [index], 0, 1, undefined, 1);
      mostPuts = Math.max(mostPuts, puts);
      expect(bytesPut).toBeLessThan(2 * 2048);
    }
    expect(mostPuts).toBe(2);
    expect(scans).toBe(0);
    expect(table?.readList(pathOf(4))?.values).toEqual([...elements, ...elements.slice(0, 2000)]);
  });

  test.each([
    [10, 1],
    [700, 700],
    [1000, 900],
    [1790, 10],
    [1985, 1],
    [3000, 20],
  ])('chunks of elements of %d and %d bytes fit two to a page, or are of one element', async (one, other) => {
    const store = new SortedStore();
    const { tables } = await StoredFixture.create({ store, states: [blobs] });
    const table = tables.get('blobs')?.open(0) as StoredTable;
    const elements = Array.from({ length: 200 }, (_, index) =>
      new Uint8Array(index % 2 === 0 ? one : other).fill(index),
    );
    for (let start = 0; start < elements.length; start += 7) {
      table.append(pathOf(4), elements, start, Math.min(elements.length, start + 7), undefined, 1);
    }
    for (const chunk of store.entriesOf(0, CHUNKS_OF_STATE).values()) {
      const count = new DataView(chunk.buffer, chunk.byteOffset).getUint32(1);
      expect(count === 1 || chunk.length <= 1984 + 5).toBe(true);
    }
    for (const head of store.entriesOf(0, 0).values()) expect(head.length).toBeLessThan(1792 + 27);
    expect(table.readList(pathOf(4))?.values).toEqual(elements);
    expect(table.listLength?.(pathOf(4))).toBe(elements.length);
    expect(table.listLength?.(pathOf(8))).toBe(0);
  });

  test('elements of 100 MiB, none and one byte stand in one list', async () => {
    const { tables } = await StoredFixture.create({ states: [blobs] });
    const table = tables.get('blobs')?.open(0);
    const large = new Uint8Array(100 * 1024 * 1024).fill(7);
    table?.append(pathOf(4), [new Uint8Array(0), large, Uint8Array.of(1)], 0, 3, undefined, 1);
    const read = table?.readList(pathOf(4))?.values as Uint8Array[];
    expect(read.map(({ length }) => length)).toEqual([0, large.length, 1]);
    expect(Buffer.compare(read[1] as Uint8Array, large)).toBe(0);
  });

  test('clearing removes every chunk, a few at a time', async () => {
    const store = new SortedStore();
    const { tables } = await StoredFixture.create({ store, states: [numbers] });
    const table = tables.get('numbers')?.open(0);
    const elements = Array.from({ length: 20_000 }, (_, index) => index);
    table?.append(pathOf(4), elements, 0, elements.length, undefined, 1);
    const chunks = store.entriesOf(0, CHUNKS_OF_STATE).size;
    let calls = 0;
    while (table?.clear(pathOf(4), 1, 5) === false) calls++;
    expect(calls).toBeGreaterThanOrEqual(Math.floor(chunks / 5));
    expect(store.countOf(() => true)).toBe(0);
    expect(table?.entryCount).toBe(0);
  });

  test('a short list is replaced in one write, whatever was there; where chunks have to go it is not', async () => {
    const store = new SortedStore();
    const { tables } = await StoredFixture.create({ store, states: [numbers, stamped] });
    for (const [name, stampsMs] of [
      ['numbers', undefined],
      ['stamped', [7, 5, 6]],
    ] as const) {
      const table = tables.get(name)?.open(0);
      const read = () => table?.readList(pathOf(4));
      expect(table?.replace?.(pathOf(4), [0, 1, 2, 3], 1, 4, stampsMs && [0, ...stampsMs], 1)).toBe(true);
      expect(read()).toMatchObject({ values: [1, 2, 3], stampsMs });
      expect(table?.entryCount).toBe(1);
      table?.append(pathOf(4), [8], 0, 1, stampsMs && [9], 1);
      expect(table?.replace?.(pathOf(4), [4], 0, 1, stampsMs && [8], 1)).toBe(true);
      expect(read()?.values).toEqual([4]);
      expect(table?.entryCount).toBe(1);
      const many = Array.from({ length: 2000 }, (_, index) => index);
      table?.append(pathOf(4), many, 0, 2000, stampsMs && many, 1);
      expect(table?.replace?.(pathOf(4), [5], 0, 1, stampsMs && [8], 1)).toBe(false);
      expect(read()?.values).toEqual([4, ...many]);
      expect(table?.replace?.(pathOf(5), many, 0, 2000, stampsMs && many, 1)).toBe(false);
      expect(table?.readList(pathOf(5))).toBeUndefined();
    }
  });

  test('what goes at the front says how old the oldest is that stays', async () => {
    const store = new SortedStore();
    const { tables } = await StoredFixture.create({ store, states: [stamped] });
    const table = tables.get('stamped')?.open(0);
    const elements = Array.from({ length: 3000 }, (_, index) => index);
    table?.append(pathOf(4), elements, 0, 3000, elements, 1);
    const look = () => table?.scanPaths(new Uint8Array(0), undefined, 10)[0];
    expect(look()).toMatchObject({ stampMs: 2999, oldestStampMs: 0 });
    table?.trim?.(pathOf(4), 1700, 1);
    expect(look()).toMatchObject({ stampMs: 2999, oldestStampMs: 1700 });
    table?.trim?.(pathOf(4), 1299, 1);
    expect(look()).toMatchObject({ stampMs: 2999, oldestStampMs: 2999 });
    expect(table?.readList(pathOf(4))).toMatchObject({ values: [2999], stampsMs: [2999] });
    expect(store.entriesOf(0, CHUNKS_OF_STATE).size).toBeLessThanOrEqual(1);
    // Stamps that do not ascend: the oldest may be anywhere.
    table?.append(pathOf(4), [1, 2], 0, 2, [5, 6], 1);
    table?.trim?.(pathOf(4), 1, 1);
    expect(look()?.oldestStampMs).toBeLessThanOrEqual(5);
  });
});
