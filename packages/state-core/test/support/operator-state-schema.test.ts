// Operator state under another schema: what is read, what is refused, and that the next snapshot is whole.

import { describe, expect, it } from 'vitest';
import { int32, int64 } from '../../src/serialization/integer-serializers.js';
import { string } from '../../src/serialization/string-serializer.js';
import { ListStateDescriptor, MapStateDescriptor } from '../../src/state/state-descriptor.js';
import type { DefaultOperatorStateBackend } from '../../src/support/default-operator-state-backend.js';
import { OperatorStateContent } from '../../src/support/operator-state-format.js';
import { EvolvingText, type TextVersion } from './evolving-text.js';
import { createOperatorStateBackend, snapshotOf } from './operator-state-fixture.js';

const texts = (version: TextVersion) => new ListStateDescriptor('texts', { type: new EvolvingText(version) });
const named = (version: TextVersion) =>
  new MapStateDescriptor('named', { key: int32, value: new EvolvingText(version) });

async function restoredFrom(backend: DefaultOperatorStateBackend): Promise<DefaultOperatorStateBackend> {
  return createOperatorStateBackend([(await snapshotOf(backend)) ?? expect.fail('no handle')]);
}

describe('StateBackendMigrationTestBase', () => {
  it.each([
    ['testOperatorParitionableListStateRegistrationFailsIfNewSerializerIsIncompatible', 'getListState'],
    ['testOperatorUnionListStateRegistrationFailsIfNewSerializerIsIncompatible', 'getUnionListState'],
  ] as const)('%s: refused, and the old type still reads it', async (_row, access) => {
    const before = await createOperatorStateBackend();
    before[access](texts('v1')).update(['foo', 'bar']);
    const after = await restoredFrom(before);
    expect(() => after[access](texts('incompatible'))).toThrow(
      expect.objectContaining({ code: 'value-serializer-incompatible' }),
    );
    expect([...after[access](texts('v1')).get()]).toEqual(['foo', 'bar']);
  });

  it.each([
    ['testBroadcastStateValueMigration', 'v2', 'v2'],
    ['testBroadcastStateValueSerializerReconfiguration', 'reconfigurable', 'v1'],
  ] as const)('%s: the map is as it was, and goes on', async (_row, now, writes) => {
    const before = await createOperatorStateBackend();
    before.getBroadcastState(named('v1')).putAll([
      [1, 'foo'],
      [2, 'bar'],
    ]);
    const after = await restoredFrom(before);
    const state = after.getBroadcastState(named(now));
    expect([...state]).toEqual([
      [1, 'foo'],
      [2, 'bar'],
    ]);
    state.put(3, 'new');
    const again = await restoredFrom(after);
    expect([...again.getBroadcastState(named(writes))]).toEqual([
      [1, 'foo'],
      [2, 'bar'],
      [3, 'new'],
    ]);
  });

  it('testBroadcastStateKeyMigration: keys of built-in types widen, and are found under the new type', async () => {
    const before = await createOperatorStateBackend();
    before.getBroadcastState(new MapStateDescriptor('wide', { key: int32, value: string })).putAll([
      [-1, 'minus'],
      [70_000, 'plus'],
    ]);
    const after = await restoredFrom(before);
    const wide = new MapStateDescriptor('wide', { key: int64, value: string });
    expect([...after.getBroadcastState(wide)]).toEqual([
      [-1n, 'minus'],
      [70_000n, 'plus'],
    ]);
    const again = (await restoredFrom(after)).getBroadcastState(wide);
    expect([again.get(-1n), again.get(70_000n), again.get(0n)]).toEqual(['minus', 'plus', undefined]);
  });

  it('a key migration that reads no canonical bytes is refused', async () => {
    const before = await createOperatorStateBackend();
    const keys = { ...string, typeName: 'mine', snapshot: () => ({ type: 'mine', version: 1 }) };
    const bound = Object.setPrototypeOf(keys, Object.getPrototypeOf(string)) as typeof string;
    before.getBroadcastState(new MapStateDescriptor('mine', { key: bound, value: string })).put('a', 'b');
    const now: typeof string = Object.create(bound, {
      snapshot: { value: () => ({ type: 'mine', version: 2 }) },
      resolveCompatibility: {
        value: () => ({ outcome: 'compatible-after-migration', previous: { deserialize: () => 'never' } }),
      },
    });
    const after = await restoredFrom(before);
    expect(() => after.getBroadcastState(new MapStateDescriptor('mine', { key: now, value: string }))).toThrow(
      expect.objectContaining({
        code: 'key-serializer-incompatible',
        message: expect.stringMatching(/before: {2}mine\n {2}program: mine v2\n {2}.*KeySerializer/),
      }),
    );
  });

  it('testBroadcastStateRegistrationFailsIfNewValueSerializerIsIncompatible', async () => {
    const before = await createOperatorStateBackend();
    before.getBroadcastState(named('v1')).put(1, 'foo');
    const after = await restoredFrom(before);
    expect(() => after.getBroadcastState(named('incompatible'))).toThrow(
      expect.objectContaining({ code: 'value-serializer-incompatible' }),
    );
    expect([...after.getBroadcastState(named('v1'))]).toEqual([[1, 'foo']]);
  });

  it('testBroadcastStateRegistrationFailsIfNewKeySerializerIsIncompatible', async () => {
    const before = await createOperatorStateBackend();
    before.getBroadcastState(named('v1')).put(1, 'foo');
    const after = await restoredFrom(before);
    const keyedByText = new MapStateDescriptor('named', { key: string, value: new EvolvingText('v1') });
    expect(() => after.getBroadcastState(keyedByText)).toThrow(
      expect.objectContaining({ code: 'key-serializer-incompatible' }),
    );
    expect([...after.getBroadcastState(named('v1'))]).toEqual([[1, 'foo']]);
  });
});

describe('SerializationProxiesTest', () => {
  it.each([
    ['testOperatorStateMetaInfoSerialization', 'UNION'],
    ['testBroadcastStateMetaInfoSerialization', 'BROADCAST'],
  ] as const)('%s: name, mode and schemas are in the stored form', async (_row, mode) => {
    const backend = await createOperatorStateBackend();
    if (mode === 'UNION') backend.getUnionListState(texts('v1')).add('foo');
    else backend.getBroadcastState(named('v2')).put(1, 'foo');
    const { stream, checksum } = (await snapshotOf(backend)) ?? expect.fail('no handle');
    if (stream.kind !== 'byte-stream') expect.fail('the streams of these tests are in memory');
    const [region] = OperatorStateContent.open(stream.bytes, checksum).regions;
    expect(region).toMatchObject(
      mode === 'UNION'
        ? { name: 'texts', mode, schema: { value: new EvolvingText('v1').snapshot() } }
        : { name: 'named', mode, schema: { key: int32.snapshot(), value: new EvolvingText('v2').snapshot() } },
    );
  });
});
