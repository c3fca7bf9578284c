// Walks over what is stored: the keys of a state, and the entries of all states as a snapshot writes them.

import {
  assignToKeyGroup,
  int32,
  KeyGroupRange,
  type KeySerializer,
  MapStateDescriptor,
  string,
  ValueStateDescriptor,
} from '@tidemark/state-core';
import { openSegmentReader, type RawRecordVisitor, walkRecords } from '@tidemark/state-core/support';
import { plainState, StateBackendHarness } from '@tidemark/state-testkit';
import { describe, expect, it, onTestFinished } from 'vitest';
import { LmdbStateBackend } from '../src/index.js';
import { temporaryDirectory } from './temporary-environment.js';

function harnessWith(cacheBytes: number): StateBackendHarness {
  const harness = new StateBackendHarness(new LmdbStateBackend({ localDirectories: temporaryDirectory(), cacheBytes }));
  onTestFinished(() => harness.close());
  return harness;
}

const caches = [
  { title: 'the default cache', cacheBytes: 64 * 1024 * 1024 },
  { title: 'no cache', cacheBytes: 0 },
];

describe.each(caches)('with $title', ({ cacheBytes }) => {
  const sorts = [
    { title: 'int32 keys', keySerializer: int32 as KeySerializer<unknown>, keyOf: (index: number): unknown => index },
    {
      title: 'string keys',
      keySerializer: string as KeySerializer<unknown>,
      keyOf: (index: number): unknown => `key-${index}`,
    },
  ];

  for (const numberOfKeyGroups of [128, 256]) {
    it.each(sorts)(
      `RocksDBRocksStateKeysIteratorTest.testIterator: of ${numberOfKeyGroups} key groups, 1000 $title come once each`,
      async ({ keySerializer, keyOf }) => {
        const backend = await harnessWith(cacheBytes).createKeyed({ keySerializer, numberOfKeyGroups });
        const state = plainState(backend, new ValueStateDescriptor('state', { type: string }));
        const other = plainState(backend, new ValueStateDescriptor('other', { type: string }));
        for (let index = 0; index < 1000; index++) {
          backend.setCurrentKey(keyOf(index));
          state.update(String(index));
          backend.setCurrentKey(keyOf(index + 5000));
          other.update(String(index));
        }
        const keys = [...backend.getKeys('state', undefined)];
        expect(keys).toHaveLength(1000);
        expect(new Set(keys)).toEqual(new Set(Array.from({ length: 1000 }, (_, index) => keyOf(index))));
      },
    );
  }
});

describe('RocksKeyGroupsRocksSingleStateIteratorTest: what a snapshot writes', () => {
  const numbers = new ValueStateDescriptor('numbers', { type: int32 });
  const maps = new MapStateDescriptor('maps', { key: int32, value: int32 });
  const texts = new ValueStateDescriptor('texts', { type: string });
  const names = ['numbers', 'maps', 'texts'];

  /** `key group/state/bytes of key and map key`, in the order of the segment. */
  async function entriesOf(numberOfKeyGroups: number, keys: number): Promise<string[]> {
    const harness = harnessWith(16 * 1024);
    const keyGroupRange = KeyGroupRange.of(0, numberOfKeyGroups - 1);
    const backend = await harness.createKeyed({ numberOfKeyGroups, keyGroupRange });
    const [number, map, text] = [plainState(backend, numbers), plainState(backend, maps), plainState(backend, texts)];
    for (let key = 0; key < keys; key++) {
      backend.setCurrentKey(key);
      if (key % 2 === 0) number.update(key);
      if (key % 3 === 0) map.putAll(Array.from({ length: key % 5 }, (_, index) => [index, key] as const));
      text.update(`${key}`);
    }
    const handle = await harness.snapshot(backend);
    const [segment] = handle?.segments ?? [];
    if (segment === undefined) return [];
    const reader = await openSegmentReader(await harness.streams.openInput(segment.stream), segment);
    const nameOf = new Map(reader.header.states.map(({ id, name }) => [id, name]));
    const entries: string[] = [];
    for await (const block of reader.readBlocks(keyGroupRange)) {
      const place = `${String(block.keyGroup).padStart(5, '0')}/${names.indexOf(nameOf.get(block.stateId) ?? '')}`;
      const visitor: RawRecordVisitor = {
        put: (key, _namespace, mapKey) =>
          void entries.push(`${place}/${Buffer.from(key).toString('hex')}${Buffer.from(mapKey ?? []).toString('hex')}`),
        delete: () => expect.fail('an image removes nothing'),
        clear: () => expect.fail('an image clears nothing'),
        reset: () => expect.fail('an image resets nothing'),
        splice: () => expect.fail('there are no lists'),
      };
      walkRecords(block, visitor);
    }
    await reader.close();
    return entries;
  }

  it.each([
    ['testMergeIteratorByte', 16],
    ['testMergeIteratorShort', 1024],
  ] as const)(
    '%s: of %i key groups every entry of every state once, in the order of key group, state, key',
    async (_name, numberOfKeyGroups) => {
      const entries = await entriesOf(numberOfKeyGroups, 3000);
      expect([...entries].sort()).toEqual(entries);
      expect(new Set(entries).size).toBe(entries.length);
      const count = (state: number): number => entries.filter((entry) => entry.split('/')[1] === `${state}`).length;
      // Of each five maps one is empty, the others have one to four entries.
      expect([count(0), count(1), count(2)]).toEqual([1500, 1000 * 2, 3000]);
      const groups = new Set(entries.map((entry) => Number(entry.split('/')[0])));
      const expected = Array.from({ length: 3000 }, (_, key) => assignToKeyGroup(key, int32, numberOfKeyGroups));
      expect(groups).toEqual(new Set(expected.sort((a, b) => a - b)));
    },
  );

  it('testEmptyMergeIterator: of states without entries nothing', async () => {
    expect(await entriesOf(16, 0)).toEqual([]);
  });
});
