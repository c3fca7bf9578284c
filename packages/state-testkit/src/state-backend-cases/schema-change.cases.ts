// State under a new schema: values migrate when they are used, keys, namespaces and map keys never do.
//
// Leaves when values are decoded to lazy-migration.cases.ts, operator state to operator-schema-change.cases.ts, and what
// the types themselves answer to their own tests.

import {
  AggregatingStateDescriptor,
  FoldingStateDescriptor,
  int32,
  type KeySerializer,
  ListStateDescriptor,
  MapStateDescriptor,
  ReducingStateDescriptor,
  type StateDescriptor,
  string,
  ValueStateDescriptor,
} from '@tidemark/state-core';
import type { KeyedStateBackend, KeyedStateHandle } from '@tidemark/state-core/spi';
import { assertEqual, assertRejects, assertStateError } from '../conformance/assertions.js';
import { type Evolution, EvolvingSerializer } from '../serializers/evolving-serializer.js';
import { neverIdle } from './never-idle.js';
import type { StateBackendCase } from './state-backend-case.js';
import { plainState, type StateBackendHarness } from './state-backend-harness.js';

const numbers = new ValueStateDescriptor('numbers', { type: int32 });

/** A state of texts, whatever its sort. */
interface TextState {
  add(text: string): void;
  read(): string | undefined;
}

/** A sort of state, and what it shows of the texts that were added to a key. */
interface TextSort {
  describe(type: EvolvingSerializer): StateDescriptor;
  open(backend: KeyedStateBackend<number>, descriptor: StateDescriptor): TextState;
  shows(texts: readonly string[]): string;
}

const joined = (a: string, b: string): string => `${a}+${b}`;

const SORTS = {
  value: {
    describe: (type) => new ValueStateDescriptor('evolving', { type }),
    open: (backend, descriptor) => {
      const state = plainState(backend, descriptor as ValueStateDescriptor<string>);
      return { add: (text) => state.update(text), read: () => state.value() };
    },
    shows: (texts) => texts.at(-1) as string,
  },
  list: {
    describe: (type) => new ListStateDescriptor('evolving', { type }),
    open: (backend, descriptor) => {
      const state = plainState(backend, descriptor as ListStateDescriptor<string>);
      return { add: (text) => state.add(text), read: () => [...state.get()].join() };
    },
    shows: (texts) => texts.join(),
  },
  map: {
    describe: (type) => new MapStateDescriptor('evolving', { key: string, value: type }),
    open: (backend, descriptor) => {
      const state = plainState(backend, descriptor as MapStateDescriptor<string, string>);
      return {
        add: (text) => state.put(`k ${text}`, text),
        read() {
          assertEqual(
            [...state.keys()].sort(),
            [...state.values()].map((text) => `k ${text}`).sort(),
            'keys and values',
          );
          for (const [key, text] of state.entries()) assertEqual(state.get(key), text, `the value of ${key}`);
          return [...state.values()].sort().join();
        },
      };
    },
    shows: (texts) => [...texts].sort().join(),
  },
  reducing: {
    describe: (type) => new ReducingStateDescriptor('evolving', { type, reduce: joined }),
    open: (backend, descriptor) => {
      const state = plainState(backend, descriptor as ReducingStateDescriptor<string>);
      return { add: (text) => state.add(text), read: () => state.get() };
    },
    shows: (texts) => texts.join('+'),
  },
  aggregating: {
    describe: (type) =>
      new AggregatingStateDescriptor('evolving', {
        type,
        aggregate: {
          createAccumulator: () => '',
          add: (text: string, accumulator: string) => `${accumulator}<${text}>`,
          getResult: (accumulator: string) => accumulator,
          merge: (a: string, b: string) => a + b,
        },
      }),
    open: (backend, descriptor) => {
      const state = plainState(backend, descriptor as AggregatingStateDescriptor<string, string, string>);
      return { add: (text) => state.add(text), read: () => state.get() };
    },
    shows: (texts) => texts.map((text) => `<${text}>`).join(''),
  },
  folding: {
    describe: (type) => new FoldingStateDescriptor('evolving', { type, initialValue: '0', fold: joined }),
    open: (backend, descriptor) => {
      const state = plainState(backend, descriptor as FoldingStateDescriptor<string, string>);
      return { add: (text) => state.add(text), read: () => state.get() };
    },
    shows: (texts) => ['0', ...texts].join('+'),
  },
} as const satisfies Readonly<Record<string, TextSort>>;

type Sort = keyof typeof SORTS;

type Texts = Map<number, string[]>;

function add(backend: KeyedStateBackend<number>, state: TextState, texts: Texts, key: number, text: string): void {
  backend.setCurrentKey(key);
  state.add(text);
  texts.set(key, [...(texts.get(key) ?? []), text]);
}

function check(backend: KeyedStateBackend<number>, state: TextState, texts: Texts, sort: TextSort, when: string): void {
  for (const [key, added] of texts) {
    backend.setCurrentKey(key);
    assertEqual(state.read(), sort.shows(added), `key ${key} ${when}`);
  }
}

/** Keys 1, 2 and 3 as Flink's scripts write them, key 3 twice. */
async function writtenByOriginal(
  harness: StateBackendHarness,
  sort: TextSort,
): Promise<{ readonly handle: KeyedStateHandle | undefined; readonly texts: Texts }> {
  const texts: Texts = new Map();
  const backend = await harness.createKeyed();
  const state = sort.open(backend, sort.describe(new EvolvingSerializer('original')));
  add(backend, state, texts, 1, 'foo');
  add(backend, state, texts, 2, 'bar');
  add(backend, state, texts, 3, 'hello');
  add(backend, state, texts, 3, 'ciao');
  return { handle: await harness.snapshot(backend), texts };
}

/** Old values are readable and can be added to, new ones can be written, and all of it survives further snapshots. */
async function upgrade(harness: StateBackendHarness, name: Sort, evolution: Evolution, outcome: string): Promise<void> {
  const sort = SORTS[name];
  const { handle, texts } = await writtenByOriginal(harness, sort);
  const describe = (): StateDescriptor => sort.describe(new EvolvingSerializer(evolution));
  const descriptor = describe();
  const backend = await harness.createKeyed({
    restore: [handle],
    declaredStates: [descriptor],
    scheduler: neverIdle,
  });
  assertEqual(backend.restoreReport.states[0]?.outcome, outcome, 'the outcome in the report');
  const state = sort.open(backend, descriptor);
  backend.setCurrentKey(1);
  assertEqual(state.read(), sort.shows(['foo']), 'key 1 after the upgrade');
  add(backend, state, texts, 1, 'new');
  add(backend, state, texts, 4, 'added');
  // What was not touched, all of key 2 and 3 that lives in other key groups, is still there under the old schema.
  const second = await harness.createKeyed({ restore: [await harness.snapshot(backend)] });
  const again = sort.open(second, describe());
  check(second, again, texts, sort, 'after another restore');
  for (const key of [1, 2, 3, 5]) add(second, again, texts, key, 'last');
  const third = await harness.createKeyed({ restore: [await harness.snapshot(second)] });
  check(third, sort.open(third, describe()), texts, sort, 'at the end');
}

/** Refused before the first record when declared, at the latest at registration; what is stored stays as it is. */
async function refused(harness: StateBackendHarness, name: Sort): Promise<void> {
  const sort = SORTS[name];
  const { handle, texts } = await writtenByOriginal(harness, sort);
  const type = new EvolvingSerializer('incompatible');
  const descriptor = sort.describe(type);
  const sideBySide = ['before:', 'program:', 'evolving(original)', 'evolving(incompatible)', 'evolving'];
  await assertRejects(
    harness.createKeyed({ restore: [handle], declaredStates: [descriptor] }),
    'value-serializer-incompatible',
    'creation with the declared state',
    sideBySide,
  );
  assertEqual(harness.streams.openInputs, 0, 'input streams left open');
  const backend = await harness.createKeyed({ restore: [handle] });
  assertStateError(
    () => plainState(backend, descriptor),
    'value-serializer-incompatible',
    'registration after the restore',
    sideBySide,
  );
  assertEqual([type.decoded, type.migrated], [0, 0], 'values decoded before the refusal');
  const original = await harness.restart(backend);
  check(original, sort.open(original, sort.describe(new EvolvingSerializer('original'))), texts, sort, 'afterwards');
}

/** Cases about changing schemas of keyed state. */
export const schemaChangeCases: readonly StateBackendCase[] = [
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
    title: 'testKeyedValueStateRegistrationFailsIfNewStateSerializerIsIncompatible: and shows old and new side by side',
    run: (harness) => refused(harness, 'value'),
  },
  {
    id: 'MIGRATION-08',
    title: 'testKeyedListStateRegistrationFailsIfNewStateSerializerIsIncompatible: and shows old and new side by side',
    run: (harness) => refused(harness, 'list'),
  },
  {
    id: 'MIGRATION-09',
    title: 'testKeyedMapStateRegistrationFailsIfNewStateSerializerIsIncompatible: and shows old and new side by side',
    run: (harness) => refused(harness, 'map'),
  },
  {
    id: 'MIGRATION-12',
    title: 'accumulators of reducing, aggregating and folding state migrate and go on accumulating',
    async run(harness) {
      for (const sort of ['reducing', 'aggregating', 'folding'] as const)
        await upgrade(harness, sort, 'migrates', 'migrated');
    },
  },
  {
    id: 'MIGRATION-13',
    title: 'accumulators of reducing, aggregating and folding state use the reconfigured serializer only',
    async run(harness) {
      for (const sort of ['reducing', 'aggregating', 'folding'] as const)
        await upgrade(harness, sort, 'needs-reconfiguration', 'matched');
    },
  },
  {
    id: 'MIGRATION-14',
    title: 'reducing, aggregating and folding state refuse an incompatible accumulator',
    async run(harness) {
      for (const sort of ['reducing', 'aggregating', 'folding'] as const) await refused(harness, sort);
    },
  },
  {
    id: 'MIGRATION-15',
    title: 'a default value is copied by the reconfigured serializer, and the state can be asked for again',
    async run(harness) {
      const describe = (evolution: Evolution): ValueStateDescriptor<string, string> =>
        new ValueStateDescriptor('evolving', { type: new EvolvingSerializer(evolution), defaultValue: 'none' });
      const backend = await harness.createKeyed();
      plainState(backend, describe('original'));
      const restored = await harness.restart(backend, { declaredStates: [describe('needs-reconfiguration')] });
      for (let round = 0; round < 2; round++) {
        restored.setCurrentKey(1);
        assertEqual(plainState(restored, describe('needs-reconfiguration')).value(), 'none', `round ${round}`);
      }
    },
  },
  {
    id: 'RESTORE-05',
    title: 'testRestoreWithWrongKeySerializer: another key serializer is refused with old and new side by side',
    async run(harness) {
      const backend = await harness.createKeyed();
      backend.setCurrentKey(1);
      plainState(backend, numbers).update(1);
      const handle = await harness.snapshot(backend);
      const error = await assertRejects(
        harness.createKeyed<string>({ keySerializer: string, restore: [handle] }),
        'key-serializer-incompatible',
        'string for int32',
        ['stored:  int32', 'program: string'],
      );
      assertEqual(error.kind, 'incompatible', 'the kind');
      assertEqual(harness.streams.openInputs, 0, 'input streams left open');
    },
  },
  {
    id: 'RESTORE-06',
    title: 'testStateBackendRestoreFailsIfNewKeySerializerRequiresMigration: keys never migrate',
    async run(harness) {
      const backend = await harness.createKeyed<string>({ keySerializer: new EvolvingSerializer('original') });
      backend.setCurrentKey('a');
      plainState(backend, numbers).update(1);
      const handle = await harness.snapshot(backend);
      // Records reach a subtask by the keys of the program's serializer: one that others must stand in for comes too late.
      for (const evolution of ['migrates', 'incompatible', 'needs-reconfiguration'] as const) {
        const keys = new EvolvingSerializer(evolution);
        await assertRejects(
          harness.createKeyed<string>({ keySerializer: keys, restore: [handle] }),
          'key-serializer-incompatible',
          evolution,
          ['stored:', 'program:'],
        );
        assertEqual([keys.decoded, keys.migrated], [0, 0], 'keys decoded before the refusal');
      }
    },
  },
  {
    id: 'MIGRATION-16',
    title: 'map keys never migrate, while the map values beside them do',
    async run(harness) {
      const describe = (key: Evolution, value: Evolution): MapStateDescriptor<string, string> =>
        new MapStateDescriptor('evolving', {
          key: new EvolvingSerializer(key) as KeySerializer<string>,
          value: new EvolvingSerializer(value),
        });
      const backend = await harness.createKeyed();
      backend.setCurrentKey(1);
      plainState(backend, describe('original', 'original')).put('k', 'v');
      const handle = await harness.snapshot(backend);
      for (const evolution of ['migrates', 'incompatible', 'needs-reconfiguration'] as const) {
        const descriptor = describe(evolution, 'original');
        await assertRejects(
          harness.createKeyed({ restore: [handle], declaredStates: [descriptor] }),
          'key-serializer-incompatible',
          `map keys that answer ${evolution}`,
          ['stored:', 'program:', 'evolving'],
        );
        const restored = await harness.createKeyed({ restore: [handle] });
        assertStateError(() => plainState(restored, descriptor), 'key-serializer-incompatible', evolution);
      }
      const restored = await harness.createKeyed({ restore: [handle] });
      restored.setCurrentKey(1);
      assertEqual([...plainState(restored, describe('original', 'migrates'))], [['k', 'v']], 'the migrated map');
    },
  },
  {
    id: 'MIGRATION-10',
    title:
      'testKeyedStateRegistrationFailsIfNewNamespaceSerializerRequiresMigration, testKeyedStateRegistrationFailsIfNewNamespaceSerializerIsIncompatible: with old and new side by side',
    async run(harness) {
      const backend = await harness.createKeyed();
      backend.setCurrentKey(1);
      backend.getPartitionedState('ns', new EvolvingSerializer('original'), numbers).update(5);
      const handle = await harness.snapshot(backend);
      for (const evolution of ['migrates', 'incompatible'] as const) {
        const namespaces = new EvolvingSerializer(evolution);
        const restored = await harness.createKeyed({ restore: [handle] });
        assertStateError(
          () => restored.getOrCreateKeyedState(namespaces, numbers),
          'namespace-serializer-incompatible',
          evolution,
          ['before:', 'program:', 'evolving'],
        );
        assertEqual([namespaces.decoded, namespaces.migrated], [0, 0], 'namespaces decoded before the refusal');
      }
    },
  },
  {
    id: 'MIGRATION-17',
    title:
      'testKeyedStateRegistrationSucceedsIfNewNamespaceSerializerRequiresReconfiguration: however often it is asked for',
    async run(harness) {
      const backend = await harness.createKeyed();
      backend.setCurrentKey(1);
      backend.getPartitionedState('ns', new EvolvingSerializer('original'), numbers).update(5);
      const others = new ValueStateDescriptor('others', { type: int32 });
      const restored = await harness.restart(backend);
      restored.setCurrentKey(1);
      const namespaces = new EvolvingSerializer('needs-reconfiguration');
      assertEqual(restored.getPartitionedState('ns', namespaces, numbers).value(), 5, 'the first time');
      assertEqual(plainState(restored, others).value(), undefined, 'another state in between');
      assertEqual(restored.getPartitionedState('ns', namespaces, numbers).value(), 5, 'the second time');
      const sameAgain = new EvolvingSerializer('needs-reconfiguration');
      restored.getPartitionedState('more', sameAgain, numbers).update(6);
      assertEqual([...restored.getKeys('numbers', 'more')], [1], 'the keys of a namespace');
      assertStateError(
        () => restored.getOrCreateKeyedState(new EvolvingSerializer('migrates'), numbers),
        'namespace-serializer-incompatible',
        'another namespace type while the state is in use',
      );
      const again = await harness.restart(restored);
      again.setCurrentKey(1);
      assertEqual(
        again.getPartitionedState('more', new EvolvingSerializer('original'), numbers).value(),
        6,
        'under the stored namespace type',
      );
    },
  },
];
