import { describe, expect, it } from 'vitest';
import { float64 } from '../../src/serialization/float64-serializer.js';
import { int32 } from '../../src/serialization/integer-serializers.js';
import { string } from '../../src/serialization/string-serializer.js';
import { struct } from '../../src/serialization/struct.js';
import type { TypeSerializer } from '../../src/serialization/type-serializer.js';
import { ListStateDescriptor, MapStateDescriptor } from '../../src/state/state-descriptor.js';
import { readOnlyBroadcastState } from '../../src/support/heap-broadcast-state.js';
import { type GatedStream, MemoryCheckpointStreams } from './memory-checkpoint-streams.js';
import { createOperatorStateBackend, snapshotContext, snapshotOf } from './operator-state-fixture.js';

const numbers = (name: string): ListStateDescriptor<number> => new ListStateDescriptor(name, { type: int32 });
const numberMap = (name: string): MapStateDescriptor<number, number> =>
  new MapStateDescriptor(name, { key: int32, value: int32 });
const Pair = struct({ a: int32, b: string });

describe('registering operator state', () => {
  it('OperatorStateBackendTest.testCreateOnAbstractStateBackend: a fresh backend has no states', async () => {
    const backend = await createOperatorStateBackend();
    expect(backend.getRegisteredStateNames().size).toBe(0);
    expect(backend.getRegisteredBroadcastStateNames().size).toBe(0);
  });

  it('OperatorStateBackendTest.testRegisterStates: lists, unions and broadcast states by name, one mode each', async () => {
    const backend = await createOperatorStateBackend();
    const first = backend.getListState(numbers('test1'));
    first.add(42);
    first.add(4711);
    expect([...first.get()]).toEqual([42, 4711]);
    const second = backend.getListState(numbers('test2'));
    second.addAll([7, 13, 23]);
    expect([...second.get()]).toEqual([7, 13, 23]);
    const union = backend.getUnionListState(numbers('test3'));
    union.update([17, 3, 123]);
    expect([...union.get()]).toEqual([17, 3, 123]);
    expect([...backend.getRegisteredStateNames()]).toEqual(['test1', 'test2', 'test3']);

    const again = backend.getListState(numbers('test1'));
    expect(again).toBe(first);
    again.add(123);
    expect([...first.get()]).toEqual([42, 4711, 123]);
    expect(() => backend.getUnionListState(numbers('test1'))).toThrow(
      expect.objectContaining({ code: 'state-already-registered' }),
    );
    expect(() => backend.getListState(numbers('test3'))).toThrow(
      expect.objectContaining({ code: 'state-already-registered' }),
    );

    const broadcast = backend.getBroadcastState(numberMap('test4'));
    broadcast.putAll([
      [1, 2],
      [3, 4],
    ]);
    expect([...broadcast.entries()]).toEqual([
      [1, 2],
      [3, 4],
    ]);
    expect(backend.getBroadcastState(numberMap('test4'))).toBe(broadcast);
    expect([...backend.getRegisteredBroadcastStateNames()]).toEqual(['test4']);
    expect(() => backend.getBroadcastState(numberMap('test1'))).toThrow(/in use as SPLIT_DISTRIBUTE.*getListState/);
    expect(() => backend.getListState(numbers('test4'))).toThrow(
      expect.objectContaining({ code: 'state-already-registered' }),
    );
  });

  it('copies mutable elements in and out, so that the program shares nothing with the state', async () => {
    const backend = await createOperatorStateBackend();
    const list = backend.getListState(new ListStateDescriptor('pairs', { type: Pair }));
    const given = { a: 1, b: 'x' };
    list.add(given);
    given.a = 2;
    const [read] = [...list.get()];
    if (read !== undefined) read.b = 'changed';
    expect([...list.get()]).toEqual([{ a: 1, b: 'x' }]);
  });

  it('hands the same objects through when objects are reused', async () => {
    const backend = await createOperatorStateBackend([], { 'state.object-reuse': true });
    const list = backend.getListState(new ListStateDescriptor('pairs', { type: Pair }));
    const given = { a: 1, b: 'x' };
    list.add(given);
    expect([...list.get()][0]).toBe(given);
  });

  it('refuses undefined and changes nothing then', async () => {
    const backend = await createOperatorStateBackend();
    const list = backend.getListState(numbers('list'));
    list.add(1);
    const broken = [2, undefined as unknown as number];
    expect(() => list.addAll(broken)).toThrow(TypeError);
    expect(() => list.update(broken)).toThrow(TypeError);
    expect(() => list.add(undefined as unknown as number)).toThrow(TypeError);
    expect([...list.get()]).toEqual([1]);
    const map = backend.getBroadcastState(numberMap('map'));
    expect(() =>
      map.putAll([
        [1, 1],
        [2, undefined as unknown as number],
      ]),
    ).toThrow(TypeError);
    expect([...map.entries()]).toEqual([]);
  });

  it('shows a broadcast state to those who may not change it', async () => {
    const backend = await createOperatorStateBackend();
    const map = backend.getBroadcastState(new MapStateDescriptor('map', { key: string, value: Pair }));
    map.put('k', { a: 1, b: 'x' });
    const view = readOnlyBroadcastState(map);
    expect(view.contains('k')).toBe(true);
    expect('put' in view).toBe(false);
    for (const [, value] of view.immutableEntries()) value.a = 7;
    expect(view.get('k')).toEqual({ a: 1, b: 'x' });
  });

  it('refuses one state too many', async () => {
    const backend = await createOperatorStateBackend();
    for (let index = 0; index < 32_767; index++) backend.getListState(numbers(`s${index}`));
    expect(() => backend.getListState(numbers('one more'))).toThrow(
      expect.objectContaining({ code: 'too-many-states' }),
    );
  });

  it('refuses every access after close', async () => {
    const backend = await createOperatorStateBackend();
    const list = backend.getListState(numbers('list'));
    const map = backend.getBroadcastState(numberMap('map'));
    await backend.close();
    await backend.close();
    const closed = expect.objectContaining({ code: 'backend-closed' });
    expect(() => list.add(1)).toThrow(closed);
    expect(() => [...list.get()]).toThrow(closed);
    expect(() => map.put(1, 1)).toThrow(closed);
    expect(() => backend.getListState(numbers('list'))).toThrow(closed);
    expect(() => backend.snapshot(snapshotContext())).toThrow(closed);
  });
});

describe('snapshots of operator state', () => {
  it('OperatorStateBackendTest.testSnapshotEmpty: nothing registered gives no handle and opens no stream', async () => {
    const backend = await createOperatorStateBackend();
    const streams = new MemoryCheckpointStreams();
    expect(await backend.snapshot(snapshotContext(streams)).write()).toEqual({ jobManagerOwned: undefined });
    expect(streams.opened).toEqual([]);
  });

  it('OperatorStateBackendTest.testSnapshotBroadcastStateWithEmptyOperatorState: broadcast alone, changed, cleared', async () => {
    const descriptor = numberMap('broadcast');
    const first = await createOperatorStateBackend();
    first.getBroadcastState(descriptor).putAll([
      [1, 2],
      [3, 4],
      [5, 6],
    ]);
    const handle = await snapshotOf(first);
    expect(handle?.states).toEqual([{ name: 'broadcast', mode: 'BROADCAST', offsets: [12] }]);

    const second = await createOperatorStateBackend([handle ?? expect.fail('no handle')]);
    const restored = second.getBroadcastState(descriptor);
    expect([...restored]).toEqual([
      [1, 2],
      [3, 4],
      [5, 6],
    ]);
    restored.remove(1);

    const third = await createOperatorStateBackend([(await snapshotOf(second)) ?? expect.fail('no handle')]);
    expect([...third.getBroadcastState(descriptor)]).toEqual([
      [3, 4],
      [5, 6],
    ]);
    third.getBroadcastState(descriptor).clear();

    const fourth = await createOperatorStateBackend([(await snapshotOf(third)) ?? expect.fail('no handle')]);
    expect([...fourth.getBroadcastState(descriptor)]).toEqual([]);
  });

  it('OperatorStateBackendTest.testSnapshotRestoreAsync: what changes after the freeze is not in the snapshot', async () => {
    const pairs = new ListStateDescriptor('pairs', { type: Pair });
    const union = new ListStateDescriptor('union', { type: Pair });
    const map = new MapStateDescriptor('map', { key: Pair, value: Pair });
    const backend = await createOperatorStateBackend([], { 'state.object-reuse': true });
    const shared = { a: 1, b: 'one' };
    backend.getListState(pairs).update([shared, { a: 2, b: 'two' }]);
    backend.getUnionListState(union).update([{ a: 3, b: 'three' }]);
    backend.getBroadcastState(map).put({ a: 4, b: 'four' }, { a: 5, b: 'five' });

    const streams = new MemoryCheckpointStreams();
    streams.hold();
    const writing = backend.snapshot(snapshotContext(streams)).write();
    shared.b = 'changed';
    backend.getListState(pairs).add({ a: 9, b: 'new' });
    backend.getUnionListState(union).clear();
    backend.getBroadcastState(map).clear();
    backend.getListState(numbers('later')).add(1);
    streams.letGo();
    const handle = (await writing).jobManagerOwned ?? expect.fail('no handle');

    const restored = await createOperatorStateBackend([handle]);
    expect([...restored.getRegisteredStateNames()]).toEqual(['pairs', 'union']);
    expect([...restored.getListState(pairs).get()]).toEqual([
      { a: 1, b: 'one' },
      { a: 2, b: 'two' },
    ]);
    expect([...restored.getUnionListState(union).get()]).toEqual([{ a: 3, b: 'three' }]);
    expect([...restored.getBroadcastState(map)]).toEqual([
      [
        { a: 4, b: 'four' },
        { a: 5, b: 'five' },
      ],
    ]);
  });

  it('copies nothing at the freeze, and goes on with other lists and maps when they change', async () => {
    let copies = 0;
    const counting: TypeSerializer<{ n: number }> = {
      ...delegated(struct({ n: int32 })),
      copy: (value) => {
        copies++;
        return { ...value };
      },
    };
    const descriptor = new ListStateDescriptor('list', { type: counting });
    const backend = await createOperatorStateBackend();
    const list = backend.getListState(descriptor);
    const map = backend.getBroadcastState(new MapStateDescriptor('map', { key: int32, value: counting }));
    list.addAll([{ n: 1 }, { n: 2 }]);
    map.put(1, { n: 1 });
    copies = 0;
    const views = [backend.snapshot(snapshotContext())];
    expect(copies).toBe(0);
    list.add({ n: 3 });
    map.put(1, { n: 9 });
    map.remove(5);
    views.push(backend.snapshot(snapshotContext(undefined, { checkpointId: 2 })));
    list.clear();
    map.remove(1);
    views.push(backend.snapshot(snapshotContext(undefined, { checkpointId: 3 })));
    list.update([{ n: 4 }]);
    const seen = [];
    for (const view of views) {
      const restored = await createOperatorStateBackend([
        (await view.write()).jobManagerOwned ?? expect.fail('no handle'),
      ]);
      const restoredMap = restored.getBroadcastState(new MapStateDescriptor('map', { key: int32, value: counting }));
      seen.push([[...restored.getListState(descriptor).get()].map(({ n }) => n), restoredMap.get(1)?.n]);
    }
    expect(seen).toEqual([
      [[1, 2], 1],
      [[1, 2, 3], 9],
      [[], undefined],
    ]);
    expect([...list.get()]).toEqual([{ n: 4 }]);
  });

  it('OperatorStateBackendTest.testSnapshotAsyncClose: closing the backend ends a blocked snapshot', async () => {
    const backend = await createOperatorStateBackend();
    backend.getListState(numbers('list')).update([1, 2, 3]);
    const streams = new MemoryCheckpointStreams();
    streams.hold();
    const writing = backend.snapshot(snapshotContext(streams)).write();
    const outcome = expect(writing).rejects.toMatchObject({ code: 'snapshot-released' });
    await untilOpened(streams);
    await backend.close();
    await outcome;
    expect(streams.opened.map((stream: GatedStream) => stream.discarded)).toEqual([true]);
  });

  it('OperatorStateBackendTest.testSnapshotAsyncCancel: cancelling closes every stream that was opened', async () => {
    const backend = await createOperatorStateBackend();
    backend.getListState(numbers('list')).update([1, 2, 3]);
    const streams = new MemoryCheckpointStreams();
    streams.hold();
    const controller = new AbortController();
    const writing = backend.snapshot(snapshotContext(streams, { signal: controller.signal })).write();
    const outcome = expect(writing).rejects.toMatchObject({ code: 'checkpoint-aborted' });
    await untilOpened(streams);
    controller.abort();
    await outcome;
    expect(streams.opened.map((stream) => stream.discarded)).toEqual([true]);
    expect([...backend.getListState(numbers('list')).get()]).toEqual([1, 2, 3]);
  });

  it('names the state and the element that cannot be written, and leaves no stream', async () => {
    const backend = await createOperatorStateBackend();
    backend.getListState(numbers('counts')).update([1, 2.5]);
    const streams = new MemoryCheckpointStreams();
    const writing = backend.snapshot(snapshotContext(streams)).write();
    await expect(writing).rejects.toMatchObject({
      code: 'value-not-serializable',
      details: { stateName: 'counts', element: 1 },
    });
    expect(streams.opened.map((stream) => stream.discarded)).toEqual([true]);
  });

  it('gives the event loop back while it writes', async () => {
    const backend = await createOperatorStateBackend();
    backend.getListState(numbers('list')).update(Array.from({ length: 100_000 }, (_, index) => index));
    let yields = 0;
    const scheduler = { yieldNow: async () => void yields++, schedule: () => () => {} };
    let nowMs = 0;
    const clock = { nowMs: () => 0, monotonicMs: () => nowMs++ };
    const context = snapshotContext(undefined, { clock, scheduler });
    const { jobManagerOwned } = await backend.snapshot(context).write();
    expect(jobManagerOwned?.states[0]?.offsets.length).toBe(100_000);
    expect(yields).toBeGreaterThan(500);
    const restored = await createOperatorStateBackend([jobManagerOwned ?? expect.fail('no handle')]);
    expect([...restored.getListState(numbers('list')).get()].at(-1)).toBe(99_999);
  });
});

describe('restored operator state', () => {
  it.each([1, 1000])(
    'OperatorStateRestoreOperationTest.testMergeOperatorState: lists of two handles follow one another (%i elements)',
    async (count) => {
      const one = await createOperatorStateBackend();
      const values = Array.from({ length: count }, (_, index) => index);
      one.getListState(numbers('s1')).update(values);
      one.getUnionListState(numbers('s2')).update(values);
      const handle = (await snapshotOf(one)) ?? expect.fail('no handle');
      const merged = await createOperatorStateBackend([handle, handle]);
      expect([...merged.getListState(numbers('s1')).get()]).toEqual([...values, ...values]);
      expect([...merged.getUnionListState(numbers('s2')).get()]).toEqual([...values, ...values]);
    },
  );

  it('keeps what nobody asks for and writes it again unchanged', async () => {
    const one = await createOperatorStateBackend();
    one.getListState(new ListStateDescriptor('kept', { type: Pair })).update([
      { a: 1, b: 'x' },
      { a: 2, b: 'y' },
    ]);
    one.getBroadcastState(numberMap('kept map')).put(1, 2);
    one.getListState(numbers('used')).add(5);
    const two = await createOperatorStateBackend([(await snapshotOf(one)) ?? expect.fail('no handle')]);
    two.getListState(numbers('used')).add(6);
    expect([...two.getRegisteredStateNames()].sort()).toEqual(['kept', 'used']);
    expect([...two.getRegisteredBroadcastStateNames()]).toEqual(['kept map']);
    const three = await createOperatorStateBackend([(await snapshotOf(two)) ?? expect.fail('no handle')]);
    expect([...three.getListState(numbers('used')).get()]).toEqual([5, 6]);
    expect([...three.getListState(new ListStateDescriptor('kept', { type: Pair })).get()]).toEqual([
      { a: 1, b: 'x' },
      { a: 2, b: 'y' },
    ]);
    expect([...three.getBroadcastState(numberMap('kept map'))]).toEqual([[1, 2]]);
  });

  it('keeps two schemas of one unasked-for state apart, and migrates each when somebody asks', async () => {
    const older = await createOperatorStateBackend();
    older.getListState(new ListStateDescriptor('s', { type: struct({ n: int32 }) })).add({ n: 1 });
    const newer = await createOperatorStateBackend();
    newer.getListState(new ListStateDescriptor('s', { type: struct({ n: float64 }) })).add({ n: 2.5 });
    const handles = [
      (await snapshotOf(older)) ?? expect.fail('no handle'),
      (await snapshotOf(newer)) ?? expect.fail('no handle'),
    ];
    const carrier = await createOperatorStateBackend(handles);
    const carried = (await snapshotOf(carrier)) ?? expect.fail('no handle');
    expect(carried.states[0]?.offsets.length).toBe(2);
    const reader = await createOperatorStateBackend([carried]);
    const state = reader.getListState(new ListStateDescriptor('s', { type: struct({ n: float64 }) }));
    expect([...state.get()]).toEqual([{ n: 1 }, { n: 2.5 }]);
  });

  it('takes only the elements that a handle names', async () => {
    const one = await createOperatorStateBackend();
    one.getListState(numbers('list')).update([10, 20, 30, 40]);
    const handle = (await snapshotOf(one)) ?? expect.fail('no handle');
    const offsets = handle.states[0]?.offsets ?? [];
    const part = {
      ...handle,
      states: [{ name: 'list', mode: 'SPLIT_DISTRIBUTE' as const, offsets: [offsets[1] ?? -1, offsets[3] ?? -1] }],
    };
    const two = await createOperatorStateBackend([part]);
    expect([...two.getListState(numbers('list')).get()]).toEqual([20, 40]);
  });

  it('refuses another mode than the restored one, another type and another key type, with the way out', async () => {
    const one = await createOperatorStateBackend();
    one.getListState(numbers('list')).add(1);
    one.getBroadcastState(numberMap('map')).put(1, 2);
    const two = await createOperatorStateBackend([(await snapshotOf(one)) ?? expect.fail('no handle')]);
    expect(() => two.getUnionListState(numbers('list'))).toThrow(/restored as SPLIT_DISTRIBUTE.*getListState/);
    expect(() => two.getUnionListState(numbers('list'))).toThrow(
      expect.objectContaining({ code: 'state-type-incompatible' }),
    );
    expect(() => two.getListState(new ListStateDescriptor('list', { type: string }))).toThrow(
      expect.objectContaining({ code: 'value-serializer-incompatible' }),
    );
    expect(() => two.getBroadcastState(new MapStateDescriptor('map', { key: string, value: int32 }))).toThrow(
      expect.objectContaining({ code: 'key-serializer-incompatible' }),
    );
    expect([...two.getListState(numbers('list')).get()]).toEqual([1]);
  });

  it('refuses a whole stream that is not the one of the checkpoint', async () => {
    const one = await createOperatorStateBackend();
    one.getListState(numbers('list')).add(1);
    const a = (await snapshotOf(one)) ?? expect.fail('no handle');
    one.getListState(numbers('list')).update([2]);
    const b = (await snapshotOf(one)) ?? expect.fail('no handle');
    await expect(createOperatorStateBackend([{ ...a, stream: b.stream }])).rejects.toMatchObject({
      code: 'checksum-mismatch',
    });
  });

  it('refuses positions at which no element starts, or of no state', async () => {
    const one = await createOperatorStateBackend();
    one.getListState(numbers('list')).update([1, 2]);
    const handle = (await snapshotOf(one)) ?? expect.fail('no handle');
    const offsets = handle.states[0]?.offsets ?? [];
    const at = (positions: readonly number[], name = 'list') => ({
      ...handle,
      states: [{ name, mode: 'SPLIT_DISTRIBUTE' as const, offsets: positions }],
    });
    for (const wrong of [at([(offsets[0] ?? 0) + 1]), at([1_000_000]), at([], 'other'), at([...offsets, ...offsets])]) {
      await expect(createOperatorStateBackend([wrong])).rejects.toMatchObject({ code: 'snapshot-invalid' });
    }
  });
});

async function untilOpened(streams: MemoryCheckpointStreams): Promise<void> {
  while (streams.opened.length === 0) await new Promise((resolve) => setImmediate(resolve));
}

function delegated<T>(serializer: TypeSerializer<T>): TypeSerializer<T> {
  return {
    typeName: serializer.typeName,
    isImmutableType: serializer.isImmutableType,
    fixedLength: serializer.fixedLength,
    serialize: (value, output) => serializer.serialize(value, output),
    deserialize: (input) => serializer.deserialize(input),
    copy: (value) => serializer.copy(value),
    snapshot: () => serializer.snapshot(),
    resolveCompatibility: (previous) => serializer.resolveCompatibility(previous),
  };
}
