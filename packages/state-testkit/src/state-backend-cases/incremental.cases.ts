// Increments: what a checkpoint writes when it is told which earlier one it may build on.

import { int32, ListStateDescriptor, MapStateDescriptor, string, ValueStateDescriptor } from '@tidemark/state-core';
import type { KeyedStateBackend } from '@tidemark/state-core/spi';
import { assertEqual, assertTrue } from '../conformance/assertions.js';
import { IncrementalChain, range, underKeys } from './incremental-chain.js';
import type { StateBackendCase } from './state-backend-case.js';
import type { StateBackendHarness } from './state-backend-harness.js';

const numbers = new ValueStateDescriptor('numbers', { type: int32 });
const texts = new ListStateDescriptor('texts', { type: string });
const ages = new MapStateDescriptor('ages', { key: string, value: int32 });

const KEYS = 2000;

function put(backend: KeyedStateBackend<number>, keys: Iterable<number>, value: number): void {
  underKeys(backend, numbers, keys, (state) => state.update(value));
}

function remove(backend: KeyedStateBackend<number>, keys: Iterable<number>): void {
  underKeys(backend, numbers, keys, (state) => state.clear());
}

function valuesOf(backend: KeyedStateBackend<number>, keys: Iterable<number>): (number | undefined)[] {
  const values: (number | undefined)[] = [];
  underKeys(backend, numbers, keys, (state) => values.push(state.value() ?? undefined));
  return values;
}

async function chainOf(harness: StateBackendHarness, numberOfKeyGroups = 10): Promise<IncrementalChain> {
  return new IncrementalChain(harness, await harness.createKeyed({ numberOfKeyGroups }));
}

const requires = ['incrementalSnapshots'] as const;

/** Cases about increments. */
export const incrementalCases: readonly StateBackendCase[] = [
  {
    id: 'KSB-INCREMENT-01',
    title: 'an increment writes what changed and names the rest; entries that went are gone',
    requires,
    async run(harness) {
      const chain = await chainOf(harness);
      const { backend } = chain;
      put(backend, range(0, KEYS), 1);
      const full = await chain.take();
      assertTrue(
        full.segments.every(({ scope }) => scope === 'shared'),
        'every segment may be built upon',
      );
      assertEqual(full.baseCheckpointId, undefined, 'the base of a full image');
      put(backend, range(0, 20), 2);
      remove(backend, range(20, 40));
      put(backend, range(KEYS, KEYS + 10), 3);
      const increment = await chain.take(1);
      assertEqual(increment.baseCheckpointId, 1, 'the base');
      assertTrue(
        increment.checkpointedSizeBytes < full.checkpointedSizeBytes / 4,
        `${increment.checkpointedSizeBytes} bytes were written for 50 of ${KEYS} changes; a full image has ${full.checkpointedSizeBytes}`,
      );
      const restored = await chain.restore(increment);
      assertEqual(valuesOf(restored, range(0, 20)), new Array(20).fill(2), 'updated values');
      assertEqual(valuesOf(restored, range(20, 40)), new Array(20).fill(undefined), 'removed values');
      assertEqual(valuesOf(restored, range(40, KEYS)), new Array(KEYS - 40).fill(1), 'untouched values');
      assertEqual(valuesOf(restored, range(KEYS, KEYS + 10)), new Array(10).fill(3), 'new values');
      assertEqual(restored.numKeyValueStateEntries(), KEYS - 10, 'entries');
    },
  },
  {
    id: 'KSB-INCREMENT-02',
    title: 'nothing changed, nothing is written',
    requires,
    async run(harness) {
      const chain = await chainOf(harness);
      put(chain.backend, range(0, 100), 1);
      const full = await chain.take();
      const streams = harness.streams.purposes.length;
      const same = await chain.take(1);
      assertEqual(harness.streams.purposes.length, streams, 'streams');
      assertEqual(same.checkpointedSizeBytes, 0, 'bytes written');
      assertEqual(same.segments, full.segments, 'the segments that are named');
      assertEqual(valuesOf(await chain.restore(same), range(0, 100)), new Array(100).fill(1), 'values');
    },
  },
  {
    id: 'KSB-INCREMENT-03',
    title: 'aborted and failed checkpoints, savepoints and lost notifications forget nothing',
    requires,
    async run(harness) {
      const chain = await chainOf(harness);
      const { backend } = chain;
      put(backend, range(0, KEYS), 1);
      await chain.take();
      put(backend, [1], 2);
      remove(backend, [2]);
      // Written, and then given up: nobody may build on it.
      await chain.take(1);
      await backend.notifyCheckpointAborted(2);
      put(backend, [3], 2);
      remove(backend, [4]);
      const savepoint = await harness.snapshot(backend, { checkpointId: ++chain.checkpointId, kind: 'savepoint' });
      assertEqual(savepoint?.kind, 'key-groups', 'the kind of a savepoint');
      assertTrue(
        savepoint?.segments.every(({ scope }) => scope === 'exclusive') ?? false,
        'a savepoint shares nothing',
      );
      put(backend, [5], 2);
      remove(backend, [6]);
      backend.snapshot(harness.snapshotContext(chain.next(1))).release();
      // A checkpoint that completes without anybody hearing of it.
      await chain.take(1);
      put(backend, [7], 2);
      const last = await chain.take(1);
      await backend.notifyCheckpointComplete(5);
      const restored = await chain.restore(last);
      assertEqual(valuesOf(restored, range(1, 9)), [2, undefined, 2, undefined, 2, undefined, 2, 1], 'values');
      put(backend, [8], 2);
      const continued = await chain.restore(await chain.take(6));
      assertEqual(valuesOf(continued, range(1, 9)), [2, undefined, 2, undefined, 2, undefined, 2, 2], 'values later');
    },
  },
  {
    id: 'KSB-INCREMENT-04',
    title: 'a base that is not known, or was passed by a later one, is answered with full images',
    requires,
    async run(harness) {
      const chain = await chainOf(harness);
      const { backend } = chain;
      put(backend, range(0, 100), 1);
      for (const base of [undefined, 1, 2]) {
        put(backend, [0], chain.checkpointId);
        await chain.take(base);
      }
      chain.checkpointId = 9;
      const [passed, unknown] = [await chain.take(1), await chain.take(5)];
      for (const handle of [passed, unknown]) {
        assertEqual(handle.baseCheckpointId, undefined, 'the base');
        assertEqual(
          new Set(handle.segments.map(({ checkpointId }) => checkpointId)).size,
          1,
          'checkpoints it consists of',
        );
        assertEqual(valuesOf(await chain.restore(handle), range(1, 100)), new Array(99).fill(1), 'values');
      }
    },
  },
  {
    id: 'KSB-INCREMENT-05',
    title: 'an entry that goes and comes again, in one epoch or over several, is what it was last',
    requires,
    async run(harness) {
      const chain = await chainOf(harness, 1);
      const { backend } = chain;
      put(backend, range(0, 50), 1);
      await chain.take();
      remove(backend, [1, 2, 3, 4]);
      put(backend, [1, 2], 2);
      await chain.take(1);
      remove(backend, [2]);
      put(backend, [3], 3);
      put(backend, [60], 1);
      remove(backend, [60]);
      const last = await chain.take(1);
      const restored = await chain.restore(last);
      assertEqual(valuesOf(restored, range(0, 6)), [1, 2, undefined, 3, undefined, 1], 'values');
      assertEqual(valuesOf(restored, [60]), [undefined], 'one that came and went');
    },
  },
  {
    id: 'KSB-INCREMENT-06',
    title: 'one element appended to a long list, and one entry put into a large map, are written alone',
    requires,
    async run(harness) {
      const chain = await chainOf(harness, 1);
      const { backend } = chain;
      underKeys(backend, texts, [1, 2, 3], (state) => state.update(range(0, 5000).map((index) => `element ${index}`)));
      underKeys(backend, ages, [1, 2], (state) => state.putAll(range(0, 5000).map((age) => [`name ${age}`, age])));
      const full = await chain.take();
      underKeys(backend, texts, [1], (state) => state.add('appended'));
      underKeys(backend, ages, [1], (state) => {
        state.put('new', 1);
        state.remove('name 7');
      });
      const increment = await chain.take(1);
      assertTrue(increment.checkpointedSizeBytes < 8192, `${increment.checkpointedSizeBytes} bytes for three entries`);
      assertTrue(full.checkpointedSizeBytes > 200_000, 'the state is large');
      underKeys(backend, texts, [1], (state) => state.add('and another'));
      underKeys(backend, texts, [2], (state) => state.update(['replaced']));
      underKeys(backend, texts, [3], (state) => state.clear());
      underKeys(backend, ages, [2], (state) => {
        state.clear();
        state.put('only', 1);
      });
      const next = await chain.take(2);
      assertTrue(
        next.checkpointedSizeBytes < 8192,
        `${next.checkpointedSizeBytes} bytes for a list, a map and an element`,
      );
      const restored = await chain.restore(next);
      underKeys(restored, texts, [1], (state) => {
        assertEqual(
          [...state.get()].slice(4998),
          ['element 4998', 'element 4999', 'appended', 'and another'],
          'the tail',
        );
      });
      underKeys(restored, texts, [2], (state) =>
        assertEqual([...state.get()], ['replaced'], 'a list that was replaced'),
      );
      underKeys(restored, texts, [3], (state) => assertEqual([...state.get()], [], 'a list that went'));
      underKeys(restored, ages, [1], (state) => {
        assertEqual([state.get('new'), state.get('name 7'), [...state.keys()].length], [1, undefined, 5000], 'the map');
      });
      underKeys(restored, ages, [2], (state) => assertEqual([...state.entries()], [['only', 1]], 'a cleared map'));
    },
  },
  {
    id: 'KSB-INCREMENT-07',
    title: 'the restored checkpoint may be the base; what was not touched since is not written',
    requires,
    async run(harness) {
      const chain = await chainOf(harness);
      put(chain.backend, range(0, KEYS), 1);
      underKeys(chain.backend, ages, range(0, KEYS), (state) => state.put('a', 1));
      await chain.take();
      put(chain.backend, range(0, 10), 2);
      const second = await chain.take(1);
      const restored = new IncrementalChain(harness, await chain.restore(second, 2), 2);
      put(restored.backend, [5, 11], 3);
      remove(restored.backend, [6]);
      const third = await restored.take(2);
      assertTrue(third.checkpointedSizeBytes < 4096, `${third.checkpointedSizeBytes} bytes for three changes`);
      assertEqual(third.segments.slice(0, 2), second.segments, 'the segments of the restored checkpoint are named');
      const again = await chain.restore(third);
      assertEqual(valuesOf(again, range(4, 13)), [2, 3, undefined, 2, 2, 2, 1, 3, 1], 'values');
      underKeys(again, ages, range(0, KEYS), (state, key) => assertEqual(state.get('a'), 1, `the map of ${key}`));
    },
  },
  {
    id: 'KSB-INCREMENT-08',
    title: 'several checkpoints at once on one base, finished in any order',
    requires: [...requires, 'concurrentSnapshots'],
    async run(harness) {
      const chain = await chainOf(harness, 2);
      const { backend } = chain;
      put(backend, range(0, 200), 1);
      await chain.take();
      put(backend, range(0, 10), 2);
      remove(backend, [50]);
      const second = backend.snapshot(harness.snapshotContext(chain.next(1)));
      put(backend, range(5, 15), 3);
      remove(backend, [51]);
      const third = backend.snapshot(harness.snapshotContext(chain.next(1)));
      put(backend, range(0, 200), 4);
      const handles = [(await third.write()).jobManagerOwned, (await second.write()).jobManagerOwned];
      const expected = [
        [...new Array(5).fill(2), ...new Array(10).fill(3), ...new Array(35).fill(1), undefined, undefined, 1],
        [...new Array(10).fill(2), ...new Array(40).fill(1), undefined, 1, 1],
      ];
      for (const [index, handle] of handles.entries()) {
        const restored = await chain.restore(handle as never);
        assertEqual(valuesOf(restored, range(0, 53)), expected[index], index === 0 ? 'the third' : 'the second');
      }
    },
  },
  {
    id: 'KSB-INCREMENT-09',
    title:
      'EmbeddedRocksDBStateBackendTest.testSmallFilesCompaction: chains are bounded: after hundreds of checkpoints a key group is read from few segments, in few bytes',
    requires,
    async run(harness) {
      const chain = await chainOf(harness, 8);
      const { backend } = chain;
      put(backend, range(0, 400), 0);
      let last = await chain.take();
      let [written, most] = [last.checkpointedSizeBytes, 0];
      for (let round = 1; round <= 300; round++) {
        put(backend, [round % 400, (round * 7) % 400], round);
        remove(backend, [(round * 13) % 400]);
        last = await chain.take(chain.checkpointId);
        written += last.checkpointedSizeBytes;
        most = Math.max(most, last.segments.length);
      }
      assertTrue(most <= 80, `a checkpoint consisted of ${most} segments`);
      assertTrue(written < 300 * 3000, `${written} bytes were written for 900 changes`);
      const restored = await chain.restore(last);
      assertEqual(valuesOf(restored, range(0, 400)), valuesOf(backend, range(0, 400)), 'values');
    },
  },
  {
    id: 'KSB-INCREMENT-10',
    title: 'what is removed between checkpoints that nobody builds on takes no memory for ever',
    requires,
    async run(harness) {
      const chain = await chainOf(harness, 1);
      const { backend } = chain;
      put(backend, [0], 0);
      const first = await chain.take();
      for (let round = 0; round < 40; round++) {
        put(backend, range(1000 * round, 1000 * (round + 1)), round);
        await chain.take();
        remove(backend, range(1000 * round, 1000 * (round + 1)));
      }
      // Whether the first base can still be served or not: what comes out is right.
      chain.checkpointId = 100;
      const last = await chain.take(1);
      assertTrue(last.checkpointedSizeBytes < 64_000, `${last.checkpointedSizeBytes} bytes for what is empty`);
      assertTrue(first.segments.length === 1, 'the first is one segment');
      assertEqual((await chain.restore(last)).numKeyValueStateEntries(), 0, 'entries');
    },
  },
  {
    id: 'KSB-INCREMENT-11',
    title: 'states that nobody registers are in every increment, also when their key groups are written anew',
    requires,
    async run(harness) {
      const chain = await chainOf(harness, 2);
      put(chain.backend, range(0, 100), 1);
      underKeys(chain.backend, texts, range(0, 100), (state, key) => state.add(`of ${key}`));
      const first = await chain.take();
      const next = new IncrementalChain(harness, await chain.restore(first, 1), 1);
      let last = first;
      for (let round = 0; round < 90; round++) {
        put(next.backend, range(0, 100), round);
        last = await next.take(next.checkpointId);
      }
      assertTrue(
        last.segments.every(({ checkpointId }) => checkpointId > 1),
        'the restored segments are not read any more',
      );
      const restored = await chain.restore(last);
      underKeys(restored, texts, range(0, 100), (state, key) => assertEqual([...state.get()], [`of ${key}`], 'a list'));
      assertEqual(valuesOf(restored, range(0, 100)), new Array(100).fill(89), 'values');
    },
  },
  {
    id: 'KSB-INCREMENT-12',
    title: 'on a base from long ago an increment has everything since, also what changed first and what came and went',
    requires,
    async run(harness) {
      const chain = await chainOf(harness, 1);
      const { backend } = chain;
      const large = new ValueStateDescriptor('large', { type: string });
      const setLarge = (round: number): void =>
        underKeys(backend, large, range(0, 10), (state) => state.update(`${round}`.padEnd(20_000, '.')));
      put(backend, range(0, 400), 0);
      setLarge(0);
      underKeys(backend, large, range(10, 400), (state) => state.update('small'));
      underKeys(backend, texts, range(0, 400), (state) => state.add('of the base'));
      await chain.take();
      put(backend, [150], 1);
      underKeys(backend, large, [150], (state) => state.update('changed once'));
      underKeys(backend, texts, [1, 2], (state) => state.add('came'));
      await chain.take();
      underKeys(backend, texts, [1], (state) => state.clear());
      underKeys(backend, texts, [2], (state) => state.update(['replaced']));
      // Far more bytes than the state has, of a few entries.
      for (let round = 1; round <= 8; round++) {
        setLarge(round);
        await chain.take();
      }
      const restored = await chain.restore(await chain.take(1));
      assertEqual(valuesOf(restored, range(149, 152)), [0, 1, 0], 'a number that changed first');
      const read = (keys: Iterable<number>): unknown[] => {
        const found: unknown[] = [];
        underKeys(restored, large, keys, (state) => found.push(state.value()?.slice(0, 12)));
        return found;
      };
      assertEqual(read([150, 151]), ['changed once', 'small'], 'a text that changed first');
      assertEqual(read([0, 9]), ['8...........', '8...........'], 'texts that changed often');
      const lists: unknown[] = [];
      underKeys(restored, texts, [0, 1, 2], (state) => lists.push([...state.get()]));
      assertEqual(lists, [['of the base'], [], ['replaced']], 'lists that came and went');
    },
  },
];
