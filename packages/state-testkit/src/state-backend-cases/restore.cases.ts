// Restore: what is found before the first record, and what is kept. How schemas change: schema-change.cases.ts.

import {
  float64,
  int32,
  isStateError,
  ListStateDescriptor,
  MapStateDescriptor,
  ReducingStateDescriptor,
  type StateDescriptor,
  string,
  ValueStateDescriptor,
} from '@tidemark/state-core';
import type { KeyedStateBackend, KeyedStateHandle } from '@tidemark/state-core/spi';
import { assertEqual, assertRejects, assertStateError, assertTrue } from '../conformance/assertions.js';
import type { StateBackendCase } from './state-backend-case.js';
import { plainState, type StateBackendHarness } from './state-backend-harness.js';

const numbers = new ValueStateDescriptor('numbers', { type: int32 });
const texts = new ListStateDescriptor('texts', { type: string });
const ages = new MapStateDescriptor('ages', { key: string, value: int32 });

async function filled(harness: StateBackendHarness): Promise<KeyedStateBackend<number>> {
  const backend = await harness.createKeyed();
  const [value, list, map] = [plainState(backend, numbers), plainState(backend, texts), plainState(backend, ages)];
  for (let key = 0; key < 30; key++) {
    backend.setCurrentKey(key);
    value.update(key);
    list.addAll([`a${key}`, `b${key}`]);
    map.putAll([
      ['x', key],
      ['y', key + 1],
    ]);
  }
  return backend;
}

function checkFilled(backend: KeyedStateBackend<number>, what: string): void {
  const [value, list, map] = [plainState(backend, numbers), plainState(backend, texts), plainState(backend, ages)];
  for (let key = 0; key < 30; key++) {
    backend.setCurrentKey(key);
    assertEqual(value.value(), key, `${what}: value of key ${key}`);
    assertEqual([...list.get()], [`a${key}`, `b${key}`], `${what}: list of key ${key}`);
    assertEqual(
      [...map].sort(),
      [
        ['x', key],
        ['y', key + 1],
      ],
      `${what}: map of key ${key}`,
    );
  }
}

function flipped(handle: KeyedStateHandle, segment: number, position: number): KeyedStateHandle {
  return {
    ...handle,
    segments: handle.segments.map((reference, index) => {
      if (index !== segment || reference.stream.kind !== 'byte-stream') return reference;
      const bytes = Uint8Array.from(reference.stream.bytes);
      bytes[position] = (bytes[position] as number) ^ 0x10;
      return { ...reference, stream: { ...reference.stream, bytes } };
    }),
  };
}

/** Cases about restoring. */
export const restoreCases: readonly StateBackendCase[] = [
  {
    id: 'SB-RESTORE-01',
    title: 'value, list and map states are restored, more than one block of them',
    async run(harness) {
      const backend = await filled(harness);
      const many = new ValueStateDescriptor('many', { type: float64 });
      const state = plainState(backend, many);
      for (let key = 0; key < 15_000; key++) {
        backend.setCurrentKey(key);
        state.update(key / 4);
      }
      const restored = await harness.restart(backend);
      checkFilled(restored, 'restored');
      const again = plainState(restored, many);
      for (let key = 0; key < 15_000; key++) {
        restored.setCurrentKey(key);
        if (again.value() !== key / 4) assertEqual(again.value(), key / 4, `key ${key}`);
      }
    },
  },
  {
    id: 'RESTORE-01',
    title: 'testSnapshotNonAccessedState: what is restored and never touched is in the next snapshot',
    async run(harness) {
      const first = await harness.restart(await filled(harness));
      const second = await harness.restart(first);
      checkFilled(second, 'after two restores');
    },
  },
  {
    id: 'KSB-RESTORE-01',
    title: 'states that nobody registers are kept, listed and carried into every snapshot, beside new ones',
    async run(harness) {
      const first = await harness.restart(await filled(harness));
      assertEqual(
        first.restoreReport.states.map(({ outcome }) => outcome),
        ['kept', 'kept', 'kept'],
        'outcomes',
      );
      const fresh = plainState(first, new ValueStateDescriptor('fresh', { type: int32 }));
      first.setCurrentKey(3);
      fresh.update(33);
      const second = await harness.restart(first, { declaredStates: [numbers] });
      assertEqual(
        second.restoreReport.states.map(({ stateName, outcome }) => `${stateName}: ${outcome}`),
        ['ages: kept', 'fresh: kept', 'numbers: matched', 'texts: kept'],
        'outcomes',
      );
      checkFilled(second, 'after two restores');
    },
  },
  {
    id: 'RESTORE-02',
    title: 'the report says what matched, is new and is kept, and grows with registrations',
    async run(harness) {
      const backend = await harness.restart(await filled(harness), {
        declaredStates: [numbers, new ValueStateDescriptor('extra', { type: int32 })],
      });
      const outcomes = (): string[] =>
        backend.restoreReport.states.map(({ stateName, outcome }) => `${stateName}: ${outcome}`);
      assertEqual(outcomes(), ['ages: kept', 'extra: new', 'numbers: matched', 'texts: kept'], 'at first');
      plainState(backend, texts);
      assertEqual(
        outcomes(),
        ['ages: kept', 'extra: new', 'numbers: matched', 'texts: matched'],
        'after a registration',
      );
      assertTrue(backend.restoreReport.restoredCheckpointId !== undefined, 'no restored id');
    },
  },
  {
    id: 'RESTORE-03',
    title: 'touching some keys of a restored state leaves the others as they were',
    async run(harness) {
      const backend = await harness.restart(await filled(harness));
      const [value, list, map] = [plainState(backend, numbers), plainState(backend, texts), plainState(backend, ages)];
      backend.setCurrentKey(4);
      value.update(-4);
      list.clear();
      map.remove('x');
      const again = await harness.restart(backend);
      again.setCurrentKey(4);
      assertEqual(plainState(again, numbers).value(), -4, 'the value');
      assertEqual([...plainState(again, texts).get()], [], 'the list');
      assertEqual([...plainState(again, ages)], [['y', 5]], 'the map');
      again.setCurrentKey(4);
      plainState(again, numbers).update(4);
      plainState(again, texts).update(['a4', 'b4']);
      plainState(again, ages).put('x', 4);
      checkFilled(again, 'the others');
    },
  },
  {
    id: 'RESTORE-04',
    title: 'a snapshot taken right after a restore, while keys are touched, is as of its freeze',
    async run(harness) {
      const backend = await harness.restart(await filled(harness));
      const value = plainState(backend, numbers);
      const view = backend.snapshot(harness.snapshotContext());
      for (let key = 0; key < 40; key += 3) {
        backend.setCurrentKey(key);
        value.update(1000 + key);
      }
      const writing = view.write();
      for (let key = 1; key < 40; key += 3) {
        backend.setCurrentKey(key);
        value.clear();
      }
      const restored = await harness.createKeyed({ restore: [(await writing).jobManagerOwned] });
      checkFilled(restored, 'the snapshot');
      assertEqual([...restored.getKeysAndNamespaces('numbers')].length, 30, 'keys of the snapshot');
    },
  },
  {
    id: 'RESTORE-14',
    title: 'many restored values and map entries are what they were, read, walked over and changed in any order',
    async run(harness) {
      const first = await harness.createKeyed({ numberOfKeyGroups: 1 });
      const entriesOf = (key: number): [string, number][] =>
        Array.from({ length: 400 }, (_, index) => [`entry ${1000 + index} of ${key}`.padEnd(40, '.'), index]);
      for (let key = 0; key < 900; key++) {
        first.setCurrentKey(key);
        plainState(first, numbers).update(key);
        if (key < 3) plainState(first, ages).putAll(entriesOf(key));
      }
      const second = await harness.restart(first, { numberOfKeyGroups: 1 });
      const value = plainState(second, numbers);
      const map = plainState(second, ages);
      // A prime: they come in another order than they are stored in.
      for (let step = 0; step < 900; step++) {
        const key = (step * 577) % 900;
        second.setCurrentKey(key);
        assertEqual(value.value(), key, `value of key ${key}`);
        if (key % 7 === 0) value.update(-key || 0);
        else if (key % 11 === 0) value.clear();
      }
      for (const key of [1, 0, 2]) {
        second.setCurrentKey(key);
        if (key === 0) map.clear();
        else if (key === 1) for (const [mapKey] of entriesOf(key).slice(0, 300)) map.remove(mapKey);
        const expected = key === 0 ? [] : key === 1 ? entriesOf(key).slice(300) : entriesOf(key);
        assertEqual([...map].sort(), expected, `map of key ${key}`);
      }
      const third = await harness.restart(second, { numberOfKeyGroups: 1 });
      const again = plainState(third, numbers);
      const left = Array.from({ length: 900 }, (_, key) => key).filter((key) => key % 7 === 0 || key % 11 !== 0);
      assertEqual(
        [...third.getKeys('numbers', undefined)].sort((a, b) => a - b),
        left,
        'keys after another restore',
      );
      for (const key of left) {
        third.setCurrentKey(key);
        assertEqual(again.value(), key % 7 === 0 ? -key || 0 : key, `value of key ${key} again`);
      }
      third.setCurrentKey(2);
      assertEqual([...plainState(third, ages)].sort(), entriesOf(2), 'map of key 2 again');
    },
  },
  {
    id: 'KSB-RESTORE-02',
    title: 'a declared state of another sort or type is refused before the first record',
    async run(harness) {
      const handle = await harness.snapshot(await filled(harness));
      const restoreWith = (declared: StateDescriptor): Promise<unknown> =>
        harness.createKeyed({ restore: [handle], declaredStates: [declared] });
      await assertRejects(
        restoreWith(new ListStateDescriptor('numbers', { type: int32 })),
        'state-type-incompatible',
        'list for value',
        ['value', 'list'],
      );
      await assertRejects(
        restoreWith(new ReducingStateDescriptor('numbers', { type: int32, reduce: (a, b) => a + b })),
        'state-type-incompatible',
        'reducing for value',
      );
      await assertRejects(
        restoreWith(new ValueStateDescriptor('numbers', { type: string })),
        'value-serializer-incompatible',
        'string for int32',
        ['int32', 'string'],
      );
      await assertRejects(
        restoreWith(new MapStateDescriptor('ages', { key: int32, value: int32 })),
        'key-serializer-incompatible',
        'map keys int32 for string',
        ['int32', 'string'],
      );
      assertEqual(harness.streams.openInputs, 0, 'input streams left open');
    },
  },
  {
    id: 'RESTORE-07',
    title: 'the same is refused when the state is registered after the restore',
    async run(harness) {
      const backend = await harness.restart(await filled(harness));
      assertStateError(
        () => plainState(backend, new ListStateDescriptor('numbers', { type: int32 })),
        'state-type-incompatible',
        'list for value',
      );
      assertStateError(
        () => plainState(backend, new ValueStateDescriptor('numbers', { type: string })),
        'value-serializer-incompatible',
        'type',
      );
      checkFilled(backend, 'afterwards');
    },
  },
  {
    id: 'RESTORE-08',
    title: 'another max parallelism is refused, and the message says which one to configure',
    async run(harness) {
      const handle = await harness.snapshot(await filled(harness));
      await assertRejects(
        harness.createKeyed({ numberOfKeyGroups: 128, restore: [handle] }),
        'max-parallelism-mismatch',
        '128 for 10',
        ['128', '10'],
      );
    },
  },
  {
    id: 'RESTORE-09',
    title: 'every flipped bit of a segment is found before creation ends',
    async run(harness) {
      const handle = (await harness.snapshot(await filled(harness))) as KeyedStateHandle;
      const { lengthBytes } = handle.segments[0] ?? { lengthBytes: 0 };
      for (let position = 0; position < lengthBytes; position += Math.max(1, Math.floor(lengthBytes / 60))) {
        const damaged = flipped(handle, 0, position);
        const outcome = await harness.createKeyed({ restore: [damaged], declaredStates: [numbers] }).then(
          () => 'created',
          (error: unknown) => (isStateError(error) ? error.kind : String(error)),
        );
        // A damaged version number is a format that nobody knows.
        assertTrue(['corrupt', 'incompatible'].includes(outcome), `byte ${position} of ${lengthBytes}: ${outcome}`);
      }
      assertEqual(harness.streams.openInputs, 0, 'input streams left open');
    },
  },
  {
    id: 'RESTORE-10',
    title: 'a restore that is no longer wanted ends, and leaves nothing open',
    async run(harness) {
      const handle = await harness.snapshot(await filled(harness));
      const controller = new AbortController();
      controller.abort();
      const outcome = await harness.createKeyed({ restore: [handle], signal: controller.signal }).then(
        () => 'created',
        () => 'rejected',
      );
      assertEqual(outcome, 'rejected', 'the outcome');
      assertEqual(harness.streams.openInputs, 0, 'input streams left open');
    },
  },
];
