// Stores, serializers and factories, from the packed packages: one that is right passes, one fault is named.

import assert from 'node:assert/strict';
import { stateBackendFactory } from '@tidemark/state-backend-hashmap';
import { int32, string } from '@tidemark/state-core';
import {
  keyedStoreConformance,
  MemoryKeyedStore,
  runConformance,
  serializerConformance,
  stateBackendFactoryConformance,
} from '@tidemark/state-testkit';

const failedIn = async (suite) => {
  const { cases } = await runConformance(suite);
  return cases
    .filter(({ outcome }) => outcome === 'failed')
    .map(({ id, rules }) => [id, rules[0]?.member, rules[0]?.guide]);
};

class KeepingStore extends MemoryKeyedStore {
  scan(keyGroup, stateId, prefix, after, limit) {
    const found = super.scan(keyGroup, stateId, prefix, undefined, 1_000_000);
    // Begins at `after`, where it must begin behind it.
    const isBefore = (path) => after !== undefined && Buffer.compare(path, after) < 0;
    return found.filter(({ path }) => !isBefore(path)).slice(0, limit);
  }
}
const storeSuite = (open) =>
  keyedStoreConformance({
    name: 'store',
    capabilities: { batch: true, scratch: true, failingPuts: false },
    create: () => ({ open }),
  });
assert.deepEqual(await failedIn(storeSuite(() => new MemoryKeyedStore())), []);
const { cases } = await runConformance(
  storeSuite(() => new KeepingStore()),
  { filter: 'KS-SCAN-04' },
);
const [{ member, guide }] = cases.find(({ outcome }) => outcome === 'failed').rules;
assert.deepEqual([member, guide], ['KeyedStore.scan', 'Tier one']);

assert.deepEqual(
  await failedIn(serializerConformance({ create: () => int32, values: [0, 1, -1], outside: ['1'] })),
  [],
);
const careless = Object.create(string, { identity: { value: (key) => key.toLowerCase() } });
assert.deepEqual(await failedIn(serializerConformance({ create: () => careless, values: ['a', 'A'] })), [
  ['SER-KEY-01', 'KeySerializer.identity', 'Key serializers'],
]);

assert.deepEqual(await failedIn(stateBackendFactoryConformance({ factory: stateBackendFactory, config: {} })), []);
