// Keys that are longer than the paths of a store, longer than a block of a segment, and that differ at their end only.

import { ListStateDescriptor, MapStateDescriptor, string } from '@tidemark/state-core';
import type { KeyedStateBackend } from '@tidemark/state-core/spi';
import { expect, it, onTestFinished } from 'vitest';
import { plainState, StateBackendHarness } from '../../src/index.js';
import { storedBackend } from './stored-variants.js';

const lists = new ListStateDescriptor('lists', { type: string });
const maps = new MapStateDescriptor('maps', { key: string, value: string });

interface Opened {
  readonly harness: StateBackendHarness;
  open(): Promise<KeyedStateBackend<string>>;
}

function opened(cacheBytes: number): Opened {
  const harness = new StateBackendHarness(storedBackend({ cacheBytes }, { pathBytesMax: 64 }));
  onTestFinished(() => harness.close());
  return { harness, open: () => harness.createKeyed<string>({ keySerializer: string, numberOfKeyGroups: 1 }) };
}

it.each([0, 2048, 2 ** 26])(
  'maps of keys with a long beginning in common are walked to their end (cache of %d bytes)',
  async (cacheBytes) => {
    const { harness, open } = opened(cacheBytes);
    const backend = await open();
    const keys = Array.from({ length: 5 }, (_, index) => `${'x'.repeat(80)}${index}`);
    const expected = new Map<string, Map<string, string>>();
    const state = plainState(backend, maps);
    for (const key of keys) {
      backend.setCurrentKey(key);
      const entries = new Map(Array.from({ length: 80 }, (_, entry) => [`${'m'.repeat(entry)}${entry}`, `${entry}`]));
      state.putAll(entries);
      expected.set(key, entries);
    }
    for (const key of keys) {
      backend.setCurrentKey(key);
      const entries = expected.get(key) as Map<string, string>;
      const walk = state.entries();
      for (let next = walk.next(); !next.done; next = walk.next()) {
        const [name, value] = next.value;
        if (Number(value) % 7 === 3) {
          walk.remove();
          entries.delete(name);
        } else if (Number(value) % 7 === 5) {
          walk.setValue('changed');
          entries.set(name, 'changed');
        }
      }
    }
    const restored = await harness.createKeyed<string>({
      keySerializer: string,
      numberOfKeyGroups: 1,
      restore: [await harness.snapshot(backend)],
    });
    for (const key of keys) {
      backend.setCurrentKey(key);
      restored.setCurrentKey(key);
      expect(new Map(state.entries())).toEqual(expected.get(key));
      expect(new Map(plainState(restored, maps).entries())).toEqual(expected.get(key));
    }
  },
);

it('a list whose key is longer than a block of a segment goes into a snapshot and comes back', async () => {
  const { harness, open } = opened(2 ** 26);
  const backend = await open();
  const key = 'k'.repeat(200_000);
  backend.setCurrentKey(key);
  plainState(backend, lists).addAll(['a', 'b', 'c']);
  const restored = await harness.createKeyed<string>({
    keySerializer: string,
    numberOfKeyGroups: 1,
    restore: [await harness.snapshot(backend)],
  });
  restored.setCurrentKey(key);
  expect([...plainState(restored, lists).get()]).toEqual(['a', 'b', 'c']);
});
