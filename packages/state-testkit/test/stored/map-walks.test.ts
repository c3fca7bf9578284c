// Walks over maps of which little or nothing is in memory, and reads where the store takes no more.

import {
  int32,
  isStateError,
  ListStateDescriptor,
  MapStateDescriptor,
  StateError,
  StateTtlConfig,
  string,
  ValueStateDescriptor,
} from '@tidemark/state-core';
import type { KeyedStateBackend, KeyedStore } from '@tidemark/state-core/spi';
import { storedStateBackend } from '@tidemark/state-core/support';
import { describe, expect, it, onTestFinished } from 'vitest';
import { ManualClock, MemoryKeyedStore, plainState, StateBackendHarness } from '../../src/index.js';
import { neverIdle } from '../../src/state-backend-cases/never-idle.js';

const maps = new MapStateDescriptor('maps', { key: int32, value: int32 });
const texts = new MapStateDescriptor('texts', { key: string, value: int32 });
const others = new ValueStateDescriptor('others', { type: int32 });

/** Shows its entries in arrays that hold something else afterwards. */
class VisitingStore extends MemoryKeyedStore {
  visit(...[keyGroup, stateId, prefix, after, limit, take]: Parameters<NonNullable<KeyedStore['visit']>>): void {
    for (const { path, value } of this.scan(keyGroup, stateId, prefix, after, limit)) {
      const shared = Uint8Array.of(0xaa, ...path, 0xbb, ...value, 0xcc);
      const middle = 1 + path.length;
      take(shared, 1, middle, shared, middle + 1, middle + 1 + value.length);
      shared.fill(0xee);
    }
  }
}

const VARIANTS = [0, 4096, undefined].flatMap((cacheBytes) => [
  { name: `scans, cache ${cacheBytes}`, cacheBytes, newStore: () => new MemoryKeyedStore({ strict: true }) },
  { name: `visits, cache ${cacheBytes}`, cacheBytes, newStore: () => new VisitingStore({ strict: true }) },
  {
    name: `visits, short paths, cache ${cacheBytes}`,
    cacheBytes,
    newStore: () => new VisitingStore({ strict: true, pathBytesMax: 64 }),
  },
]);

async function open(store: KeyedStore, cacheBytes: number | undefined): Promise<KeyedStateBackend<number>> {
  const options = { name: 'stored', openStore: () => store, ...(cacheBytes === undefined ? {} : { cacheBytes }) };
  const harness = new StateBackendHarness(storedStateBackend(options));
  onTestFinished(() => harness.close());
  return harness.createKeyed<number>({ scheduler: neverIdle, numberOfKeyGroups: 1 });
}

function changedMeanwhile(work: () => unknown): boolean {
  try {
    work();
    return false;
  } catch (error) {
    if (!isStateError(error, 'concurrent-modification')) throw error;
    return true;
  }
}

describe.each(VARIANTS)('a walk over a map: $name', ({ cacheBytes, newStore }) => {
  async function filled(count: number, keys = 3) {
    const backend = await open(newStore(), cacheBytes);
    const state = plainState(backend, maps);
    for (let key = 0; key < keys; key++) {
      backend.setCurrentKey(key);
      for (let entry = count - 1; entry >= 0; entry--) state.put(entry, key * 1000 + entry);
    }
    // With no cache the last entry is written with the next change.
    backend.setCurrentKey(0);
    plainState(backend, others).update(1);
    plainState(backend, others).clear();
    backend.setCurrentKey(1);
    return { backend, state };
  }

  for (const count of [1, 10, 16, 17, 300]) {
    it(`gives ${count} entries, keys and values in order, and takes them away on the way`, async () => {
      const { backend, state } = await filled(count);
      const numbers = Array.from({ length: count }, (_, index) => index);
      expect([...state.keys()]).toEqual(numbers);
      expect([...state.values()]).toEqual(numbers.map((entry) => 1000 + entry));
      expect([...state.entries()]).toEqual(numbers.map((entry) => [entry, 1000 + entry]));
      const values = state.values();
      for (let next = values.next(); next.done !== true; next = values.next()) {
        if (next.value % 3 === 0) values.remove();
        else if (next.value % 3 === 1) values.setValue(next.value + 5000);
      }
      const left = numbers
        .filter((entry) => (1000 + entry) % 3 !== 0)
        .map((entry) => [entry, (1000 + entry) % 3 === 1 ? entry + 6000 : entry + 1000]);
      expect([...state]).toEqual(left);
      backend.setCurrentKey(2);
      expect([...state.keys()]).toEqual(numbers);
    });
  }

  it('fails when an entry comes or goes, whoever else is walked over, and gives what was replaced', async () => {
    for (const [what, fails, change] of [
      ['put of a new entry', true, (state) => state.put(77, 1)],
      ['put of an entry that is there', false, (state) => state.put(9, -9)],
      ['remove of an entry', true, (state) => state.remove(9)],
      ['remove of nothing', false, (state) => state.remove(78)],
      ['clear', true, (state) => state.clear()],
      ['get', false, (state) => state.get(9)],
    ] as readonly [string, boolean, (state: Awaited<ReturnType<typeof filled>>['state']) => void][]) {
      for (const before of [0, 3, 12]) {
        const { backend, state } = await filled(10, 20);
        // Walks that nobody ends, over other maps.
        for (let key = 2; key < 2 + before; key++) {
          backend.setCurrentKey(key);
          state.keys().next();
        }
        backend.setCurrentKey(1);
        const first = state.entries();
        const second = state.keys();
        first.next();
        second.next();
        backend.setCurrentKey(0);
        state.put(500, 1);
        backend.setCurrentKey(1);
        change(state);
        backend.setCurrentKey(0);
        for (let entry = 0; entry < 30; entry++) plainState(backend, others).update(entry);
        expect(
          changedMeanwhile(() => first.next()),
          what,
        ).toBe(fails);
        expect(
          changedMeanwhile(() => second.next()),
          what,
        ).toBe(fails);
        if (fails) continue;
        const replaced = what.startsWith('put') ? -9 : 1009;
        expect([...first].at(-1)).toEqual([9, replaced]);
        expect([...second]).toHaveLength(8);
      }
    }
  });

  it('gives each entry once and in the same order, wherever it is and wherever it goes meanwhile', async () => {
    // Texts that are longer than a path may be, and differ at the end alone, among shorter ones.
    const names = Array.from(
      { length: 40 },
      (_, index) => 'x'.repeat((index * 7) % 90) + String(index * 37).repeat(1 + (index % 3)),
    );
    const values = new Map(names.map((name, index) => [name, index]));
    const fillers = Array.from({ length: 400 }, (_, index) => index);
    for (const inStore of [0, 13, 40]) {
      const backend = await open(newStore(), cacheBytes);
      const state = plainState(backend, texts);
      const writeAll = () => {
        backend.setCurrentKey(0);
        for (const filler of fillers) plainState(backend, maps).put(filler, filler);
        backend.setCurrentKey(1);
      };
      backend.setCurrentKey(1);
      const [early, late] = [names.slice(0, inStore), names.slice(inStore)];
      for (const name of early) state.put(name, values.get(name) as number);
      writeAll();
      for (const name of late) state.put(name, values.get(name) as number);
      const older = state.entries();
      const first = older.next().value?.[0];
      const walk = state.entries();
      // The others go on when one that began between them, or after them, has ended.
      const [between, last] = [state.keys(), state.keys()];
      between.return?.();
      last.return?.();
      const given: [string, number][] = [];
      for (const entry of walk) {
        given.push(entry);
        if (given.length % 9 !== 4) continue;
        writeAll();
        const rest = names.filter((name) => !given.some(([one]) => one === name));
        for (const name of rest) {
          values.set(name, (values.get(name) as number) + 100);
          state.put(name, values.get(name) as number);
        }
      }
      expect(given).toHaveLength(names.length);
      expect(new Map(given)).toEqual(values);
      expect(new Map(state.entries())).toEqual(values);
      expect([...older]).toEqual([...state.entries()].filter(([name]) => name !== first));
      expect([...state.keys()]).toEqual(given.map(([name]) => name));
      const inOrder = given.filter(([name]) => name.length < 20).map(([name]) => name);
      expect(inOrder).toEqual(inOrder.toSorted());
    }
  });

  it('takes away what it gave before it was left', async () => {
    const { state } = await filled(10);
    const walk = state.values();
    for (const value of walk) if (value === 1004) break;
    walk.remove();
    expect([...state.keys()]).toEqual([0, 1, 2, 3, 5, 6, 7, 8, 9]);
  });

  it('leaves nothing behind that counts: thousands are begun and none is ended', async () => {
    const { state, backend } = await filled(10);
    const first = state.keys();
    first.next();
    for (let count = 0; count < 3000; count++) {
      backend.setCurrentKey(count % 3);
      state.values().next();
    }
    expect(changedMeanwhile(() => first.next())).toBe(true);
    backend.setCurrentKey(1);
    expect([...state.keys()]).toHaveLength(10);
  });
});

describe('where the store takes no more', () => {
  for (const updateType of [undefined, 'OnCreateAndWrite', 'OnReadAndWrite'] as const) {
    it(`everything can be read, and writes say so: ${updateType ?? 'no time to live'}`, async () => {
      let isFull = false;
      class FullStore extends MemoryKeyedStore {
        override put(...given: Parameters<MemoryKeyedStore['put']>): void {
          if (isFull) throw new StateError('storage-no-space', 'full');
          super.put(...given);
        }
      }
      const clock = new ManualClock(1000);
      const options = { name: 'stored', openStore: () => new FullStore({ strict: true }), cacheBytes: 8192 };
      const harness = new StateBackendHarness(storedStateBackend(options));
      onTestFinished(() => harness.close());
      const backend = await harness.createKeyed<number>({ clock, scheduler: neverIdle, numberOfKeyGroups: 1 });
      const ttl = updateType && StateTtlConfig.of({ ttlMs: 10_000, updateType, cleanupIncrementally: { entries: 5 } });
      const state = plainState(
        backend,
        new MapStateDescriptor('maps', { key: int32, value: int32, ...(ttl && { ttl }) }),
      );
      const value = plainState(backend, new ValueStateDescriptor('value', { type: int32, ...(ttl && { ttl }) }));
      const list = plainState(backend, new ListStateDescriptor('list', { type: int32, ...(ttl && { ttl }) }));
      for (let key = 0; key < 60; key++) {
        backend.setCurrentKey(key);
        value.update(key);
        list.addAll([key, key + 1]);
        for (let entry = 0; entry < 5; entry++) state.put(entry, key + entry);
      }
      isFull = true;
      const refused = (): boolean => {
        try {
          for (let entry = 100; entry < 200; entry++) state.put(entry, 1);
        } catch (error) {
          if (!isStateError(error, 'storage-no-space')) throw error;
          return true;
        }
        return false;
      };
      backend.setCurrentKey(1000);
      expect(refused()).toBe(true);
      for (let round = 0; round < 2; round++) {
        clock.advance(1000);
        for (let key = 0; key < 60; key++) {
          backend.setCurrentKey(key);
          const numbers = [0, 1, 2, 3, 4];
          expect([...state.keys()]).toEqual(numbers);
          expect([...state.values()]).toEqual(numbers.map((entry) => key + entry));
          expect([...state.entries()]).toEqual(numbers.map((entry) => [entry, key + entry]));
          expect(numbers.map((entry) => state.get(entry))).toEqual(numbers.map((entry) => key + entry));
          expect([state.contains(3), state.contains(9), state.isEmpty(), value.value()]).toEqual([
            true,
            false,
            false,
            key,
          ]);
          expect([...list.get()]).toEqual([key, key + 1]);
        }
      }
      backend.setCurrentKey(1000);
      expect(refused()).toBe(true);
      isFull = false;
      expect(refused()).toBe(false);
    });
  }
});
