// When stored values are decoded: those that are used, once, and no others. What nobody uses goes on byte for byte.

import { int32, type StandardSchema, struct, ValueStateDescriptor, validated } from '@tidemark/state-core';
import { type KeyedStateBackend, type KeyedStateHandle, keyGroupRangeOf } from '@tidemark/state-core/spi';
import { openSegmentReader } from '@tidemark/state-core/support';
import { assertEqual, assertRejects, assertStateError, assertTrue } from '../conformance/assertions.js';
import { EvolvingSerializer } from '../serializers/evolving-serializer.js';
import { IncrementalChain, range, underKeys } from './incremental-chain.js';
import { neverIdle } from './never-idle.js';
import type { StateBackendCase } from './state-backend-case.js';
import { plainState, type StateBackendHarness } from './state-backend-harness.js';

const numbers = new ValueStateDescriptor('numbers', { type: int32 });

const amounts = new ValueStateDescriptor('amounts', { type: struct({ n: int32 }) });

interface Amount {
  readonly n: number;
}

/** Keys 0 and 1, which live in different key groups, with their number in a struct. */
async function structs(harness: StateBackendHarness): Promise<KeyedStateHandle | undefined> {
  const backend = await harness.createKeyed();
  const groups = [0, 1].map((key) => {
    backend.setCurrentKey(key);
    plainState(backend, amounts).update({ n: key });
    return backend.getCurrentKeyGroup();
  });
  assertTrue(groups[0] !== groups[1], 'both keys are in one key group');
  return harness.snapshot(backend);
}

/** The records of every state and key group as they are stored, oldest first. */
async function storedRecords(
  harness: StateBackendHarness,
  handle: KeyedStateHandle | undefined,
): Promise<Map<string, number[]>> {
  const records = new Map<string, number[]>();
  if (handle === undefined) return records;
  for (const reference of handle.segments) {
    const reader = await openSegmentReader(await harness.streams.openInput(reference.stream), reference);
    const names = new Map(reader.header.states.map(({ id, name }) => [id, name]));
    for await (const { keyGroup, stateId, payload } of reader.readBlocks(keyGroupRangeOf(handle))) {
      const address = `${names.get(stateId)}/${keyGroup}`;
      records.set(address, [...(records.get(address) ?? []), ...payload]);
    }
    await reader.close();
  }
  return records;
}

const MANY = 200;

async function manyKeys(harness: StateBackendHarness, names: readonly string[]): Promise<KeyedStateHandle | undefined> {
  const backend = await harness.createKeyed();
  for (const name of names) {
    const state = plainState(backend, new ValueStateDescriptor(name, { type: new EvolvingSerializer('original') }));
    for (let key = 0; key < MANY; key++) {
      backend.setCurrentKey(key);
      state.update(`${name} ${key}`);
    }
  }
  return harness.snapshot(backend);
}

/** Keys by key group. */
function groupsOf(backend: KeyedStateBackend<number>): Map<number, number[]> {
  const groups = new Map<number, number[]>();
  for (let key = 0; key < MANY; key++) {
    backend.setCurrentKey(key);
    const group = backend.getCurrentKeyGroup();
    groups.set(group, [...(groups.get(group) ?? []), key]);
  }
  return groups;
}

function isEqualRecords(a: readonly number[], b: readonly number[] | undefined): boolean {
  return a.length === b?.length && a.every((byte, index) => byte === b[index]);
}

/** Cases about when stored values are decoded. */
export const lazyMigrationCases: readonly StateBackendCase[] = [
  {
    id: 'MIGRATION-11',
    title: 'only what is used is decoded: untouched bytes go unchanged into the next checkpoint',
    async run(harness) {
      const handle = await manyKeys(harness, ['idle', 'used']);
      const before = await storedRecords(harness, handle);
      const types = { idle: new EvolvingSerializer('migrates'), used: new EvolvingSerializer('migrates') };
      const descriptors = {
        idle: new ValueStateDescriptor('idle', { type: types.idle }),
        used: new ValueStateDescriptor('used', { type: types.used }),
      };
      const backend = await harness.createKeyed({
        restore: [handle],
        declaredStates: Object.values(descriptors),
        scheduler: neverIdle,
      });
      const groups = groupsOf(backend);
      const untouched = await storedRecords(harness, await harness.snapshot(backend));
      assertEqual([...untouched.entries()].sort(), [...before.entries()].sort(), 'the records when nothing was used');
      assertEqual([types.idle.migrated, types.used.migrated], [0, 0], 'values decoded for a snapshot');

      plainState(backend, descriptors.idle);
      const state = plainState(backend, descriptors.used);
      backend.setCurrentKey(7);
      const usedGroup = backend.getCurrentKeyGroup();
      assertEqual(state.value(), 'used 7', 'an old value');
      state.update('new');
      const after = await storedRecords(harness, await harness.snapshot(backend));
      const inGroup = (groups.get(usedGroup) as number[]).length;
      assertTrue(
        types.used.migrated > 0 && types.used.migrated <= inGroup,
        `${types.used.migrated} values were decoded of ${inGroup} in the key group that was used`,
      );
      assertEqual([types.idle.migrated, types.idle.decoded, types.used.decoded], [0, 0, 0], 'other values decoded');
      assertEqual([...after.keys()].sort(), [...before.keys()].sort(), 'states and key groups');
      for (const [address, records] of after) {
        const isUsed = address === `used/${usedGroup}`;
        assertEqual(isEqualRecords(records, before.get(address)), !isUsed, `whether ${address} is as it was`);
      }
    },
  },
  {
    id: 'MIGRATION-18',
    title: 'under an unchanged schema, too, nothing is decoded that is not used',
    async run(harness) {
      const handle = await manyKeys(harness, ['same']);
      const today = new EvolvingSerializer('original');
      const restored = await harness.createKeyed({
        restore: [handle],
        declaredStates: [new ValueStateDescriptor('same', { type: today })],
        scheduler: neverIdle,
      });
      plainState(restored, new ValueStateDescriptor('same', { type: today }));
      const again = await harness.snapshot(restored);
      assertEqual(today.decoded, 0, 'values decoded for a snapshot of untouched state');
      assertEqual(
        [...(await storedRecords(harness, again)).entries()].sort(),
        [...(await storedRecords(harness, handle)).entries()].sort(),
        'the records',
      );
    },
  },
  {
    id: 'MIGRATION-19',
    title: 'parts of one state under three schemas are carried, restored and read together',
    async run(harness) {
      const describe = (type: EvolvingSerializer): ValueStateDescriptor<string> =>
        new ValueStateDescriptor('evolving', { type });
      let handle = await manyKeys(harness, ['evolving']);
      const expected = new Map(Array.from({ length: MANY }, (_, key) => [key, `evolving ${key}`]));
      for (const [evolution, key] of [
        ['migrates', 3],
        ['migrates-again', 11],
      ] as const) {
        const backend = await harness.createKeyed({ restore: [handle], scheduler: neverIdle });
        const state = plainState(backend, describe(new EvolvingSerializer(evolution)));
        backend.setCurrentKey(key);
        state.update(`by ${evolution}`);
        expected.set(key, `by ${evolution}`);
        handle = await harness.snapshot(backend);
      }
      const type = new EvolvingSerializer('migrates-again');
      const backend = await harness.createKeyed({
        restore: [handle],
        declaredStates: [describe(type)],
        scheduler: neverIdle,
      });
      assertEqual(backend.restoreReport.states[0]?.outcome, 'migrated', 'the outcome in the report');
      const state = plainState(backend, describe(type));
      for (const [key, text] of expected) {
        backend.setCurrentKey(key);
        assertEqual(state.value(), text, `key ${key}`);
      }
      assertTrue(type.migrated > 0 && type.decoded > 0, 'not all three schemas were there');
      assertEqual(type.migrated + type.decoded, MANY, 'values decoded');
      // The version in between can no longer be read by the first.
      await assertRejects(
        harness.createKeyed({ restore: [handle], declaredStates: [describe(new EvolvingSerializer('original'))] }),
        'value-serializer-incompatible',
        'going back',
      );
    },
  },
  {
    id: 'MIGRATION-20',
    title: 'a migration that fails is told at the access that needs it, every time, and loses nothing',
    async run(harness) {
      const handle = await structs(harness);
      const migratedBy = (migrate: (old: unknown) => { n: number }): ValueStateDescriptor<{ n: number }> =>
        new ValueStateDescriptor('amounts', { type: struct({ n: int32 }, { version: 2, migrate: { 1: migrate } }) });
      const descriptor = migratedBy(() => {
        throw new RangeError('no such rate');
      });
      const backend = await harness.createKeyed({
        restore: [handle],
        declaredStates: [descriptor],
        scheduler: neverIdle,
      });
      backend.setCurrentKey(1);
      for (let attempt = 0; attempt < 2; attempt++) {
        assertStateError(() => plainState(backend, descriptor).value(), 'restore-failed', 'the access', [
          'amounts',
          'migrate',
        ]);
      }
      plainState(backend, numbers).update(1);
      const again = await harness.restart(backend);
      again.setCurrentKey(1);
      const mended = migratedBy((old) => ({ n: (old as { n: number }).n * 100 }));
      assertEqual(plainState(again, mended).value(), { n: 100 }, 'the value under a mended migration');
      assertEqual(plainState(again, numbers).value(), 1, 'the other state');
    },
  },
  {
    id: 'MIGRATION-21',
    title: 'a validator is asked when a stored value is decoded, and at no other time',
    async run(harness) {
      const handle = await structs(harness);
      let asked = 0;
      const positive: StandardSchema = {
        '~standard': {
          version: 1,
          vendor: 'conformance',
          validate(value) {
            asked++;
            return (value as { n: number }).n > 0 ? {} : { issues: [{ message: 'n must be positive' }] };
          },
        },
      };
      const descriptor = new ValueStateDescriptor('amounts', { type: validated(amounts.type, positive) });
      const backend = await harness.createKeyed({
        restore: [handle],
        declaredStates: [descriptor],
        scheduler: neverIdle,
      });
      const state = plainState(backend, descriptor);
      backend.setCurrentKey(1);
      assertEqual(state.value(), { n: 1 }, 'a valid value');
      const whenDecoded = asked;
      assertTrue(whenDecoded > 0, 'the validator was not asked');
      for (let n = 2; n < 10; n++) {
        state.update({ n });
        state.value();
      }
      await harness.snapshot(backend);
      assertEqual(asked, whenDecoded, 'validations of values that the program wrote');
      backend.setCurrentKey(0);
      assertStateError(() => state.value(), 'value-invalid', 'a refused value', ['amounts', 'n must be positive']);
      const unchecked = validated(amounts.type, positive, false);
      assertTrue(unchecked === amounts.type, 'switched off, there is nothing between the state and its type');
    },
  },
  {
    id: 'MIGRATION-22',
    title: 'values of an image and of increments stand side by side, each under the schema it was written with',
    requires: ['incrementalSnapshots'],
    async run(harness) {
      const grown = new ValueStateDescriptor('amounts', {
        type: struct({ m: int32, n: int32 }, { version: 2, migrate: { 1: (old) => ({ ...(old as Amount), m: 1 }) } }),
      });
      const keys = range(0, 200);
      const first = new IncrementalChain(harness, await harness.createKeyed({ numberOfKeyGroups: 1 }));
      underKeys(first.backend, amounts, keys, (state, key) => state.update({ n: key }));
      const image = await first.take();
      const second = new IncrementalChain(harness, await first.restore(image, 1), 1);
      underKeys(second.backend, grown, range(0, 200), (state, key) => {
        if (key % 10 === 3) state.update({ n: key, m: 2 });
      });
      const increment = await second.take(1);
      const third = await second.restore(increment);
      underKeys(third, grown, keys, (state, key) =>
        assertEqual(state.value(), { n: key, m: key % 10 === 3 ? 2 : 1 }, `value of key ${key}`),
      );
    },
  },
];
