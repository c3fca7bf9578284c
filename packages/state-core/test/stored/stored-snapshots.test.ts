// What snapshots of stored entries write, carry and leave behind.

import { describe, expect, test } from 'vitest';
import type { IncrementalKeyedStateHandle } from '../../src/handle/keyed-state-handle.js';
import { float64 } from '../../src/serialization/float64-serializer.js';
import { int32 } from '../../src/serialization/integer-serializers.js';
import { string } from '../../src/serialization/string-serializer.js';
import { struct } from '../../src/serialization/struct.js';
import { ListStateDescriptor, ValueStateDescriptor } from '../../src/state/state-descriptor.js';
import { SortedStore } from './sorted-store.js';
import { contentOf, KEY_GROUPS, lists, maps, pathOf, StoredFixture, ttlOf, values } from './stored-fixture.js';

const totals = new ValueStateDescriptor('totals', { type: float64 });
const PRE_IMAGES = 0xffff;

function write(fixture: StoredFixture, name: string, key: number, value: unknown, stampMs?: number): void {
  fixture.tables
    .get(name)
    ?.open(key % KEY_GROUPS)
    .put(pathOf(key), value, stampMs, fixture.epoch);
}

describe('snapshots of stored entries', () => {
  test('an increment of 1 % writes little more than what changed', async () => {
    const fixture = await StoredFixture.create({ states: [totals] });
    for (let key = 0; key < 20_000; key++) write(fixture, 'totals', key, key);
    await fixture.snapshot({ checkpointId: 1 });
    for (let key = 0; key < 20_000; key += 99) write(fixture, 'totals', key, -key);
    const handle = (await fixture.snapshot({ checkpointId: 2, base: 1 })) as IncrementalKeyedStateHandle;
    const changedBytes = Math.ceil(20_000 / 99) * 16;
    expect(handle.checkpointedSizeBytes).toBeLessThan(1.1 * changedBytes + 2048);
    expect(handle.baseCheckpointId).toBe(1);
  });

  test('one that ends half-way leaves nothing in store or scratch space, and the next one is whole', async () => {
    const store = new SortedStore();
    const fixture = await StoredFixture.create({ store, states: [values, lists] });
    for (let key = 0; key < 400; key++) write(fixture, 'values', key, 'first');
    const elements = Array.from({ length: 40 }, (_, index) => `${index}`.padEnd(400));
    const list = fixture.tables.get('lists')?.open(0);
    list?.append(pathOf(4), elements, 0, 40, undefined, fixture.epoch);
    let yields = 0;
    const frozen = fixture.freeze({
      checkpointId: 1,
      onYield: () => {
        if (yields++ === 0) {
          for (let key = 0; key < 400; key++) write(fixture, 'values', key, 'second');
          while (list?.clear(pathOf(4), fixture.epoch, 3) === false) {
            // Until it is gone.
          }
        }
        if (yields > 3) throw new Error('given up');
      },
    });
    await expect(frozen.write()).rejects.toThrow('given up');
    expect(store.countOf((stateId) => stateId === PRE_IMAGES)).toBeGreaterThan(0);
    frozen.release();
    frozen.release();
    while (fixture.entries.idleStep()) {
      // What is left.
    }
    expect(store.countOf((stateId) => stateId !== 0)).toBe(0);
    const again = await StoredFixture.create({
      states: [values, lists],
      restore: [await fixture.snapshot({ checkpointId: 2 })],
    });
    expect(contentOf(again)).toEqual(contentOf(fixture));
    fixture.close();
    expect(store.scratches).toBe(0);
  });

  test('what had expired at the freeze is left out of an image: of lists what stands in front', async () => {
    const swept = new ValueStateDescriptor('swept', { type: string, ttl: ttlOf(true) });
    const sweptLists = new ListStateDescriptor('swept-lists', { type: string, ttl: ttlOf(true) });
    const states = [swept, sweptLists];
    const fixture = await StoredFixture.create({ states, nowMs: () => 150 });
    write(fixture, 'swept', 4, 'old', 50);
    write(fixture, 'swept', 8, 'new', 51);
    const table = fixture.tables.get('swept-lists')?.open(0);
    table?.append(pathOf(4), ['a', 'b', 'c'], 0, 3, [10, 60, 20], fixture.epoch);
    table?.append(pathOf(8), ['d'], 0, 1, [10], fixture.epoch);
    const again = await StoredFixture.create({ states, restore: [await fixture.snapshot({ checkpointId: 1 })] });
    expect([...contentOf(again).values()]).toEqual([
      { value: 'new', at: 51 },
      { values: ['b', 'c'], at: [60, 20] },
    ]);
  });

  test('values restored under an older schema are read, kept as they are, and written under that of today', async () => {
    const before = new ValueStateDescriptor('amounts', { type: struct({ n: int32 }) });
    const fixture = await StoredFixture.create({ states: [before] });
    for (let key = 0; key < 8; key++) write(fixture, 'amounts', key, { n: key });
    const handle = await fixture.snapshot({ checkpointId: 1 });
    let migrated = 0;
    const after = new ValueStateDescriptor('amounts', {
      type: struct(
        { n: int32, m: int32 },
        {
          version: 2,
          migrate: {
            1: (old) => {
              migrated++;
              return { ...(old as { n: number }), m: 1 };
            },
          },
        },
      ),
    });
    const second = await StoredFixture.create({ states: [after], restore: [handle] });
    const table = second.tables.get('amounts')?.open(0);
    expect(migrated).toBe(0);
    expect(table?.read(pathOf(4))).toEqual({ n: 4, m: 1 });
    // Nothing changed: the chain is carried, and nothing is migrated for it.
    migrated = 0;
    const carried = await second.snapshot({ checkpointId: 2 });
    expect(migrated).toBe(0);
    write(second, 'amounts', 0, { n: 0, m: 9 });
    const rewritten = await second.snapshot({ checkpointId: 3 });
    expect(migrated).toBe(1);
    for (const restore of [carried, rewritten]) {
      const third = await StoredFixture.create({ states: [after], restore: [restore] });
      expect(third.tables.get('amounts')?.open(0).read(pathOf(4))).toEqual({ n: 4, m: 1 });
      expect(third.tables.get('amounts')?.open(1).read(pathOf(5))).toEqual({ n: 5, m: 1 });
    }
  });

  test('scratch space that gives back other bytes is an error and no other checkpoint', async () => {
    const store = new SortedStore();
    const fixture = await StoredFixture.create({ store, states: [maps, totals] });
    for (let key = 0; key < 100; key++) write(fixture, 'totals', key, key);
    await fixture.snapshot({ checkpointId: 1 });
    const { openScratch } = store;
    store.openScratch = () => {
      const scratch = openScratch.call(store);
      return { ...scratch, lengthBytes: 0, read: (position, length) => scratch.read(position, length).fill(0, 0, 1) };
    };
    write(fixture, 'totals', 4, -1);
    const snapshot = fixture.snapshot({ checkpointId: 2, base: 1 });
    await expect(snapshot).rejects.toMatchObject({ code: 'checksum-mismatch', kind: 'corrupt' });
  });
});
