// Backends over stores that fail now and then, beside plain data: whatever fails, nothing is lost, doubled or brought back.

import { randomInt } from 'node:crypto';
import { testRuns } from '@tidemark/config/test-runs';
import { int32, isStateError, ListStateDescriptor, MapStateDescriptor, string } from '@tidemark/state-core';
import type { KeyedStateBackend, KeyedStore } from '@tidemark/state-core/spi';
import { storedStateBackend } from '@tidemark/state-core/support';
import { describe, expect, it, onTestFinished } from 'vitest';
import {
  MemoryKeyedStore,
  type MemoryKeyedStoreOptions,
  plainState,
  SeededRandom,
  StateBackendHarness,
} from '../../src/index.js';
import { neverIdle } from '../../src/state-backend-cases/never-idle.js';

const lists = new ListStateDescriptor('lists', { type: int32 });
const maps = new MapStateDescriptor('maps', { key: string, value: int32 });
const KEYS = 8;
const SEEDS = 2 ** 30;

/** What a batch wrote before it failed goes, as in a store with transactions. */
class TransactionalStore extends MemoryKeyedStore {
  private undo: (() => void)[] | undefined = undefined;

  override put(keyGroup: number, stateId: number, path: Uint8Array, value: Uint8Array): void {
    const [key, content] = [path.slice(), value.slice()];
    const before = this.get(keyGroup, stateId, key)?.slice();
    super.put(keyGroup, stateId, key, content);
    this.undo?.push(() => this.set(keyGroup, stateId, key, before));
  }

  override delete(keyGroup: number, stateId: number, path: Uint8Array): void {
    const key = path.slice();
    const before = this.get(keyGroup, stateId, key)?.slice();
    super.delete(keyGroup, stateId, key);
    this.undo?.push(() => this.set(keyGroup, stateId, key, before));
  }

  override batch(write: () => void): void {
    const undo: (() => void)[] = [];
    this.undo = undo;
    try {
      write();
    } catch (error) {
      this.undo = undefined;
      this.isUndoing = true;
      for (const one of undo.reverse()) one();
      this.isUndoing = false;
      throw error;
    } finally {
      this.undo = undefined;
    }
  }

  /** While it is true no put fails. */
  isUndoing = false;

  private set(keyGroup: number, stateId: number, path: Uint8Array, value: Uint8Array | undefined): void {
    if (value === undefined) super.delete(keyGroup, stateId, path);
    else super.put(keyGroup, stateId, path, value);
  }
}

const OUTCOMES = ['what was written stays', 'what was written goes'] as const;
type Outcome = (typeof OUTCOMES)[number];

function storeOf(
  outcome: Outcome,
  fails: (count: number) => boolean,
  options: MemoryKeyedStoreOptions = {},
): KeyedStore {
  if (outcome === 'what was written stays') return new MemoryKeyedStore({ strict: true, ...options, failPut: fails });
  const store: TransactionalStore = new TransactionalStore({
    strict: true,
    ...options,
    failPut: (count) => !store.isUndoing && fails(count),
  });
  return store;
}

interface Opened {
  readonly harness: StateBackendHarness;
  readonly backend: KeyedStateBackend<number>;
}

async function open(store: KeyedStore, cacheBytes = 2 ** 26, numberOfKeyGroups = 1): Promise<Opened> {
  // The store is for the first backend; those that are restored from it get one of their own.
  const stores = [store];
  const openStore = (): KeyedStore => stores.pop() ?? new MemoryKeyedStore();
  const harness = new StateBackendHarness(storedStateBackend({ name: 'stored', openStore, cacheBytes }));
  onTestFinished(() => harness.close());
  return { harness, backend: await harness.createKeyed<number>({ scheduler: neverIdle, numberOfKeyGroups }) };
}

function isFull(error: unknown): boolean {
  return isStateError(error as Error, 'storage-no-space');
}

describe.each(OUTCOMES)('a batch that fails: %s', (outcome) => {
  it('clears a map before it is filled once more', async () => {
    for (let failAt = 1; failAt <= 12; failAt++) {
      let puts = 0;
      let fails = false;
      const { harness, backend } = await open(storeOf(outcome, () => fails && ++puts === failAt));
      backend.setCurrentKey(1);
      const state = plainState(backend, maps);
      for (let entry = 0; entry < 10; entry++) state.put(`old ${entry}`, entry);
      await harness.snapshot(backend);
      state.clear();
      for (let entry = 0; entry < 10; entry++) state.put(`new ${entry}`, entry);
      const expected = [...state.entries()];
      fails = true;
      await harness.snapshot(backend).catch(() => {});
      fails = false;
      const restored = await harness.createKeyed<number>({
        numberOfKeyGroups: 1,
        restore: [await harness.snapshot(backend)],
      });
      restored.setCurrentKey(1);
      expect([...plainState(restored, maps).entries()], `put ${failAt}`).toEqual(expected);
    }
  });

  it('does not take what follows a cleared list for written', async () => {
    for (let failAt = 1; failAt <= 6; failAt++) {
      let puts = 0;
      let fails = false;
      const { harness, backend } = await open(storeOf(outcome, () => fails && ++puts === failAt));
      const state = plainState(backend, lists);
      const change = (act: () => void): void => {
        for (let key = 0; key < 3; key++) {
          backend.setCurrentKey(key);
          act();
        }
      };
      change(() => state.add(1));
      await harness.snapshot(backend);
      change(() => state.clear());
      const first = backend.snapshot(harness.snapshotContext());
      change(() => state.add(2));
      const second = backend.snapshot(harness.snapshotContext());
      change(() => state.add(3));
      fails = true;
      await second.write().catch(() => {});
      fails = false;
      await first.write();
      const handle = await harness.snapshot(backend);
      const restored = await harness.createKeyed<number>({ numberOfKeyGroups: 1, restore: [handle] });
      for (let key = 0; key < 3; key++) {
        backend.setCurrentKey(key);
        restored.setCurrentKey(key);
        expect([...state.get()], `put ${failAt}`).toEqual([2, 3]);
        expect([...plainState(restored, lists).get()], `put ${failAt}`).toEqual([2, 3]);
      }
    }
  });
});

it('gives a list of which a part was written, and the rest not yet', async () => {
  const { harness, backend } = await open(new MemoryKeyedStore());
  const state = plainState(backend, lists);
  const elements = Array.from({ length: 5000 }, (_, index) => index);
  // So many that a batch is full in the middle of the long list.
  for (let key = 0; key < 254; key++) {
    backend.setCurrentKey(key);
    state.add(key);
  }
  backend.setCurrentKey(1000);
  state.addAll(elements);
  const lengths = new Set<number>();
  const view = backend.snapshot({
    ...harness.snapshotContext(),
    shouldYield: () => true,
    yieldNow: async () => {
      lengths.add([...state.get()].length);
    },
  });
  const { jobManagerOwned: handle } = await view.write();
  expect([...lengths]).toEqual([elements.length]);
  const restored = await harness.createKeyed<number>({ numberOfKeyGroups: 1, restore: [handle] });
  restored.setCurrentKey(1000);
  expect([...plainState(restored, lists).get()]).toEqual(elements);
});

it('writes what came after the clearing of a map after it, where so much is dirty that it is sorted in parts', async () => {
  const { harness, backend } = await open(new MemoryKeyedStore());
  backend.setCurrentKey(1);
  const state = plainState(backend, maps);
  const entries = (value: number): [string, number][] =>
    Array.from({ length: 20_000 }, (_, entry) => [`${entry}`, value]);
  state.putAll(entries(1));
  await harness.snapshot(backend);
  state.putAll(entries(2));
  state.clear();
  state.putAll(entries(3));
  const restored = await harness.createKeyed<number>({
    numberOfKeyGroups: 1,
    restore: [await harness.snapshot(backend)],
  });
  restored.setCurrentKey(1);
  expect(new Map(plainState(restored, maps).entries())).toEqual(new Map(entries(3)));
});

/** What the program has put where. */
type Contents = readonly { readonly list: number[]; readonly map: Map<string, number> }[];

function contentsOf(backend: KeyedStateBackend<number>): unknown {
  return Array.from({ length: KEYS }, (_, key) => {
    backend.setCurrentKey(key);
    return { list: [...plainState(backend, lists).get()], map: sorted(plainState(backend, maps).entries()) };
  });
}

function expectedOf(contents: Contents): unknown {
  return contents.map(({ list, map }) => ({ list: [...list], map: sorted(map) }));
}

function sorted(entries: Iterable<readonly [string, number]>): unknown {
  return [...entries].map(([key, value]) => [key, value]).sort(([a], [b]) => ((a as string) < (b as string) ? -1 : 1));
}

async function runOf(seed: number): Promise<void> {
  const random = new SeededRandom(seed);
  let share = 0;
  const store = storeOf(random.pick(OUTCOMES), () => share > 0 && random.chance(share), {
    failScratch: () => share > 0 && random.chance(share),
  });
  const { harness, backend } = await open(store, random.pick([0, 600, 3000, 2 ** 24]), random.pick([1, 3]));
  const contents: Contents = Array.from({ length: KEYS }, () => ({ list: [], map: new Map() }));
  const list = plainState(backend, lists);
  const map = plainState(backend, maps);
  const operate = (): void => {
    const key = random.below(KEYS);
    const value = random.below(1000);
    const name = `k${random.below(30)}`;
    const of = contents[key] as Contents[number];
    backend.setCurrentKey(key);
    const change = (state: () => void, expected: () => void): void => {
      try {
        state();
      } catch (error) {
        if (isFull(error)) return;
        throw error;
      }
      expected();
    };
    const elements = Array.from({ length: random.pick([1, 3, 40]) }, (_, index) => value + index);
    const [clears, replaces] = [random.chance(0.1), random.chance(0.1)];
    if (random.chance(0.5)) {
      if (clears)
        change(
          () => list.clear(),
          () => of.list.splice(0),
        );
      else if (replaces)
        change(
          () => list.update(elements),
          () => of.list.splice(0, of.list.length, ...elements),
        );
      else
        change(
          () => list.addAll(elements),
          () => of.list.push(...elements),
        );
    } else if (clears) {
      change(
        () => map.clear(),
        () => of.map.clear(),
      );
    } else if (replaces) {
      change(
        () => map.remove(name),
        () => of.map.delete(name),
      );
    } else {
      change(
        () => map.put(name, value),
        () => of.map.set(name, value),
      );
    }
  };
  let base: number | undefined;
  const written: { readonly handle: never; readonly expected: unknown; readonly what: string }[] = [];
  const running: { readonly id: number; readonly write: () => Promise<unknown>; readonly expected: unknown }[] = [];
  const write = async (index: number): Promise<void> => {
    const [{ id, write, expected } = running[0] as (typeof running)[number]] = running.splice(index, 1);
    try {
      written.push({ handle: (await write()) as never, expected, what: `seed ${seed}, snapshot ${id}` });
      if (base === undefined || id > base) base = id;
    } catch (error) {
      if (!isFull(error)) throw error;
      backend.notifyCheckpointAborted(id);
    }
  };
  for (let step = 0; step < 10; step++) {
    share = random.pick([0, 0, 0.002, 0.05, 0.4, 1]);
    for (let count = random.below(60); count > 0; count--) operate();
    if (running.length < 3) {
      const context = harness.snapshotContext({ sharing: 'forward', ...(base === undefined ? {} : { base }) });
      const view = backend.snapshot({
        ...context,
        shouldYield: () => random.chance(0.5),
        yieldNow: async () => {
          for (let count = random.below(5); count > 0; count--) operate();
        },
      });
      running.push({
        id: context.checkpointId,
        write: async () => (await view.write()).jobManagerOwned,
        expected: expectedOf(contents),
      });
    }
    if (random.chance(0.5)) await write(random.below(running.length));
  }
  share = 0;
  while (running.length > 0) await write(0);
  expect(contentsOf(backend), `seed ${seed}`).toEqual(expectedOf(contents));
  written.push({
    handle: (await harness.snapshot(backend)) as never,
    expected: expectedOf(contents),
    what: 'the last',
  });
  const { numberOfKeyGroups } = backend;
  for (const { handle, expected, what } of written.slice(-4)) {
    const restored = await harness.createKeyed<number>({ numberOfKeyGroups, restore: [handle] });
    expect(contentsOf(restored), `seed ${seed}, ${what}`).toEqual(expected);
    await restored.close();
  }
}

it('keeps what the program put, whenever puts fail, live and in every snapshot that completed', async () => {
  const given = process.env['TIDEMARK_SEED'];
  const runs = given === undefined ? testRuns(60) : 1;
  const first = given === undefined ? randomInt(SEEDS) : Number(given);
  for (let seed = first; seed < first + runs; seed++) await runOf(seed);
}, 3_600_000);
