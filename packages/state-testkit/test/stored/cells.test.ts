// What is in memory of a backend over a keyed store: the order of writing, the budget, stores that fail, values that cannot
// be written.

import {
  int32,
  ListStateDescriptor,
  MapStateDescriptor,
  ReducingStateDescriptor,
  StateError,
  string,
  struct,
  type TypeSerializer,
  ValueStateDescriptor,
} from '@tidemark/state-core';
import { type KeyedStateBackend, type KeyedStore, VOID_NAMESPACE } from '@tidemark/state-core/spi';
import { storedStateBackend } from '@tidemark/state-core/support';
import { describe, expect, it, onTestFinished } from 'vitest';
import { EvolvingSerializer, MemoryKeyedStore, plainState, StateBackendHarness } from '../../src/index.js';
import { neverIdle } from '../../src/state-backend-cases/never-idle.js';

const numbers = new ValueStateDescriptor('numbers', { type: int32 });
const texts = new ValueStateDescriptor('texts', { type: string });
const lists = new ListStateDescriptor('lists', { type: int32 });
const maps = new MapStateDescriptor('maps', { key: int32, value: int32 });

interface Opened {
  readonly harness: StateBackendHarness;
  readonly backend: KeyedStateBackend<number>;
}

async function open(store: KeyedStore, cacheBytes?: number, config = {}): Promise<Opened> {
  // The store is for the first backend; those that are restored from it get one of their own.
  const stores = [store];
  const openStore = (): KeyedStore => stores.pop() ?? new MemoryKeyedStore();
  const options = { name: 'stored', openStore, ...(cacheBytes === undefined ? {} : { cacheBytes }) };
  const harness = new StateBackendHarness(storedStateBackend(options));
  onTestFinished(() => harness.close());
  return { harness, backend: await harness.createKeyed<number>({ scheduler: neverIdle, config }) };
}

/** Notes the puts, deletes and batches of a store. */
class NotingStore extends MemoryKeyedStore {
  readonly calls: string[] = [];
  batches = 0;

  override put(keyGroup: number, stateId: number, path: Uint8Array, value: Uint8Array): void {
    if (stateId < 0x8000) this.calls.push(`${keyGroup}/${stateId}/${Buffer.from(path).toString('hex')}`);
    super.put(keyGroup, stateId, path, value);
  }

  override delete(keyGroup: number, stateId: number, path: Uint8Array): void {
    this.calls.push(`-${keyGroup}/${stateId}/${Buffer.from(path).toString('hex')}`);
    super.delete(keyGroup, stateId, path);
  }

  override batch(write: () => void): void {
    this.batches++;
    write();
  }
}

function at(backend: KeyedStateBackend<number>, key: number): KeyedStateBackend<number> {
  backend.setCurrentKey(key);
  return backend;
}

describe('writing', () => {
  it('goes by key group, epoch, state and path, in batches, and once for each value', async () => {
    const store = new NotingStore();
    const { harness, backend } = await open(store);
    const keys = Array.from({ length: 40 }, (_, index) => (index * 7) % 40);
    for (const key of keys) plainState(at(backend, key), numbers).update(1);
    for (const key of keys) plainState(at(backend, key), texts).update('a');
    for (const key of keys) plainState(at(backend, key), numbers).update(2);
    const first = backend.snapshot(harness.snapshotContext());
    for (const key of keys) plainState(at(backend, key), numbers).update(3);
    const second = backend.snapshot(harness.snapshotContext());
    await second.write();
    const written = store.calls.slice();
    await first.write();
    expect(written).toHaveLength(120);
    expect(store.batches).toBeLessThan(40);
    const byGroup = new Map<string, string[]>();
    for (const call of written) {
      const [keyGroup = '', stateId, path] = call.split('/');
      byGroup.set(keyGroup, [...(byGroup.get(keyGroup) ?? []), `${stateId}/${path}`]);
    }
    for (const calls of byGroup.values()) {
      const third = calls.length / 3;
      expect(third).toBeGreaterThan(0);
      expect(calls.slice(0, 2 * third)).toEqual(calls.slice(0, 2 * third).sort());
      expect(calls.slice(2 * third)).toEqual(calls.slice(0, third));
    }
  });

  it('leaves out what came and went in between', async () => {
    const store = new NotingStore();
    const { harness, backend } = await open(store);
    for (let key = 0; key < 5000; key++) {
      const state = plainState(at(backend, key), numbers);
      expect(state.value()).toBeUndefined();
      state.update(key);
      state.clear();
    }
    await harness.snapshot(backend);
    expect(store.calls).toEqual([]);
    expect(backend.metrics()['cachedBytes']).toBe(0);
  });

  it('writes what a cleared map held no more, and what came after the clearing', async () => {
    const store = new NotingStore();
    const { harness, backend } = await open(store);
    const state = plainState(at(backend, 1), maps);
    for (let entry = 0; entry < 10; entry++) state.put(entry, entry);
    await harness.snapshot(backend);
    for (let entry = 10; entry < 20; entry++) state.put(entry, entry);
    state.clear();
    expect([...state.keys(), state.isEmpty(), state.get(3), state.contains(12)]).toEqual([true, undefined, false]);
    state.put(3, 33);
    expect([...state.entries()]).toEqual([[3, 33]]);
    const handle = await harness.snapshot(backend);
    expect([...state.entries()]).toEqual([[3, 33]]);
    const restored = await harness.createKeyed<number>({ restore: [handle] });
    expect([...plainState(at(restored, 1), maps).entries()]).toEqual([[3, 33]]);
  });
});

describe('the budget', () => {
  it.each([0, 4096, 65_536])('of %d bytes is kept within one value under any load', async (cacheBytes) => {
    const { backend } = await open(new MemoryKeyedStore({ strict: true }), cacheBytes);
    for (let round = 0; round < 3; round++) {
      for (let key = 0; key < 2000; key++) {
        const state = plainState(at(backend, key), numbers);
        expect(state.value()).toBe(round === 0 ? undefined : key + round - 1);
        state.update(key + round);
        plainState(backend, texts).update('x'.repeat(key % 50));
        plainState(backend, lists).add(round);
        expect(backend.metrics()['cachedBytes']).toBeLessThan(cacheBytes + 2048);
      }
    }
    for (let key = 0; key < 2000; key++) expect([...plainState(at(backend, key), lists).get()]).toEqual([0, 1, 2]);
  });

  it('goes to what is used again, not to what is read once', async () => {
    const { backend } = await open(new MemoryKeyedStore(), 40_000);
    const read = (key: number): void => void plainState(at(backend, key), numbers).value();
    for (let key = 0; key < 10_000; key++) plainState(at(backend, key), numbers).update(key);
    for (let round = 0; round < 20; round++) {
      for (let key = 0; key < 50; key++) read(key);
      for (let key = 0; key < 400; key++) read(1000 + round * 400 + key);
    }
    const before = backend.metrics()['cacheMisses'] as number;
    for (let key = 0; key < 50; key++) read(key);
    expect((backend.metrics()['cacheMisses'] as number) - before).toBeLessThan(20);
  });

  it('is not a number of bytes', () => {
    expect(() => storedStateBackend({ name: 's', openStore: () => new MemoryKeyedStore(), cacheBytes: -1 })).toThrow(
      RangeError,
    );
  });
});

describe('a store that is full', () => {
  it('refuses the change that needs room, leaves everything as it was, and goes on when there is room again', async () => {
    let isFull = false;
    const { harness, backend } = await open(new MemoryKeyedStore({ failPut: () => isFull }), 8192);
    const state = plainState(backend, numbers);
    const expected = new Map<number, number>();
    const change = (key: number, value: number): void => {
      backend.setCurrentKey(key);
      state.update(value);
      expected.set(key, value);
    };
    for (let key = 0; key < 500; key++) change(key, key);
    isFull = true;
    let refused = 0;
    for (let key = 0; key < 500; key++) {
      try {
        change(key, key + 1000);
      } catch (error) {
        expect(error).toBeInstanceOf(StateError);
        refused++;
      }
    }
    expect(refused).toBeGreaterThan(400);
    await expect(harness.snapshot(backend)).rejects.toBeInstanceOf(StateError);
    isFull = false;
    const handle = await harness.snapshot(backend);
    const restored = await harness.createKeyed<number>({ restore: [handle] });
    for (const [key, value] of expected) {
      backend.setCurrentKey(key);
      expect(state.value()).toBe(value);
      expect(plainState(at(restored, key), numbers).value()).toBe(value);
    }
  });

  it.each(['what was written stays', 'what was written goes'])(
    'loses no element of a list and doubles none: %s',
    async (outcome) => {
      let puts = 0;
      let failAt = Number.POSITIVE_INFINITY;
      class FailingStore extends MemoryKeyedStore {
        private undo: (() => void)[] = [];

        override put(keyGroup: number, stateId: number, path: Uint8Array, value: Uint8Array): void {
          if (++puts >= failAt) throw new StateError('store-full' as never, 'full');
          const [group, state, key] = [keyGroup, stateId, path.slice()];
          const before = this.get(group, state, key)?.slice();
          this.undo.push(() => (before ? super.put(group, state, key, before) : super.delete(group, state, key)));
          super.put(keyGroup, stateId, path, value);
        }

        override batch(write: () => void): void {
          this.undo = [];
          try {
            write();
          } catch (error) {
            if (outcome === 'what was written goes') for (const one of this.undo.reverse()) one();
            throw error;
          }
        }
      }
      for (let position = 1; position < 40; position += 3) {
        puts = 0;
        failAt = Number.POSITIVE_INFINITY;
        const { harness, backend } = await open(new FailingStore());
        const keys = Array.from({ length: 12 }, (_, key) => key);
        const add = (value: number): void => {
          for (const key of keys) plainState(at(backend, key), lists).add(value);
        };
        add(1);
        await harness.snapshot(backend);
        add(2);
        if (position % 2 === 0)
          for (const key of keys) expect([...plainState(at(backend, key), lists).get()]).toEqual([1, 2]);
        const view = backend.snapshot(harness.snapshotContext());
        add(3);
        failAt = puts + position;
        await view.write().catch(() => {});
        await harness.snapshot(backend).catch(() => {});
        add(4);
        failAt = Number.POSITIVE_INFINITY;
        const handle = await harness.snapshot(backend);
        const restored = await harness.createKeyed<number>({ restore: [handle] });
        for (const key of keys) {
          expect([...plainState(at(backend, key), lists).get()], `live, ${position}`).toEqual([1, 2, 3, 4]);
          expect([...plainState(at(restored, key), lists).get()], `restored, ${position}`).toEqual([1, 2, 3, 4]);
        }
      }
    },
  );
});

describe('a value that cannot be written', () => {
  /** Takes every text and refuses to write those that begin with an exclamation mark. */
  const choosy: TypeSerializer<string> = Object.create(string, {
    serialize: {
      value: (text: string, output: Parameters<typeof string.serialize>[1]) => {
        if (text.startsWith('!')) throw new StateError('value-not-serializable', `${text} is too loud`);
        string.serialize(text, output);
      },
    },
  });
  const broken = new ValueStateDescriptor('broken', { type: choosy });

  it('keeps nothing else from being written, fails every snapshot that has it, and none after it was replaced', async () => {
    const store = new NotingStore();
    const { harness, backend } = await open(store, 4096);
    const state = plainState(backend, broken);
    for (let key = 0; key < 300; key++) {
      backend.setCurrentKey(key);
      state.update(key === 7 ? '!' : `${key}`);
    }
    expect(store.calls.length).toBeGreaterThan(200);
    for (let attempt = 0; attempt < 2; attempt++) {
      await expect(harness.snapshot(backend)).rejects.toMatchObject({ code: 'value-not-serializable' });
    }
    backend.setCurrentKey(7);
    expect(state.value()).toBe('!');
    const older = backend.snapshot(harness.snapshotContext());
    state.update('seven');
    const newer = backend.snapshot(harness.snapshotContext());
    const { jobManagerOwned } = await newer.write();
    await expect(older.write()).rejects.toMatchObject({ code: 'value-not-serializable' });
    const restored = await harness.createKeyed<number>({ restore: [jobManagerOwned] });
    for (let key = 0; key < 300; key++) {
      expect(plainState(at(restored, key), broken).value()).toBe(key === 7 ? 'seven' : `${key}`);
    }
    await harness.snapshot(backend);
    expect(backend.metrics()['unwritableValues']).toBe(0);
  });

  it('is named with its state and key', async () => {
    const { harness, backend } = await open(new MemoryKeyedStore());
    plainState(at(backend, 42), broken).update('!');
    await expect(harness.snapshot(backend)).rejects.toThrow(/'broken'.*42/s);
  });

  it('takes the elements that follow in the same list along', async () => {
    const { harness, backend } = await open(new MemoryKeyedStore());
    const descriptor = new ListStateDescriptor('list', { type: choosy });
    const state = plainState(at(backend, 1), descriptor);
    state.add('a');
    state.add('!');
    await expect(harness.snapshot(backend)).rejects.toMatchObject({ code: 'value-not-serializable' });
    state.add('c');
    await expect(harness.snapshot(backend)).rejects.toMatchObject({ code: 'value-not-serializable' });
    expect([...state.get()]).toEqual(['a', '!', 'c']);
    state.update(['b']);
    const restored = await harness.createKeyed<number>({ restore: [await harness.snapshot(backend)] });
    expect([...plainState(at(restored, 1), descriptor).get()]).toEqual(['b']);
  });
});

describe('values in memory', () => {
  it('are decoded once as long as they are kept, and never for writing others', async () => {
    const type = new EvolvingSerializer('original');
    const { backend } = await open(new MemoryKeyedStore(), 1_000_000);
    const state = plainState(at(backend, 1), new ValueStateDescriptor('evolving', { type }));
    state.update('a');
    for (let read = 0; read < 10; read++) state.value();
    expect(type.decoded).toBe(0);
  });

  it('of an accumulator whose function throws half-way are as the store has them', async () => {
    const { harness, backend } = await open(new MemoryKeyedStore());
    const sums = new ReducingStateDescriptor<{ n: number }>('sums', {
      type: struct({ n: int32 }),
      reduce: (a, b) => {
        a.n += b.n;
        if (b.n === 13) throw new Error('unlucky');
        return a;
      },
    });
    const state = plainState(at(backend, 1), sums);
    state.add({ n: 1 });
    await harness.snapshot(backend);
    expect(() => state.add({ n: 13 })).toThrow('unlucky');
    expect(state.get()).toEqual({ n: 1 });
  });

  it('pass alive with state.object-reuse, but for those that a snapshot still has to write', async () => {
    const { harness, backend } = await open(new MemoryKeyedStore(), undefined, { 'state.object-reuse': true });
    const boxes = new ValueStateDescriptor('boxes', { type: struct({ n: int32 }) });
    const state = plainState(at(backend, 1), boxes);
    const given = { n: 1 };
    state.update(given);
    expect(state.value()).toBe(given);
    const view = backend.snapshot(harness.snapshotContext());
    const read = state.value() as { n: number };
    expect(read).toEqual(given);
    expect(read).not.toBe(given);
    read.n = 2;
    state.update(read);
    expect(state.value()).toBe(read);
    const restored = await harness.createKeyed<number>({ restore: [(await view.write()).jobManagerOwned] });
    expect(plainState(at(restored, 1), boxes).value()).toEqual({ n: 1 });
  });

  it('that changed behind the back of state.check-mutation are found when they are read and when they are written', async () => {
    const config = { 'state.object-reuse': true, 'state.check-mutation': true };
    const { harness, backend } = await open(new MemoryKeyedStore(), undefined, config);
    const state = plainState(at(backend, 1), new ValueStateDescriptor('boxes', { type: struct({ n: int32 }) }));
    const given = { n: 1 };
    state.update(given);
    given.n = 2;
    expect(() => state.value()).toThrow(expect.objectContaining({ code: 'mutation-detected' }));
    await expect(harness.snapshot(backend)).rejects.toMatchObject({ code: 'mutation-detected' });
    state.update(given);
    await harness.snapshot(backend);
  });
});

describe('walks over a map', () => {
  it.each([0, 2048, 1_000_000])(
    'go on while entries are replaced, removed and written, cache of %d bytes',
    async (cacheBytes) => {
      const { backend } = await open(new MemoryKeyedStore({ strict: true }), cacheBytes);
      const state = plainState(at(backend, 1), maps);
      for (let entry = 0; entry < 1000; entry++) state.put(entry * 2, entry);
      const seen: [number, number][] = [];
      const walk = state.entries();
      for (let next = walk.next(); !next.done; next = walk.next()) {
        const [key, value] = next.value;
        seen.push([key, value]);
        if (key % 6 === 0) walk.remove();
        if (key % 6 === 2) state.put(key + 2, -1);
        if (key % 6 === 4 && key % 10 === 4) walk.setValue(7);
      }
      expect(seen.map(([key]) => key)).toEqual(Array.from({ length: 1000 }, (_, entry) => entry * 2));
      expect(seen.filter(([key]) => key % 6 === 4).every(([, value]) => value === -1)).toBe(true);
      expect([...state.keys()]).toEqual(seen.map(([key]) => key).filter((key) => key % 6 !== 0));
      expect(state.get(4)).toBe(7);
    },
  );

  it('that are left behind cost nothing but themselves: of too many the oldest fails', async () => {
    const { backend } = await open(new MemoryKeyedStore());
    const state = plainState(at(backend, 1), maps);
    state.put(1, 1);
    state.put(2, 2);
    const left = state.keys();
    left.next();
    for (let walk = 0; walk < 1024; walk++) state.keys().next();
    expect(() => left.next()).toThrow(expect.objectContaining({ code: 'concurrent-modification' }));
  });
});

describe('figures', () => {
  it('say what is in memory and what was written', async () => {
    const { harness, backend } = await open(new MemoryKeyedStore());
    const state = plainState(at(backend, 1), numbers);
    state.value();
    state.update(1);
    state.value();
    expect(backend.metrics()).toMatchObject({ cacheHits: 1, cacheMisses: 1, flushedRecords: 0, 'numbers.entries': 1 });
    expect(backend.metrics()['dirtyBytes']).toBeGreaterThan(0);
    await harness.snapshot(backend);
    expect(backend.metrics()).toMatchObject({ dirtyBytes: 0, flushedRecords: 1, entries: 1, runningSnapshots: 0 });
    expect(typeof backend.metrics()['flushMs']).toBe('number');
  });
});

describe('the life of a backend', () => {
  it('closes the store once, after running snapshots, and when creation fails', async () => {
    let closed = 0;
    class ClosingStore extends MemoryKeyedStore {
      override async close(): Promise<void> {
        closed++;
        await super.close();
      }
    }
    const harness = new StateBackendHarness(
      storedStateBackend({ name: 'stored', openStore: () => new ClosingStore() }),
    );
    onTestFinished(() => harness.close());
    const backend = await harness.createKeyed<number>();
    plainState(at(backend, 1), numbers).update(1);
    const writing = backend.snapshot(harness.snapshotContext()).write();
    await Promise.all([expect(writing).rejects.toMatchObject({ code: 'snapshot-released' }), backend.close()]);
    await backend.close();
    expect(closed).toBe(1);
    const declaredStates = [numbers, new ListStateDescriptor('numbers', { type: int32 })];
    await expect(harness.createKeyed({ declaredStates })).rejects.toMatchObject({ code: 'state-already-registered' });
    expect(closed).toBe(2);
  });

  it('has prepare(keys) where the store has it', async () => {
    const asked: (readonly number[])[] = [];
    class AskingStore extends MemoryKeyedStore {
      prepare(keyGroups: readonly number[]): void {
        asked.push(keyGroups);
      }
    }
    const { backend } = await open(new AskingStore());
    await backend.prepare?.([1, 2, 1]);
    const keyGroups = [1, 2].map((key) => at(backend, key).getCurrentKeyGroup());
    expect(asked).toEqual([keyGroups.sort((a, b) => a - b)]);
    expect((await open(new MemoryKeyedStore())).backend.prepare).toBeUndefined();
  });

  it('lists keys in the order of their bytes, whatever of them is in memory', async () => {
    const { backend } = await open(new MemoryKeyedStore(), 2048);
    for (let key = 200; key > 0; key--) {
      plainState(at(backend, key), numbers).update(key);
      plainState(backend, maps).put(1, 1);
      plainState(backend, maps).put(2, 1);
    }
    for (const name of ['numbers', 'maps']) {
      const keys = [...backend.getKeys(name, VOID_NAMESPACE)];
      expect([...keys].sort((a, b) => a - b)).toEqual(Array.from({ length: 200 }, (_, key) => key + 1));
      const groups = keys.map((key) => at(backend, key).getCurrentKeyGroup() * 1000 + key);
      expect(groups).toEqual([...groups].sort((a, b) => a - b));
    }
  });
});
