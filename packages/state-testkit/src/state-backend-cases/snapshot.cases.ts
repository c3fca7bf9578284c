// Snapshots: what a freeze shows, several at a time, giving them up, what they leave behind.

import {
  float64,
  int32,
  isStateError,
  ListStateDescriptor,
  MapStateDescriptor,
  string,
  ValueStateDescriptor,
} from '@tidemark/state-core';
import type { KeyedStateBackend, KeyedStateHandle } from '@tidemark/state-core/spi';
import { assertEqual, assertRejects, assertStateError, assertTrue } from '../conformance/assertions.js';
import type { StateBackendCase } from './state-backend-case.js';
import { plainState, type StateBackendHarness } from './state-backend-harness.js';

const numbers = new ValueStateDescriptor('numbers', { type: int32 });

function fill(backend: KeyedStateBackend<number>, count: number, toValue: (key: number) => number): void {
  const state = plainState(backend, numbers);
  for (let key = 0; key < count; key++) {
    backend.setCurrentKey(key);
    state.update(toValue(key));
  }
}

async function contents(
  harness: StateBackendHarness,
  handle: KeyedStateHandle | undefined,
  count: number,
): Promise<(number | undefined)[]> {
  const restored = await harness.createKeyed({ restore: [handle] });
  const state = plainState(restored, numbers);
  return Array.from({ length: count }, (_, key) => {
    restored.setCurrentKey(key);
    return state.value();
  });
}

/** Registers the state of the case and another one, reads all of the first, removes a third of it and changes a third. */
function registerAndChange(backend: KeyedStateBackend<number>): void {
  const state = plainState(backend, numbers);
  const other = plainState(backend, new ValueStateDescriptor('registered after the freeze', { type: int32 }));
  for (let key = 0; key < 300; key++) {
    backend.setCurrentKey(key);
    assertEqual(state.value(), key, `the value of key ${key}`);
    other.update(key);
    if (key % 3 === 0) state.clear();
    else if (key % 3 === 1) state.update(-key);
  }
}

/** Cases about snapshots. */
export const snapshotCases: readonly StateBackendCase[] = [
  {
    id: 'KSB-SNAPSHOT-01',
    title:
      'testAsyncSnapshot, RocksDBAsyncSnapshotTest.testFullyAsyncSnapshot: writes after the freeze are in the live state and not in the snapshot',
    async run(harness) {
      const backend = await harness.createKeyed();
      fill(backend, 10, (key) => key);
      const reached = harness.streams.hold();
      const view = backend.snapshot(harness.snapshotContext());
      fill(backend, 20, (key) => key + 1);
      const writing = view.write();
      fill(backend, 20, (key) => key + 2);
      await reached;
      fill(backend, 20, (key) => key + 3);
      harness.streams.letGo();
      const handle = (await writing).jobManagerOwned;
      assertEqual(
        await contents(harness, handle, 12),
        [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, undefined, undefined],
        'the snapshot',
      );
      const state = plainState(backend, numbers);
      for (let key = 0; key < 20; key++) {
        backend.setCurrentKey(key);
        assertEqual(state.value(), key + 3, `key ${key} live`);
      }
    },
  },
  {
    id: 'KSB-SNAPSHOT-02',
    title:
      'states that are registered, read and changed between the freeze and the writing are as they were at the freeze',
    async run(harness) {
      const first = await harness.createKeyed();
      fill(first, 300, (key) => key);
      const backend = await harness.restart(first);
      const view = backend.snapshot(harness.snapshotContext());
      registerAndChange(backend);
      const handle = (await view.write()).jobManagerOwned;
      assertEqual(
        await contents(harness, handle, 300),
        Array.from({ length: 300 }, (_, key) => key),
        'the snapshot',
      );
      const restored = await harness.createKeyed({ restore: [handle] });
      const names = restored.restoreReport.states.map(({ stateName }) => stateName);
      assertEqual(names, ['numbers'], 'states of the snapshot');
    },
  },
  {
    id: 'KSB-SNAPSHOT-03',
    title: 'the same of a checkpoint that builds on the one restored from, and of the one after it',
    requires: ['incrementalSnapshots'],
    async run(harness) {
      const first = await harness.createKeyed();
      fill(first, 300, (key) => key);
      const base = await harness.snapshot(first, { checkpointId: 1, sharing: 'forward' });
      const backend = await harness.createKeyed({ restore: [base], restoredCheckpointId: 1 });
      const increment = { sharing: 'forward-backward' } as const;
      const view = backend.snapshot(harness.snapshotContext({ ...increment, checkpointId: 2, base: 1 }));
      registerAndChange(backend);
      const second = (await view.write()).jobManagerOwned;
      const asBefore = Array.from({ length: 300 }, (_, key) => key);
      assertEqual(await contents(harness, second, 300), asBefore, 'the snapshot');
      const third = await harness.snapshot(backend, { ...increment, checkpointId: 3, base: 2 });
      const asNow = asBefore.map((key) => (key % 3 === 0 ? undefined : key % 3 === 1 ? -key : key));
      assertEqual(await contents(harness, third, 300), asNow, 'the next snapshot');
    },
  },
  {
    id: 'SNAPSHOT-01',
    title:
      'entries that are removed, removed and added again, or added after the freeze: the snapshot is as of the freeze',
    async run(harness) {
      const maps = new MapStateDescriptor('maps', { key: string, value: int32 });
      const lists = new ListStateDescriptor('lists', { type: int32 });
      const backend = await harness.createKeyed();
      const [values, map, list] = [plainState(backend, numbers), plainState(backend, maps), plainState(backend, lists)];
      for (let key = 0; key < 40; key++) {
        backend.setCurrentKey(key);
        values.update(key);
        map.putAll([
          ['a', key],
          ['b', key],
        ]);
        list.addAll([key, key + 1]);
      }
      const view = backend.snapshot(harness.snapshotContext());
      for (let key = 0; key < 60; key++) {
        backend.setCurrentKey(key);
        if (key % 4 === 0) for (const state of [values, map, list]) state.clear();
        if (key % 8 === 0) {
          values.update(-1);
          map.put('c', -1);
          list.add(-1);
        }
        if (key % 4 === 1) {
          map.remove('a');
          map.put('a', -2);
          list.add(-2);
        }
        if (key >= 40) values.update(-3);
      }
      const handle = (await view.write()).jobManagerOwned;
      const restored = await harness.createKeyed({ restore: [handle] });
      const [oldValues, oldMap, oldList] = [
        plainState(restored, numbers),
        plainState(restored, maps),
        plainState(restored, lists),
      ];
      for (let key = 0; key < 60; key++) {
        restored.setCurrentKey(key);
        const isThere = key < 40;
        assertEqual(oldValues.value(), isThere ? key : undefined, `value of key ${key}`);
        assertEqual(
          [...oldMap].sort(),
          isThere
            ? [
                ['a', key],
                ['b', key],
              ]
            : [],
          `map of key ${key}`,
        );
        assertEqual([...oldList.get()], isThere ? [key, key + 1] : [], `list of key ${key}`);
      }
    },
  },
  {
    id: 'SNAPSHOT-02',
    title:
      'testParallelAsyncSnapshots: a second snapshot completes while the first is held up, both as of their moments',
    requires: ['concurrentSnapshots'],
    async run(harness) {
      const backend = await harness.createKeyed();
      fill(backend, 10, (key) => key);
      const reached = harness.streams.hold();
      const first = backend.snapshot(harness.snapshotContext()).write();
      await reached;
      fill(backend, 20, (key) => key + 100);
      harness.streams.letGo();
      const second = await harness.snapshot(backend);
      fill(backend, 20, (key) => key + 200);
      const firstHandle = (await first).jobManagerOwned;
      assertEqual(await contents(harness, firstHandle, 11), [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, undefined], 'the first');
      assertEqual(
        await contents(harness, second, 11),
        Array.from({ length: 11 }, (_, key) => key + 100),
        'the second',
      );
    },
  },
  {
    id: 'SNAPSHOT-03',
    title: 'testParallelAsyncSnapshots: views that are written in another order than they were frozen',
    requires: ['concurrentSnapshots'],
    async run(harness) {
      const backend = await harness.createKeyed();
      fill(backend, 30, (key) => key);
      const first = backend.snapshot(harness.snapshotContext());
      fill(backend, 20, (key) => key + 100);
      const second = backend.snapshot(harness.snapshotContext());
      fill(backend, 10, (key) => key + 200);
      const secondHandle = (await second.write()).jobManagerOwned;
      const firstHandle = (await first.write()).jobManagerOwned;
      assertEqual(
        await contents(harness, firstHandle, 30),
        Array.from({ length: 30 }, (_, key) => key),
        'the first',
      );
      assertEqual(
        await contents(harness, secondHandle, 30),
        Array.from({ length: 30 }, (_, key) => (key < 20 ? key + 100 : key)),
        'the second',
      );
    },
  },
  {
    id: 'SNAPSHOT-04',
    title:
      'testAsyncSnapshotCancellation, RocksDBAsyncSnapshotTest.testCancelFullyAsyncCheckpoints: closing the backend gives a held-up snapshot up and leaves nothing open',
    async run(harness) {
      const backend = await harness.createKeyed();
      fill(backend, 10, (key) => key);
      const reached = harness.streams.hold();
      const writing = backend.snapshot(harness.snapshotContext()).write();
      const outcome = writing.then(
        () => 'written',
        (error: unknown) => (isStateError(error) ? error.code : 'other'),
      );
      await reached;
      await backend.close();
      assertTrue(
        ['checkpoint-aborted', 'snapshot-released'].includes(await outcome),
        `the outcome is ${await outcome}`,
      );
      assertEqual(harness.streams.open, 0, 'open streams');
    },
  },
  {
    id: 'SNAPSHOT-05',
    title:
      'EmbeddedRocksDBStateBackendTest.testCancelRunningSnapshot: a snapshot whose signal fires rejects, leaves nothing open, and the state goes on',
    async run(harness) {
      const backend = await harness.createKeyed();
      fill(backend, 10, (key) => key);
      const controller = new AbortController();
      const reached = harness.streams.hold();
      const writing = backend.snapshot(harness.snapshotContext({ signal: controller.signal })).write();
      await reached;
      fill(backend, 10, (key) => key + 1);
      controller.abort();
      await assertRejects(writing, 'checkpoint-aborted', 'the aborted snapshot');
      harness.streams.letGo();
      assertEqual(harness.streams.open, 0, 'open streams');
      fill(backend, 5, (key) => key + 2);
      const handle = await harness.snapshot(backend);
      assertEqual(await contents(harness, handle, 10), [2, 3, 4, 5, 6, 6, 7, 8, 9, 10], 'the next snapshot');
    },
  },
  {
    id: 'SNAPSHOT-06',
    title:
      'EmbeddedRocksDBStateBackendTest.testDismissingSnapshot, EmbeddedRocksDBStateBackendTest.testDismissingSnapshotNotRunnable: a view that was released cannot be written; releasing twice and after writing is harmless',
    async run(harness) {
      const backend = await harness.createKeyed();
      fill(backend, 10, (key) => key);
      const released = backend.snapshot(harness.snapshotContext());
      released.release();
      released.release();
      await assertRejects(released.write(), 'snapshot-released', 'write() after release()');
      const written = backend.snapshot(harness.snapshotContext());
      const handle = (await written.write()).jobManagerOwned;
      written.release();
      assertEqual((await contents(harness, handle, 1))[0], 0, 'the handle after release()');
    },
  },
  {
    id: 'SNAPSHOT-07',
    title: 'as many snapshots as the backend declares run at a time, one more is refused until one has ended',
    async run(harness) {
      const backend = await harness.createKeyed();
      fill(backend, 3, (key) => key);
      const { maxConcurrentSnapshots } = harness.backend.capabilities;
      const views = Array.from({ length: maxConcurrentSnapshots }, () => backend.snapshot(harness.snapshotContext()));
      assertStateError(() => backend.snapshot(harness.snapshotContext()), 'too-many-concurrent-snapshots', 'one more', [
        String(maxConcurrentSnapshots),
      ]);
      views[0]?.release();
      const again = backend.snapshot(harness.snapshotContext());
      for (const view of [...views, again]) view.release();
    },
  },
  {
    id: 'SNAPSHOT-08',
    title: 'testEmptyStateCheckpointing: without any state there is no handle; restoring nothing works',
    async run(harness) {
      const backend = await harness.createKeyed();
      const handle = await harness.snapshot(backend);
      assertEqual(handle, undefined, 'the handle');
      assertEqual(harness.streams.purposes.length, 0, 'streams opened');
      const restored = await harness.createKeyed({ restore: [handle] });
      restored.setCurrentKey(1);
      assertEqual(plainState(restored, numbers).value(), undefined, 'the restored state');
    },
  },
  {
    id: 'SNAPSHOT-09',
    title: 'a state that is registered and empty is a snapshot',
    async run(harness) {
      const backend = await harness.createKeyed();
      plainState(backend, numbers);
      const handle = await harness.snapshot(backend);
      assertTrue(handle !== undefined, 'no handle');
      const restored = await harness.createKeyed({ restore: [handle] });
      assertEqual(
        restored.restoreReport.states.map(({ stateName }) => stateName),
        ['numbers'],
        'restored states',
      );
      assertEqual(restored.numKeyValueStateEntries(), 0, 'entries');
    },
  },
  {
    id: 'SNAPSHOT-10',
    title:
      'RocksDBAsyncSnapshotTest.testCleanupOfSnapshotsInFailureCase: a failing storage fails the snapshot, leaves nothing open, and the next snapshot works',
    async run(harness) {
      const backend = await harness.createKeyed();
      fill(backend, 10, (key) => key);
      const failing = {
        createCheckpointStateOutputStream: async (
          ...parameters: Parameters<typeof harness.streams.createCheckpointStateOutputStream>
        ) => {
          const stream = await harness.streams.createCheckpointStateOutputStream(...parameters);
          await stream.close();
          return stream;
        },
      };
      await assertRejects(harness.snapshot(backend, { streams: failing }), 'stream-closed', 'with a closed stream');
      fill(backend, 10, (key) => key + 1);
      assertEqual(await contents(harness, await harness.snapshot(backend), 2), [1, 2], 'the next snapshot');
    },
  },
  {
    id: 'SNAPSHOT-11',
    title: 'a value outside its type fails the snapshot with the name of the state, or earlier',
    async run(harness) {
      const backend = await harness.createKeyed();
      const state = plainState(backend, new ValueStateDescriptor('broken', { type: float64 }));
      backend.setCurrentKey(1);
      const attempt = async (): Promise<void> => {
        state.update('no number' as never);
        await harness.snapshot(backend);
      };
      await assertRejects(attempt(), 'value-not-serializable', 'a text where a number belongs', ['broken']);
      state.update(1);
      assertTrue((await harness.snapshot(backend)) !== undefined, 'no handle after the value was mended');
    },
  },
  {
    id: 'SNAPSHOT-15',
    title: 'what is changed, appended, replaced and removed beside a snapshot is in the next one, once',
    async run(harness) {
      const maps = new MapStateDescriptor('maps', { key: string, value: int32 });
      const lists = new ListStateDescriptor('lists', { type: int32 });
      const backend = await harness.createKeyed();
      const change = (round: number): void => {
        const [values, map, list] = [
          plainState(backend, numbers),
          plainState(backend, maps),
          plainState(backend, lists),
        ];
        for (let key = 0; key < 48; key++) {
          backend.setCurrentKey(key);
          // Some change in every round, some in this one or that, some never again.
          const way = round === 0 ? 0 : (key + round) % 6;
          if (way === 0) {
            values.update(key + round * 1000);
            map.put(`in round ${round}`, round);
            list.add(round);
          } else if (way === 1) {
            values.clear();
            map.remove('in round 0');
            list.update([round, round]);
          } else if (way === 2) {
            map.clear();
            map.put('after a clear', round);
            list.clear();
          } else if (way === 3) {
            list.clear();
            list.add(-round);
            values.clear();
            values.update(-1 - key);
          }
        }
      };
      const read = (from: KeyedStateBackend<number>): unknown[] => {
        const [values, map, list] = [plainState(from, numbers), plainState(from, maps), plainState(from, lists)];
        return Array.from({ length: 48 }, (_, key) => {
          from.setCurrentKey(key);
          return [values.value(), Object.fromEntries([...map].sort()), [...list.get()]];
        });
      };
      change(0);
      const before = read(backend);
      const reached = harness.streams.hold();
      const view = backend.snapshot(harness.snapshotContext());
      change(1);
      const writing = view.write();
      await reached;
      change(2);
      change(3);
      harness.streams.letGo();
      const first = (await writing).jobManagerOwned;
      const now = read(backend);
      const second = await harness.snapshot(backend);
      change(4);
      const restored = async (handle: KeyedStateHandle | undefined): Promise<unknown[]> =>
        read(await harness.createKeyed({ restore: [handle] }));
      assertEqual(await restored(first), before, 'the first snapshot');
      assertEqual(await restored(second), now, 'the next one');
      assertEqual(await restored(await harness.snapshot(backend)), read(backend), 'the one after it');
    },
  },
  {
    id: 'SB-SNAPSHOT-01',
    title:
      'a full snapshot is one handle of the portable format: range, max parallelism, digests that tell contents apart',
    async run(harness) {
      const digests = async (toValue: (key: number) => number, order: readonly number[]): Promise<unknown> => {
        const backend = await harness.createKeyed();
        const state = plainState(backend, numbers);
        for (const key of order) {
          backend.setCurrentKey(key);
          state.update(toValue(key));
        }
        const handle = (await harness.snapshot(backend)) as KeyedStateHandle;
        assertEqual(handle.keyGroupRange, { first: 0, last: 9 }, 'the range');
        assertEqual(handle.maxParallelism, 10, 'the max parallelism');
        assertTrue(handle.digests !== undefined, 'no digests');
        return handle.digests;
      };
      const ascending = Array.from({ length: 50 }, (_, key) => key);
      const descending = [...ascending].reverse();
      const expected = await digests((key) => key, ascending);
      assertEqual(
        await digests((key) => key, descending),
        expected,
        'the digests of the same contents, written in another order',
      );
      const other = await digests((key) => (key === 7 ? 8 : key), ascending);
      assertTrue(JSON.stringify(other) !== JSON.stringify(expected), 'other contents have the same digests');
    },
  },
];
