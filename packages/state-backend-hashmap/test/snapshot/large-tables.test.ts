// Snapshots of tables that are larger than a block, with changes at every place where the writer yields.

import { int32, ListStateDescriptor, MapStateDescriptor, string, ValueStateDescriptor } from '@tidemark/state-core';
import type { KeyedStateBackend, SnapshotContext } from '@tidemark/state-core/spi';
import { plainState, SeededRandom, StateBackendHarness } from '@tidemark/state-testkit';
import { expect, it, onTestFinished } from 'vitest';
import { HashMapStateBackend } from '../../src/index.js';

const values = new ValueStateDescriptor('values', { type: int32 });
const maps = new MapStateDescriptor('maps', { key: string, value: int32 });
const lists = new ListStateDescriptor('lists', { type: int32 });
const KEYS = 3000;

function harnessOfOneTest(): StateBackendHarness {
  const harness = new StateBackendHarness(new HashMapStateBackend());
  onTestFinished(() => harness.close());
  return harness;
}

/** A context whose writer yields at every chance, to `change`. */
function yielding(harness: StateBackendHarness, change: () => void): SnapshotContext {
  return { ...harness.snapshotContext(), shouldYield: () => true, yieldNow: async () => change() };
}

function open(backend: KeyedStateBackend<number>) {
  return { value: plainState(backend, values), map: plainState(backend, maps), list: plainState(backend, lists) };
}

it('values, maps and a long list of one key group, changed all over while they are written', async () => {
  const harness = harnessOfOneTest();
  const backend = await harness.createKeyed({ numberOfKeyGroups: 1 });
  const { value, map, list } = open(backend);
  for (let key = 0; key < KEYS; key++) {
    backend.setCurrentKey(key);
    value.update(key);
    map.put(`m${key % 7}`, key);
    if (key % 100 === 0) list.addAll(Array.from({ length: 1500 }, (_, index) => key + index));
  }
  const random = new SeededRandom(7);
  let yields = 0;
  const change = (): void => {
    yields++;
    for (let count = 0; count < 25; count++) {
      const key = random.below(KEYS + 500);
      backend.setCurrentKey(key);
      if (random.chance(0.3)) value.clear();
      else value.update(-yields);
      if (random.chance(0.3)) map.clear();
      else map.put('new', yields);
      if (random.chance(0.2)) list.update([yields]);
      else list.add(yields);
    }
  };
  const handle = (await backend.snapshot(yielding(harness, change)).write()).jobManagerOwned;
  expect(yields).toBeGreaterThan(200);

  const restored = await harness.createKeyed({ numberOfKeyGroups: 1, restore: [handle] });
  const old = open(restored);
  for (let key = 0; key < KEYS + 500; key++) {
    restored.setCurrentKey(key);
    const isThere = key < KEYS;
    expect(old.value.value()).toBe(isThere ? key : undefined);
    expect([...old.map]).toEqual(isThere ? [[`m${key % 7}`, key]] : []);
    const length = isThere && key % 100 === 0 ? 1500 : 0;
    expect([...old.list.get()]).toEqual(Array.from({ length }, (_, index) => key + index));
  }
});

it('the block that is being written is kept until its last entry is written', async () => {
  const harness = harnessOfOneTest();
  const backend = await harness.createKeyed({ numberOfKeyGroups: 1 });
  const { value } = open(backend);
  const fill = (of: (key: number) => number): void => {
    for (let key = 0; key < KEYS; key++) {
      backend.setCurrentKey(key);
      value.update(of(key));
    }
  };
  fill((key) => key);
  let round = 0;
  // Every entry changes at every yield, so an entry that is let go too early is written changed.
  const context = yielding(harness, () => fill((key) => (key + 10_000 * ++round) | 0));
  const handle = (await backend.snapshot(context).write()).jobManagerOwned;
  const restored = await harness.createKeyed({ numberOfKeyGroups: 1, restore: [handle] });
  const old = open(restored);
  for (let key = 0; key < KEYS; key++) {
    restored.setCurrentKey(key);
    expect(old.value.value()).toBe(key);
  }
});

it('keys arrive in blocks that are sorted by their bytes, negative and large ones too', async () => {
  const harness = harnessOfOneTest();
  const backend = await harness.createKeyed({ numberOfKeyGroups: 1 });
  const { value } = open(backend);
  const keys = [0, -1, 1, 2 ** 31 - 1, -(2 ** 31), 1000, -1000];
  for (const key of keys) {
    backend.setCurrentKey(key);
    value.update(key);
  }
  const restored = await harness.restart(backend);
  const listed = [...restored.getKeysAndNamespaces('values')].map(([key]) => key);
  expect(listed).toEqual([]);
  const again = open(restored);
  for (const key of keys) {
    restored.setCurrentKey(key);
    expect(again.value.value()).toBe(key);
  }
  expect([...restored.getKeysAndNamespaces('values')].map(([key]) => key)).toEqual(keys.sort((a, b) => a - b));
});
