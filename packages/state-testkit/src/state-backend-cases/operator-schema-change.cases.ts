// Operator state under a new schema. It is small and always on the heap: a state is decoded as a whole when it is asked
// for, so the keys of a broadcast state may migrate, too.

import {
  type BroadcastState,
  type ListState,
  ListStateDescriptor,
  MapStateDescriptor,
  type StateError,
} from '@tidemark/state-core';
import type { OperatorStateBackend, OperatorStateHandle } from '@tidemark/state-core/spi';
import { assertEqual, assertStateError } from '../conformance/assertions.js';
import { type Evolution, EvolvingSerializer } from '../serializers/evolving-serializer.js';
import type { StateBackendCase } from './state-backend-case.js';
import type { StateBackendHarness } from './state-backend-harness.js';

type GetList = (backend: OperatorStateBackend, type: EvolvingSerializer) => ListState<string>;

const splitList: GetList = (backend, type) => backend.getListState(new ListStateDescriptor('list', { type }));
const unionList: GetList = (backend, type) => backend.getUnionListState(new ListStateDescriptor('list', { type }));

async function upgradeList(harness: StateBackendHarness, getList: GetList, evolution: Evolution): Promise<void> {
  const first = await harness.createOperator();
  getList(first, new EvolvingSerializer('original')).update(['foo', 'bar']);
  const second = await harness.createOperator(await harness.snapshotOperator(first));
  const list = getList(second, new EvolvingSerializer(evolution));
  assertEqual([...list.get()], ['foo', 'bar'], 'the old elements');
  list.add('new');
  const third = await harness.createOperator(await harness.snapshotOperator(second));
  assertEqual([...getList(third, new EvolvingSerializer(evolution)).get()], ['foo', 'bar', 'new'], 'all elements');
}

async function refuseList(harness: StateBackendHarness, getList: GetList): Promise<void> {
  const first = await harness.createOperator();
  getList(first, new EvolvingSerializer('original')).update(['foo', 'bar']);
  const second = await harness.createOperator(await harness.snapshotOperator(first));
  const type = new EvolvingSerializer('incompatible');
  assertStateError(() => getList(second, type), 'value-serializer-incompatible', 'the list', SIDE_BY_SIDE);
  assertEqual([type.decoded, type.migrated], [0, 0], 'elements decoded before the refusal');
  // What was refused is still carried along.
  const third = await harness.createOperator(await harness.snapshotOperator(second));
  assertEqual([...getList(third, new EvolvingSerializer('original')).get()], ['foo', 'bar'], 'the carried elements');
}

const SIDE_BY_SIDE = ['before:', 'program:', 'evolving(original)', 'evolving(incompatible)'];

function broadcast(backend: OperatorStateBackend, key: Evolution, value: Evolution): BroadcastState<string, string> {
  const [keys, values] = [new EvolvingSerializer(key), new EvolvingSerializer(value)];
  return backend.getBroadcastState(new MapStateDescriptor('map', { key: keys, value: values }));
}

async function broadcastByOriginal(harness: StateBackendHarness): Promise<OperatorStateHandle | undefined> {
  const backend = await harness.createOperator();
  broadcast(backend, 'original', 'original').putAll([
    ['a', 'foo'],
    ['b', 'bar'],
  ]);
  return harness.snapshotOperator(backend);
}

async function upgradeBroadcast(harness: StateBackendHarness, key: Evolution, value: Evolution): Promise<void> {
  const second = await harness.createOperator(await broadcastByOriginal(harness));
  const state = broadcast(second, key, value);
  assertEqual([...state.entries()], [...Object.entries({ a: 'foo', b: 'bar' })], 'the old entries');
  state.put('b', 'new');
  state.put('c', 'added');
  const third = await harness.createOperator(await harness.snapshotOperator(second));
  const again = broadcast(third, key, value);
  assertEqual(
    [...again.entries()],
    [
      ['a', 'foo'],
      ['b', 'new'],
      ['c', 'added'],
    ],
    'all entries',
  );
  assertEqual([again.get('a'), again.contains('b')], ['foo', true], 'found by key');
  await harness.snapshotOperator(third);
}

async function refuseBroadcast(harness: StateBackendHarness, key: Evolution, value: Evolution): Promise<StateError> {
  const second = await harness.createOperator(await broadcastByOriginal(harness));
  const code = key === 'incompatible' ? 'key-serializer-incompatible' : 'value-serializer-incompatible';
  return assertStateError(() => broadcast(second, key, value), code, 'the broadcast state', SIDE_BY_SIDE);
}

/** Cases about changing schemas of operator state. */
export const operatorSchemaChangeCases: readonly StateBackendCase[] = [
  {
    id: 'MIGRATION-30',
    title:
      'testOperatorParitionableListStateRegistrationFailsIfNewSerializerIsIncompatible: and shows old and new side by side',
    run: (harness) => refuseList(harness, splitList),
  },
  {
    id: 'MIGRATION-31',
    title:
      'testOperatorUnionListStateRegistrationFailsIfNewSerializerIsIncompatible: and shows old and new side by side',
    run: (harness) => refuseList(harness, unionList),
  },
  {
    id: 'MIGRATION-32',
    title: 'elements of operator lists migrate, and are written by the reconfigured serializer where there is one',
    async run(harness) {
      for (const getList of [splitList, unionList]) {
        await upgradeList(harness, getList, 'migrates');
        await upgradeList(harness, getList, 'needs-reconfiguration');
      }
    },
  },
  {
    id: 'MIGRATION-33',
    title: 'testBroadcastStateValueMigration: content equal after the restore, another snapshot works',
    run: (harness) => upgradeBroadcast(harness, 'original', 'migrates'),
  },
  {
    id: 'MIGRATION-34',
    title: 'testBroadcastStateKeyMigration: content equal after the restore, another snapshot works',
    run: (harness) => upgradeBroadcast(harness, 'migrates', 'original'),
  },
  {
    id: 'MIGRATION-35',
    title: 'testBroadcastStateValueSerializerReconfiguration: only the reconfigured serializer is used',
    run: (harness) => upgradeBroadcast(harness, 'original', 'needs-reconfiguration'),
  },
  {
    id: 'MIGRATION-36',
    title: 'testBroadcastStateKeySerializerReconfiguration: only the reconfigured serializer is used',
    run: (harness) => upgradeBroadcast(harness, 'needs-reconfiguration', 'original'),
  },
  {
    id: 'MIGRATION-37',
    title: 'testBroadcastStateRegistrationFailsIfNewValueSerializerIsIncompatible: and shows old and new side by side',
    async run(harness) {
      await refuseBroadcast(harness, 'original', 'incompatible');
    },
  },
  {
    id: 'MIGRATION-38',
    title: 'testBroadcastStateRegistrationFailsIfNewKeySerializerIsIncompatible: and shows old and new side by side',
    async run(harness) {
      await refuseBroadcast(harness, 'incompatible', 'original');
    },
  },
];
