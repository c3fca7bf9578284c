// Bytes in the store that nobody put there: an error of kind `corrupt` that names state and key, never another value and
// never "there is nothing".

import { testRuns } from '@tidemark/config/test-runs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { isStateError } from '../../src/error/state-error.js';
import { int32 } from '../../src/serialization/integer-serializers.js';
import { string } from '../../src/serialization/string-serializer.js';
import type { KeySerializer } from '../../src/serialization/type-serializer.js';
import { ListStateDescriptor, ValueStateDescriptor } from '../../src/state/state-descriptor.js';
import { EntryChunk } from '../../src/stored/entry-chunk.js';
import { CHUNKS_OF_STATE } from '../../src/stored/stored-paths.js';
import { NOTHING, type StoredTable } from '../../src/stored/stored-table.js';
import { SortedStore } from './sorted-store.js';
import { lists, pathOf, StoredFixture, ttlOf, values } from './stored-fixture.js';

const numbers = new ValueStateDescriptor('numbers', { type: int32 });
const stamped = new ValueStateDescriptor('stamped', { type: int32, ttl: ttlOf() });
const stampedLists = new ListStateDescriptor('stamped-lists', { type: int32, ttl: ttlOf() });

function corruptOf(work: () => unknown): { message: string; details: Record<string, unknown> } {
  try {
    const result = work();
    throw new Error(`no error but ${String(result)}`);
  } catch (error) {
    if (!isStateError(error) || error.kind !== 'corrupt') throw error;
    return error as never;
  }
}

/** The only record of a state, changed in the store behind the table. */
function change(store: SortedStore, stateId: number, changed: (value: Uint8Array) => Uint8Array): void {
  const entries = store.entriesOf(0, stateId);
  for (const [path, value] of entries) entries.set(path, changed(value));
}

describe('damage in the store', () => {
  test.each([
    ['no bytes at all', () => new Uint8Array(0)],
    ['a schema that there is not', (value: Uint8Array) => value.with(0, 9)],
    ['a value cut off', (value: Uint8Array) => value.subarray(0, value.length - 1)],
    ['a byte too many', (value: Uint8Array) => Uint8Array.of(...value, 0)],
  ])('%s in place of a value', async (_what, changed) => {
    const store = new SortedStore();
    const { tables } = await StoredFixture.create({ store, states: [numbers, stamped] });
    for (const name of ['numbers', 'stamped']) {
      const table = tables.get(name)?.open(0);
      table?.put(pathOf(4), 7, name === 'stamped' ? 1 : undefined, 1);
    }
    change(store, 0, changed);
    change(store, 1, changed);
    for (const name of ['numbers', 'stamped']) {
      const table = tables.get(name)?.open(0);
      const read = corruptOf(() => table?.read(pathOf(4)));
      expect(read.message).toContain(`state '${name}', key 4 in key group 0`);
      expect(read.message).toContain('start again from the last checkpoint');
      const chunk = new EntryChunk();
      table?.scanInto(pathOf(4), undefined, 10, chunk);
      const scanned = corruptOf(() => table?.readEntry(chunk, 0));
      expect(scanned.message).toContain(`state '${name}', key 4 in key group 0`);
      expect(table?.read(pathOf(8))).toBe(NOTHING);
    }
  });

  test('any flipped bit and any cut of a head or a chunk is found or changes an element, and loses none', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(), fc.boolean(), fc.boolean(), async (at, isCut, isChunk) => {
        const store = new SortedStore();
        const { tables } = await StoredFixture.create({ store, states: [lists] });
        const table = tables.get('lists')?.open(0);
        const elements = Array.from({ length: 12 }, (_, index) => 'x'.repeat(700 + index));
        table?.append(pathOf(4), elements, 0, elements.length, undefined, 1);
        expect(store.entriesOf(0, CHUNKS_OF_STATE).size).toBe(5);
        change(store, isChunk ? CHUNKS_OF_STATE : 0, (value) =>
          isCut
            ? value.subarray(0, at % value.length)
            : value.with((at >>> 3) % value.length, (value[(at >>> 3) % value.length] as number) ^ (1 << (at & 7))),
        );
        let read: unknown[] | undefined;
        try {
          read = table?.readList(pathOf(4))?.values;
        } catch (error) {
          if (!isStateError(error) || (error.kind !== 'corrupt' && error.code !== 'restore-failed')) throw error;
          return;
        }
        expect(read?.length).toBe(elements.length);
      }),
      { numRuns: testRuns(200) },
    );
  });

  test('a chunk that is missing is no shorter list', async () => {
    const store = new SortedStore();
    const { tables } = await StoredFixture.create({ store, states: [lists, stampedLists] });
    for (const [stateId, name] of [
      [0, 'lists'],
      [1, 'stamped-lists'],
    ] as const) {
      const table = tables.get(name)?.open(0);
      const elements = Array.from({ length: 4000 }, (_, index) => (stateId === 0 ? `${index}` : index));
      table?.append(pathOf(4), elements, 0, 4000, stateId === 0 ? undefined : elements.map(() => 1), 1);
      const chunks = store.entriesOf(0, CHUNKS_OF_STATE + stateId);
      expect(chunks.size).toBeGreaterThan(3);
      chunks.delete([...chunks.keys()][1] as string);
      expect(corruptOf(() => table?.readList(pathOf(4))).message).toContain(name);
    }
  });

  test('a head of a list cut off anywhere is corrupt for every call, and nothing is written over it', async () => {
    for (const [stateId, name, elements, stampsMs] of [
      [0, 'lists', ['a', 'b', 'c'], undefined],
      [1, 'stamped-lists', [1, 2, 3], [5, 6, 7]],
    ] as const) {
      const create = async () => {
        const store = new SortedStore();
        const { tables } = await StoredFixture.create({ store, states: [lists, stampedLists] });
        const table = tables.get(name)?.open(0) as StoredTable;
        table.append(pathOf(4), elements, 0, 3, stampsMs, 1);
        return { store, table };
      };
      const { store, table } = await create();
      const [whole] = store.entriesOf(0, stateId).values();
      const headBytes = stateId === 0 ? 27 : 44;
      for (let length = 0; length < (whole as Uint8Array).length; length++) {
        change(store, stateId, () => (whole as Uint8Array).subarray(0, length));
        const { message } = corruptOf(() => table.readList(pathOf(4)));
        expect(message).toContain(`state '${name}', key 4 in key group 0`);
        if (length >= headBytes) continue;
        const calls = [
          () => table.listLength?.(pathOf(4)),
          () => table.append(pathOf(4), elements, 0, 3, stampsMs, 1),
          () => table.replace?.(pathOf(4), elements, 0, 3, stampsMs, 1),
          () => table.trim?.(pathOf(4), 1, 1),
          () => table.clear(pathOf(4), 1, 10),
          () => table.delete(pathOf(4), 1),
        ];
        for (const call of calls) expect(corruptOf(call).message).toContain(`state '${name}', key 4`);
        expect([...store.entriesOf(0, stateId).values()]).toEqual([(whole as Uint8Array).subarray(0, length)]);
        expect(store.entriesOf(0, CHUNKS_OF_STATE + stateId).size).toBe(0);
      }
      change(store, stateId, () => whole as Uint8Array);
      expect(table.readList(pathOf(4))?.values).toEqual(elements);
    }
  });

  test('a snapshot over a head cut off fails with state and key, and leaves no element out', async () => {
    for (const length of [0, 1, 6, 7, 26, 28]) {
      const store = new SortedStore();
      const fixture = await StoredFixture.create({ store, states: [lists] });
      fixture.tables.get('lists')?.open(0).append(pathOf(4), ['a', 'b'], 0, 2, undefined, 1);
      change(store, 0, (head) => head.subarray(0, length));
      await expect(fixture.snapshot({ checkpointId: 1 })).rejects.toMatchObject({
        kind: 'corrupt',
        details: { stateName: 'lists', key: '4' },
      });
    }
  });

  test('a bucket of shortened paths that is none', async () => {
    const store = new SortedStore(64);
    const key = string as KeySerializer<unknown>;
    const { tables } = await StoredFixture.create({ store, states: [values], key });
    const path = pathOf('k'.repeat(100), undefined, key);
    const table = tables.get('values')?.open(0);
    table?.put(path, 'v', undefined, 1);
    change(store, 0, (value) => value.subarray(0, value.length - 1));
    corruptOf(() => table?.read(path));
    corruptOf(() => table?.has(path));
    corruptOf(() => table?.put(path, 'w', undefined, 1));
    corruptOf(() => table?.scanInto(new Uint8Array(0), undefined, 10, new EntryChunk()));
  });

  test('a snapshot over damaged bytes fails with state and key', async () => {
    const store = new SortedStore();
    const fixture = await StoredFixture.create({ store, states: [values, lists] });
    fixture.tables.get('values')?.open(0).put(pathOf(4), 'v', undefined, 1);
    change(store, 0, (value) => value.with(0, 77));
    await expect(fixture.snapshot({ checkpointId: 1 })).rejects.toMatchObject({
      kind: 'corrupt',
      details: { stateName: 'values', key: '4' },
    });
  });
});

describe('values that cannot be written', () => {
  test('are refused with state and key, whatever the serializer threw, and change nothing', async () => {
    const { tables } = await StoredFixture.create({ states: [numbers, lists] });
    const table = tables.get('numbers')?.open(0);
    table?.put(pathOf(4), 1, undefined, 1);
    expect(() => table?.put(pathOf(4), 1.5, undefined, 1)).toThrow(/state 'numbers': key 4/);
    expect(table?.read(pathOf(4))).toBe(1);
    const list = tables.get('lists')?.open(0);
    const elements = [...Array.from({ length: 20 }, () => 'x'.repeat(900)), 4 as unknown];
    list?.append(pathOf(4), ['a'], 0, 1, undefined, 1);
    expect(() => list?.append(pathOf(4), elements, 0, elements.length, undefined, 1)).toThrow(/state 'lists': key 4/);
    expect(list?.readList(pathOf(4))?.values).toEqual(['a']);
    expect(list?.append(pathOf(4), ['b'], 0, 1, undefined, 1)).toBe(2);
    expect(list?.readList(pathOf(4))?.values).toEqual(['a', 'b']);
  });
});
