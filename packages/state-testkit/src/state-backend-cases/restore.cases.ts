// Restore: what is found before the first record, what is kept, how schemas change.

import {
  float64,
  int32,
  isStateError,
  type KeySerializer,
  ListStateDescriptor,
  MapStateDescriptor,
  ReducingStateDescriptor,
  type StateDescriptor,
  string,
  ValueStateDescriptor,
} from '@tidemark/state-core';
import type { KeyedStateBackend, KeyedStateHandle } from '@tidemark/state-core/spi';
import { assertEqual, assertRejects, assertStateError, assertTrue } from '../conformance/assertions.js';
import { type Evolution, EvolvingSerializer } from '../serializers/evolving-serializer.js';
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

type Entries = readonly (readonly [key: number, text: string])[];
const written: Entries = [
  [1, 'foo'],
  [2, 'bar'],
  [3, 'hello'],
];

/** A state of texts, whatever its sort, seen as one list per key. */
interface TextState {
  add(text: string): void;
  read(): unknown;
}

const evolving = {
  value: {
    describe: (evolution: Evolution) =>
      new ValueStateDescriptor('evolving', { type: new EvolvingSerializer(evolution) }),
    open: (backend: KeyedStateBackend<number>, descriptor: StateDescriptor): TextState => {
      const state = plainState(backend, descriptor as ValueStateDescriptor<string>);
      return { add: (text) => state.update(text), read: () => state.value() };
    },
  },
  list: {
    describe: (evolution: Evolution) =>
      new ListStateDescriptor('evolving', { type: new EvolvingSerializer(evolution) }),
    open: (backend: KeyedStateBackend<number>, descriptor: StateDescriptor): TextState => {
      const state = plainState(backend, descriptor as ListStateDescriptor<string>);
      return { add: (text) => state.update([text]), read: () => [...state.get()].join() };
    },
  },
  map: {
    describe: (evolution: Evolution) =>
      new MapStateDescriptor('evolving', { key: string, value: new EvolvingSerializer(evolution) }),
    open: (backend: KeyedStateBackend<number>, descriptor: StateDescriptor): TextState => {
      const state = plainState(backend, descriptor as MapStateDescriptor<string, string>);
      return { add: (text) => state.put('k', text), read: () => state.get('k') };
    },
  },
} as const;

type Sort = keyof typeof evolving;

async function writtenUnderOriginal(harness: StateBackendHarness, sort: Sort): Promise<KeyedStateHandle | undefined> {
  const backend = await harness.createKeyed();
  const state = evolving[sort].open(backend, evolving[sort].describe('original'));
  for (const [key, text] of written) {
    backend.setCurrentKey(key);
    state.add(text);
  }
  return harness.snapshot(backend);
}

/** Old values are readable, new ones can be written, and both survive another snapshot and restore. */
async function upgrade(harness: StateBackendHarness, sort: Sort, evolution: Evolution, outcome: string): Promise<void> {
  const handle = await writtenUnderOriginal(harness, sort);
  const descriptor = evolving[sort].describe(evolution);
  const backend = await harness.createKeyed({ restore: [handle], declaredStates: [descriptor] });
  assertEqual(backend.restoreReport.states[0]?.outcome, outcome, 'the outcome in the report');
  const state = evolving[sort].open(backend, descriptor);
  backend.setCurrentKey(1);
  assertEqual(state.read(), 'foo', 'key 1 after the upgrade');
  state.add('new');
  backend.setCurrentKey(4);
  state.add('added');
  // Keys 2 and 3 were not touched: what was written of them is still under the old schema.
  const restored = await harness.createKeyed({ restore: [await harness.snapshot(backend)] });
  const again = evolving[sort].open(restored, evolving[sort].describe(evolution));
  for (const [key, text] of [
    [1, 'new'],
    [2, 'bar'],
    [3, 'hello'],
    [4, 'added'],
  ] as const) {
    restored.setCurrentKey(key);
    assertEqual(again.read(), text, `key ${key} after another restore`);
  }
  await harness.snapshot(restored);
}

async function refusedAtRegistration(harness: StateBackendHarness, sort: Sort): Promise<void> {
  const handle = await writtenUnderOriginal(harness, sort);
  const descriptor = evolving[sort].describe('incompatible');
  await assertRejects(
    harness.createKeyed({ restore: [handle], declaredStates: [descriptor] }),
    'value-serializer-incompatible',
    'creation with the declared state',
    ['evolving(original)', 'evolving(incompatible)'],
  );
  const backend = await harness.createKeyed({ restore: [handle] });
  assertStateError(
    () => plainState(backend, descriptor),
    'value-serializer-incompatible',
    'registration after the restore',
  );
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
    id: 'RESTORE-05',
    title: 'testRestoreWithWrongKeySerializer: another key serializer is refused with old and new side by side',
    async run(harness) {
      const handle = await harness.snapshot(await filled(harness));
      const error = await assertRejects(
        harness.createKeyed<string>({ keySerializer: string, restore: [handle] }),
        'key-serializer-incompatible',
        'string for int32',
        ['int32', 'string'],
      );
      assertEqual(error.kind, 'incompatible', 'the kind');
    },
  },
  {
    id: 'RESTORE-06',
    title: 'testStateBackendRestoreFailsIfNewKeySerializerRequiresMigration: keys never migrate',
    async run(harness) {
      const keys = (evolution: Evolution): KeySerializer<string> => new EvolvingSerializer(evolution);
      const backend = await harness.createKeyed({ keySerializer: keys('original') });
      backend.setCurrentKey('a');
      plainState(backend, numbers).update(1);
      const handle = await harness.snapshot(backend);
      await assertRejects(
        harness.createKeyed({ keySerializer: keys('migrates'), restore: [handle] }),
        'key-serializer-incompatible',
        'migration',
      );
      await assertRejects(
        harness.createKeyed({ keySerializer: keys('incompatible'), restore: [handle] }),
        'key-serializer-incompatible',
        'other',
      );
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
  {
    id: 'MIGRATION-01',
    title: 'testKeyedValueStateMigration: old values are readable under the new serializer, touched or not',
    run: (harness) => upgrade(harness, 'value', 'migrates', 'migrated'),
  },
  {
    id: 'MIGRATION-02',
    title: 'testKeyedListStateMigration: old elements are readable under the new serializer, touched or not',
    run: (harness) => upgrade(harness, 'list', 'migrates', 'migrated'),
  },
  {
    id: 'MIGRATION-03',
    title: 'testKeyedMapStateStateMigration: old map values are readable under the new serializer, touched or not',
    run: (harness) => upgrade(harness, 'map', 'migrates', 'migrated'),
  },
  {
    id: 'MIGRATION-04',
    title: 'testKeyedValueStateSerializerReconfiguration: only the reconfigured serializer is used',
    run: (harness) => upgrade(harness, 'value', 'needs-reconfiguration', 'matched'),
  },
  {
    id: 'MIGRATION-05',
    title: 'testKeyedListStateSerializerReconfiguration: only the reconfigured serializer is used',
    run: (harness) => upgrade(harness, 'list', 'needs-reconfiguration', 'matched'),
  },
  {
    id: 'MIGRATION-06',
    title: 'testKeyedMapStateSerializerReconfiguration: only the reconfigured serializer is used',
    run: (harness) => upgrade(harness, 'map', 'needs-reconfiguration', 'matched'),
  },
  {
    id: 'MIGRATION-07',
    title: 'testKeyedValueStateRegistrationFailsIfNewStateSerializerIsIncompatible',
    run: (harness) => refusedAtRegistration(harness, 'value'),
  },
  {
    id: 'MIGRATION-08',
    title: 'testKeyedListStateRegistrationFailsIfNewStateSerializerIsIncompatible',
    run: (harness) => refusedAtRegistration(harness, 'list'),
  },
  {
    id: 'MIGRATION-09',
    title: 'testKeyedMapStateRegistrationFailsIfNewStateSerializerIsIncompatible',
    run: (harness) => refusedAtRegistration(harness, 'map'),
  },
  {
    id: 'MIGRATION-10',
    title:
      'testKeyedStateRegistrationFailsIfNewNamespaceSerializerRequiresMigration, testKeyedStateRegistrationFailsIfNewNamespaceSerializerIsIncompatible, testKeyedStateRegistrationSucceedsIfNewNamespaceSerializerRequiresReconfiguration',
    async run(harness) {
      const backend = await harness.createKeyed();
      backend.setCurrentKey(1);
      backend.getPartitionedState('ns', new EvolvingSerializer('original'), numbers).update(5);
      const handle = await harness.snapshot(backend);
      for (const evolution of ['migrates', 'incompatible'] as const) {
        const restored = await harness.createKeyed({ restore: [handle] });
        assertStateError(
          () => restored.getOrCreateKeyedState(new EvolvingSerializer(evolution), numbers),
          'namespace-serializer-incompatible',
          evolution,
        );
      }
      const restored = await harness.createKeyed({ restore: [handle] });
      restored.setCurrentKey(1);
      const state = restored.getPartitionedState('ns', new EvolvingSerializer('needs-reconfiguration'), numbers);
      assertEqual(state.value(), 5, 'with the reconfigured namespace serializer');
    },
  },
  {
    id: 'MIGRATION-11',
    title: 'only what is used is decoded: migration costs nothing for key groups that nobody touches',
    async run(harness) {
      const original = new EvolvingSerializer('original');
      const backend = await harness.createKeyed();
      const state = plainState(backend, new ValueStateDescriptor('evolving', { type: original }));
      for (let key = 0; key < 1000; key++) {
        backend.setCurrentKey(key);
        state.update(`v${key}`);
      }
      const handle = await harness.snapshot(backend);
      const today = new EvolvingSerializer('original');
      const restored = await harness.createKeyed({
        restore: [handle],
        declaredStates: [new ValueStateDescriptor('evolving', { type: today })],
      });
      assertTrue((await harness.snapshot(restored)) !== undefined, 'no snapshot');
      assertEqual(today.decoded, 0, 'values decoded for a snapshot of untouched state');
    },
  },
];
