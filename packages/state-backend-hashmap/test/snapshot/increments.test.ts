// What an increment of the heap is made of, record by record: RW1 to RW3 of removals-writer.ts, HC2 and HC3 of
// heap-changes-writer.ts.

import {
  int32,
  KeyGroupRange,
  ListStateDescriptor,
  MapStateDescriptor,
  StateTtlConfig,
  string,
  ValueStateDescriptor,
} from '@tidemark/state-core';
import type { KeyedStateBackend, KeyedStateHandle, SegmentReference } from '@tidemark/state-core/spi';
import { openSegmentReader, type RawRecordVisitor, walkRecords } from '@tidemark/state-core/support';
import { plainState, StateBackendHarness } from '@tidemark/state-testkit';
import { expect, it, onTestFinished } from 'vitest';
import { HashMapStateBackend } from '../../src/index.js';

const numbers = new ValueStateDescriptor('numbers', { type: int32 });
const texts = new ListStateDescriptor('texts', { type: string });
const ages = new MapStateDescriptor('ages', { key: string, value: int32 });

async function oneKeyGroup(): Promise<{ harness: StateBackendHarness; backend: KeyedStateBackend<number> }> {
  const harness = new StateBackendHarness(new HashMapStateBackend());
  onTestFinished(() => harness.close());
  return { harness, backend: await harness.createKeyed({ numberOfKeyGroups: 1 }) };
}

async function checkpoint(
  harness: StateBackendHarness,
  backend: KeyedStateBackend<number>,
  checkpointId: number,
  base?: number,
): Promise<KeyedStateHandle> {
  const handle = await harness.snapshot(backend, { checkpointId, sharing: 'forward-backward', base });
  return handle ?? expect.fail('nothing was written');
}

/** The records of a segment: `op key`, with the map key or the place and number of list elements. */
async function recordsOf(harness: StateBackendHarness, segment: SegmentReference | undefined): Promise<string[]> {
  if (segment === undefined) return [];
  const reader = await openSegmentReader(await harness.streams.openInput(segment.stream), segment);
  const records: string[] = [];
  // Canonical bytes of a string end in two of their own.
  const text = (bytes: Uint8Array | undefined): string =>
    bytes === undefined ? '' : ` ${new TextDecoder().decode(bytes.subarray(0, -2))}`;
  const key = (bytes: Uint8Array): number => bytes.at(-1) as number;
  for await (const block of reader.readBlocks(KeyGroupRange.of(0, 0))) {
    const visitor: RawRecordVisitor = {
      put: (at, _namespace, mapKey) => void records.push(`put ${key(at)}${text(mapKey)}`),
      delete: (at, _namespace, mapKey) => void records.push(`delete ${key(at)}${text(mapKey)}`),
      clear: (at) => void records.push(`clear ${key(at)}`),
      reset: () => void records.push('reset'),
      splice: (at, _namespace, from, elements) => void records.push(`splice ${key(at)} ${from}+${elements.length}`),
      trim: () => void records.push('trim'),
      touch: () => void records.push('touch'),
    };
    walkRecords(block, visitor);
  }
  await reader.close();
  return records;
}

it('an address appears once, however often it changed over the epochs', async () => {
  const { harness, backend } = await oneKeyGroup();
  const [value, list, map] = [plainState(backend, numbers), plainState(backend, texts), plainState(backend, ages)];
  const under = (key: number, change: () => void): void => {
    backend.setCurrentKey(key);
    change();
  };
  for (let key = 0; key < 40; key++) {
    under(key, () => {
      value.update(1);
      list.addAll(['a', 'b']);
      map.putAll([
        ['x', 1],
        ['y', 2],
      ]);
    });
  }
  await checkpoint(harness, backend, 1);
  for (const round of [1, 2]) {
    under(1, () => {
      value.clear();
      list.clear();
      map.clear();
    });
    under(2, () => {
      value.clear();
      list.clear();
      map.clear();
      value.update(round);
      list.add('again');
      map.put('z', round);
    });
    under(3, () => {
      map.remove('x');
      list.add(`tail ${round}`);
    });
    under(4, () => {
      map.remove('x');
      map.put('x', round);
      list.add('lost');
      list.update(['other']);
      list.add('and more');
    });
    under(5, () => {
      value.clear();
      if (round === 1) value.update(round);
    });
    if (round === 1) await checkpoint(harness, backend, 2, 1);
  }
  const handle = await checkpoint(harness, backend, 3, 1);
  expect(handle.segments).toHaveLength(2);
  expect(await recordsOf(harness, handle.segments[1])).toEqual([
    ...['delete 1', 'delete 5', 'put 2'],
    ...['clear 1', 'splice 2 0+1', 'splice 3 2+2', 'splice 4 0+2'],
    ...['clear 1', 'clear 2', 'delete 3 x', 'put 2 z', 'put 4 x'],
  ]);
});

it('a list that moved to another namespace in the same slot is written whole', async () => {
  const { harness, backend } = await oneKeyGroup();
  const state = backend.getOrCreateKeyedState(string, texts);
  backend.setCurrentKey(1);
  state.setCurrentNamespace('a');
  state.addAll(['one', 'two']);
  // Others, so that an increment is smaller than an image.
  for (const namespace of ['c', 'd', 'e', 'f', 'g']) {
    state.setCurrentNamespace(namespace);
    state.add('other');
  }
  await checkpoint(harness, backend, 1);
  state.setCurrentNamespace('a');
  state.add('three');
  state.mergeNamespaces('b', ['a']);
  const handle = await checkpoint(harness, backend, 2, 1);
  expect(await recordsOf(harness, handle.segments[1])).toEqual(['clear 1', 'splice 1 0+3']);
  const restored = await harness.createKeyed({ numberOfKeyGroups: 1, restore: [handle] });
  const again = restored.getOrCreateKeyedState(string, texts);
  restored.setCurrentKey(1);
  again.setCurrentNamespace('b');
  expect([...again.get()]).toEqual(['one', 'two', 'three']);
  again.setCurrentNamespace('a');
  expect([...again.get()]).toEqual([]);
});

// Two merges bring an array back into the slot it was in, under another owner: of that owner the base has nothing.
it.each([
  { title: 'a list', ttl: false, checkpointBetween: false },
  { title: 'a list, with a checkpoint between the merges', ttl: false, checkpointBetween: true },
  { title: 'a list with time to live', ttl: true, checkpointBetween: false },
])(
  'HC3: $title that two merges moved through one slot to another owner is written whole',
  async ({ ttl, checkpointBetween }) => {
    const { harness, backend } = await oneKeyGroup();
    const descriptor = ttl
      ? new ListStateDescriptor('texts', { type: string, ttl: StateTtlConfig.of({ ttlMs: 3_600_000 }) })
      : texts;
    const state = backend.getOrCreateKeyedState(string, descriptor);
    backend.setCurrentKey(1);
    state.setCurrentNamespace('a');
    state.addAll(['one', 'two']);
    // Others, so that an increment is smaller than an image.
    const others = Array.from({ length: 20 }, (_, index) => `other ${index}`);
    for (const namespace of others) {
      state.setCurrentNamespace(namespace);
      state.add('other');
    }
    await checkpoint(harness, backend, 1);
    state.setCurrentNamespace('a');
    state.add('three');
    state.mergeNamespaces('b', ['a']);
    if (checkpointBetween) await checkpoint(harness, backend, 2, 1);
    state.mergeNamespaces('c', ['b']);
    const handle = await checkpoint(harness, backend, 3, 1);
    const records = await recordsOf(harness, handle.segments[1]);
    expect(records.filter((record) => record.startsWith('splice'))).toEqual(['splice 1 0+3']);
    const restored = await harness.createKeyed({ numberOfKeyGroups: 1, restore: [handle] });
    const again = restored.getOrCreateKeyedState(string, descriptor);
    restored.setCurrentKey(1);
    for (const [namespace, elements] of [
      ['a', []],
      ['b', []],
      ['c', ['one', 'two', 'three']],
    ] as const) {
      again.setCurrentNamespace(namespace);
      expect([...again.get()], namespace).toEqual(elements);
    }
  },
);
