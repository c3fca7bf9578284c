// How much is written to a store at once: what a program waits for, counted in records and bytes.

import { int32, ListStateDescriptor, MapStateDescriptor, string } from '@tidemark/state-core';
import type { KeyedStateBackend } from '@tidemark/state-core/spi';
import { storedStateBackend } from '@tidemark/state-core/support';
import { describe, expect, it, onTestFinished } from 'vitest';
import { MemoryKeyedStore, plainState, StateBackendHarness } from '../../src/index.js';
import { neverIdle } from '../../src/state-backend-cases/never-idle.js';

const texts = new ListStateDescriptor('texts', { type: string });
const maps = new MapStateDescriptor('maps', { key: int32, value: int32 });

/** Counts what comes between the beginning of a batch and its end. */
class CountingStore extends MemoryKeyedStore {
  recordsMost = 0;
  bytesMost = 0;
  private records = 0;
  private bytes = 0;

  override put(keyGroup: number, stateId: number, path: Uint8Array, value: Uint8Array): void {
    this.records++;
    this.bytes += value.length;
    super.put(keyGroup, stateId, path, value);
  }

  override delete(keyGroup: number, stateId: number, path: Uint8Array): void {
    this.records++;
    super.delete(keyGroup, stateId, path);
  }

  override batch(write: () => void): void {
    this.records = 0;
    this.bytes = 0;
    super.batch(write);
    this.recordsMost = Math.max(this.recordsMost, this.records);
    this.bytesMost = Math.max(this.bytesMost, this.bytes);
  }
}

async function open(
  store: CountingStore,
): Promise<{ harness: StateBackendHarness; backend: KeyedStateBackend<number> }> {
  const harness = new StateBackendHarness(storedStateBackend({ name: 'stored', openStore: () => store }));
  onTestFinished(() => harness.close());
  return { harness, backend: await harness.createKeyed<number>({ scheduler: neverIdle }) };
}

describe('a batch of writes', () => {
  it('has no more of a long list of long elements than of many short ones', async () => {
    const store = new CountingStore();
    const { harness, backend } = await open(store);
    const state = plainState(backend, texts);
    const element = 'x'.repeat(700);
    for (let key = 0; key < 4; key++) {
      backend.setCurrentKey(key);
      state.addAll(Array.from({ length: 5000 }, (_, index) => `${index}${element}`));
    }
    await harness.snapshot(backend);
    expect(store.recordsMost).toBeLessThanOrEqual(512);
    expect(store.bytesMost).toBeLessThanOrEqual(1.25 * 2 ** 20);
    backend.setCurrentKey(3);
    expect([...state.get()].length).toBe(5000);
  });

  it('has no more when maps are cleared than when entries are put', async () => {
    const store = new CountingStore();
    const { harness, backend } = await open(store);
    const state = plainState(backend, maps);
    for (const isFirst of [true, false]) {
      for (let key = 0; key < 8; key++) {
        backend.setCurrentKey(key);
        if (isFirst) state.putAll(new Map(Array.from({ length: 3000 }, (_, index) => [index, key])));
        else state.clear();
      }
      await harness.snapshot(backend);
    }
    expect(store.recordsMost).toBeLessThanOrEqual(512);
    for (let key = 0; key < 8; key++) {
      backend.setCurrentKey(key);
      expect(state.isEmpty()).toBe(true);
    }
  });

  it('ends when the time of the slice is over, also in the middle of a key group', async () => {
    const store = new CountingStore();
    const { harness, backend } = await open(store);
    const state = plainState(backend, maps);
    for (let key = 0; key < 40; key++) {
      backend.setCurrentKey(key);
      state.putAll(new Map(Array.from({ length: 150 }, (_, index) => [index, key])));
    }
    const context = harness.snapshotContext();
    let yields = 0;
    const yieldNow = (): Promise<void> => {
      yields++;
      return context.yieldNow();
    };
    const view = backend.snapshot({ ...context, shouldYield: () => true, yieldNow });
    const { jobManagerOwned } = await view.write();
    expect(store.recordsMost).toBeLessThanOrEqual(16);
    expect(yields).toBeGreaterThan(6000 / 16);
    const restored = await harness.createKeyed<number>({ restore: jobManagerOwned ? [jobManagerOwned] : [] });
    for (let key = 0; key < 40; key++) {
      restored.setCurrentKey(key);
      expect([...plainState(restored, maps).entries()].length).toBe(150);
    }
  });
});
