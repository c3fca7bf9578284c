// Time to live where it goes beyond Flink's tests: defaults, single elements and entries, what snapshots see, cleanup that
// nobody asks for.

import { int32, list, ReducingStateDescriptor, ValueStateDescriptor } from '@tidemark/state-core';
import { assertEqual, assertTrue } from '../conformance/assertions.js';
import type { StateBackendCase } from './state-backend-case.js';
import { elements, entries, ttlOf, value } from './ttl-descriptors.js';
import { TTL_MS, TtlDrill } from './ttl-drill.js';

const RELAXED = { stateVisibility: 'ReturnExpiredIfNotCleanedUp' } as const;

const visibilityCases: readonly StateBackendCase[] = [
  {
    id: 'TTL-20',
    title: 'an absent and an expired value give the default, whatever the visibility',
    async run(harness) {
      for (const stateVisibility of ['NeverReturnExpired', 'ReturnExpiredIfNotCleanedUp'] as const) {
        const drill = await TtlDrill.begin(harness);
        const state = drill.state(
          new ValueStateDescriptor('value', { type: int32, defaultValue: 7, ...ttlOf({ stateVisibility }) }),
        );
        assertEqual(state.value(), 7, 'absent');
        state.update(1);
        drill.at(TTL_MS);
        if (stateVisibility !== 'NeverReturnExpired') assertEqual(state.value(), 1, 'expired, given once');
        assertEqual(state.value(), 7, 'expired');
        state.update(2);
        assertEqual(state.value(), 2, 'written again');
        state.update(undefined);
        assertEqual([state.value(), drill.entries], [7, 0], 'update(undefined)');
      }
    },
  },
  {
    id: 'TTL-21',
    title: 'an entry lives as long as stamp + ttl is after the time, not at it',
    async run(harness) {
      const drill = await TtlDrill.begin(harness);
      const state = drill.at(10).state(value());
      state.update(1);
      drill.at(10 + TTL_MS - 1);
      assertEqual(state.value(), 1, 'one millisecond before');
      drill.at(10 + TTL_MS);
      assertEqual(state.value(), undefined, 'at it');
    },
  },
  {
    id: 'TTL-22',
    title: 'the time stands still while one record is handled',
    async run(harness) {
      const drill = await TtlDrill.begin(harness);
      const state = drill.state(value());
      state.update(1);
      drill.clock.setMs(TTL_MS);
      assertEqual(state.value(), 1, 'within the record');
      drill.withKey(1);
      assertEqual(state.value(), undefined, 'in the next');
    },
  },
  {
    id: 'TTL-23',
    title: 'elements of a list expire one by one; the rest keeps its order',
    async run(harness) {
      const drill = await TtlDrill.begin(harness);
      const state = drill.state(elements());
      state.add(1);
      drill.at(40);
      state.addAll([2, 3]);
      drill.at(20);
      state.add(4);
      drill.at(110);
      assertEqual([...state.get()], [2, 3, 4], 'at 110');
      await drill.restart();
      const restored = drill.at(120).state(elements());
      assertEqual([...restored.get()], [2, 3], 'at 120, the clock went back for one of them');
      restored.add(5);
      drill.at(140);
      assertEqual([...restored.get()], [5], 'at 140');
      drill.at(220);
      assertEqual([[...restored.get()], drill.entries], [[], 0], 'at 220');
    },
  },
  {
    id: 'TTL-24',
    title: 'a list that may give expired elements gives them until all have expired, once more, and goes',
    async run(harness) {
      const drill = await TtlDrill.begin(harness);
      const state = drill.state(elements(RELAXED));
      state.add(1);
      drill.at(50);
      state.add(2);
      drill.at(120);
      assertEqual([...state.get()], [1, 2], 'one has expired');
      assertEqual([...state.get()], [1, 2], 'and is given again');
      drill.at(150);
      assertEqual([...state.get()], [1, 2], 'all have expired');
      assertEqual([[...state.get()], drill.entries], [[], 0], 'the next time');
    },
  },
  {
    id: 'TTL-25',
    title: 'reading a list that reads renew leaves what has not expired, all with the time of the read',
    async run(harness) {
      const drill = await TtlDrill.begin(harness);
      const state = drill.state(elements({ updateType: 'OnReadAndWrite', ...RELAXED }));
      state.add(1);
      drill.at(50);
      state.add(2);
      drill.at(120);
      assertEqual([...state.get()], [1, 2], 'one has expired and is given');
      assertEqual([...state.get()], [2], 'and is gone');
      drill.at(219);
      assertEqual([...state.get()], [2], 'renewed at 120');
    },
  },
  {
    id: 'TTL-26',
    title: 'entries of a map expire one by one, seen through every access',
    async run(harness) {
      const drill = await TtlDrill.begin(harness);
      const state = drill.state(entries());
      state.put(1, 10);
      drill.at(50);
      state.put(2, 20);
      drill.at(120);
      assertEqual([...state.entries()], [[2, 20]], 'entries()');
      assertEqual([[...state.keys()], [...state.values()]], [[2], [20]], 'keys() and values()');
      assertEqual([state.get(1), state.contains(1), state.contains(2)], [undefined, false, true], 'single entries');
      assertEqual(state.isEmpty(), false, 'isEmpty() with one left');
      drill.at(150);
      assertEqual(state.isEmpty(), true, 'isEmpty() with expired entries alone');
      assertEqual(drill.entries, 0, 'what is left');
    },
  },
  {
    id: 'TTL-27',
    title: 'a walk over a map renews what reads renew, and changes through the iterator are writes',
    async run(harness) {
      const drill = await TtlDrill.begin(harness);
      const state = drill.state(entries({ updateType: 'OnReadAndWrite' }));
      for (const key of [1, 2, 3]) state.put(key, key);
      drill.at(60);
      const walk = state.entries();
      for (let next = walk.next(); !next.done; next = walk.next()) {
        if (next.value[0] === 2) walk.remove();
        if (next.value[0] === 3) walk.setValue(33);
      }
      drill.at(159);
      assertEqual(
        [...state.entries()].sort(),
        [
          [1, 1],
          [3, 33],
        ],
        'at 159',
      );
      drill.at(200);
      assertTrue(state.contains(1), 'contains() counts as a read, at 200');
      drill.at(299);
      assertEqual([state.get(1), state.get(3)], [1, undefined], 'at 299');
    },
  },
  {
    id: 'TTL-28',
    title: 'a map that may give expired entries gives each once; removing it through the iterator is harmless',
    async run(harness) {
      const drill = await TtlDrill.begin(harness);
      const state = drill.state(entries(RELAXED));
      for (const key of [1, 2, 3]) state.put(key, key);
      drill.at(TTL_MS);
      assertEqual([state.get(1), state.get(1)], [1, undefined], 'get()');
      assertEqual([state.contains(2), state.contains(2)], [true, false], 'contains()');
      assertEqual(state.isEmpty(), false, 'isEmpty() while one may still be given');
      const walk = state.entries();
      assertEqual(walk.next().value, [3, 3], 'the walk');
      walk.remove();
      assertEqual([walk.next().done, state.isEmpty(), drill.entries], [true, true, 0], 'afterwards');
      state.put(4, 4);
      drill.at(2 * TTL_MS);
      const second = state.entries();
      assertEqual(second.next().value, [4, 4], 'the second walk');
      second.setValue(5);
      assertEqual([second.next().done, state.get(4), state.get(4)], [true, 5, 5], 'setValue() writes it anew');
    },
  },
  {
    id: 'TTL-29',
    title: 'what is added to an expired accumulator starts anew, or goes on where expired values may be returned',
    async run(harness) {
      for (const [options, expected] of [
        [{}, 2],
        [RELAXED, 3],
      ] as const) {
        const drill = await TtlDrill.begin(harness);
        const state = drill.state(
          new ReducingStateDescriptor('reducing', { type: int32, reduce: (a, b) => a + b, ...ttlOf(options) }),
        );
        state.add(1);
        drill.at(TTL_MS);
        state.add(2);
        assertEqual(state.get(), expected, options === RELAXED ? 'going on' : 'anew');
        drill.at(2 * TTL_MS - 1);
        assertEqual(state.get(), expected, 'stamped by the addition');
      }
    },
  },
  {
    id: 'TTL-30',
    title: 'reading expired entries disturbs no walk over keys',
    async run(harness) {
      const drill = await TtlDrill.begin(harness);
      const state = drill.state(value());
      for (let key = 0; key < 50; key++) drill.withKey(key).state(value()).update(key);
      drill.at(50);
      for (let key = 0; key < 50; key += 5) drill.withKey(key).state(value()).update(key);
      drill.at(120);
      const seen: number[] = [];
      for (const [key] of drill.backend.getKeysAndNamespaces('value')) {
        drill.withKey(key);
        if (state.value() !== undefined) seen.push(key);
      }
      assertEqual(
        seen.sort((a, b) => a - b),
        [0, 5, 10, 15, 20, 25, 30, 35, 40, 45],
        'keys with something',
      );
      assertEqual(drill.entries, 10, 'entries');
    },
  },
];

const snapshotCases: readonly StateBackendCase[] = [
  {
    id: 'TTL-31',
    title: 'renewing entries beside a snapshot leaves it the stamps of its freeze',
    async run(harness) {
      const drill = await TtlDrill.begin(harness);
      const describe = { updateType: 'OnReadAndWrite' } as const;
      for (const key of [1, 2]) {
        drill.withKey(key).state(value(describe)).update(key);
        drill.state(elements(describe)).add(key);
        drill.state(entries(describe)).put(key, key);
      }
      drill.at(50);
      const view = drill.backend.snapshot(drill.harness.snapshotContext({ clock: drill.clock }));
      for (const key of [1, 2]) {
        assertEqual(drill.withKey(key).state(value(describe)).value(), key, 'value()');
        assertEqual([...drill.state(elements(describe)).get()], [key], 'list');
        assertEqual([...drill.state(entries(describe)).values()], [key], 'map');
      }
      const handle = (await view.write()).jobManagerOwned;
      await drill.restoreFrom(handle);
      drill.at(TTL_MS);
      for (const key of [1, 2]) {
        assertEqual(drill.withKey(key).state(value(describe)).value(), undefined, 'value(), restored');
        assertEqual([...drill.state(elements(describe)).get()], [], 'list, restored');
        assertEqual([...drill.state(entries(describe)).values()], [], 'map, restored');
      }
    },
  },
  {
    id: 'TTL-32',
    title: 'an accumulator that is changed in place after a read renewed it is not changed in the snapshot',
    async run(harness) {
      const drill = await TtlDrill.begin(harness);
      const descriptor = new ReducingStateDescriptor<number[]>('reducing', {
        type: list(int32),
        reduce: (a, b) => {
          a.push(...b);
          return a;
        },
        ...ttlOf({ updateType: 'OnReadAndWrite' }),
      });
      const state = drill.state(descriptor);
      state.add([1]);
      drill.at(10);
      const view = drill.backend.snapshot(drill.harness.snapshotContext({ clock: drill.clock }));
      assertEqual(state.get(), [1], 'read beside the snapshot');
      state.add([2]);
      assertEqual(state.get(), [1, 2], 'added beside the snapshot');
      await drill.restoreFrom((await view.write()).jobManagerOwned);
      assertEqual(drill.state(descriptor).get(), [1], 'restored');
    },
  },
  {
    id: 'TTL-33',
    title: 'a snapshot that leaves expired elements out keeps a list from the first that has not expired on',
    async run(harness) {
      const drill = await TtlDrill.begin(harness);
      const describe = { cleanupFullSnapshot: true, ...RELAXED };
      const state = drill.state(elements(describe));
      for (const [timeMs, element] of [
        [0, 1],
        [60, 2],
        [10, 3],
        [70, 4],
      ] as const) {
        drill.at(timeMs);
        state.add(element);
      }
      drill.at(120);
      await drill.restart();
      drill.at(0);
      assertEqual([...drill.state(elements(describe)).get()], [2, 3, 4], 'restored, with the clock set back');
    },
  },
  {
    id: 'TTL-34',
    title: 'downtime counts: what expired meanwhile is not there after a restore',
    async run(harness) {
      const drill = await TtlDrill.begin(harness);
      drill.state(value()).update(1);
      const handle = await drill.snapshot();
      drill.clock.setMs(10_000);
      await drill.restoreFrom(handle);
      assertEqual(drill.state(value()).value(), undefined, 'after the downtime');
    },
  },
];

const backgroundCases: readonly StateBackendCase[] = [
  {
    id: 'TTL-46',
    title: 'expired entries, elements and map entries go without being read, a round at a time, and none too early',
    async run(harness) {
      const drill = await TtlDrill.begin(harness);
      for (let key = 0; key < 300; key++) {
        drill.withKey(key).state(value()).update(key);
        drill.state(elements()).add(key);
        drill.state(entries()).put(key, key);
      }
      assertEqual(drill.entries, 900, 'entries at first');
      drill.scheduler.advance(TTL_MS - 1);
      for (let key = 0; key < 300; key += 100) drill.withKey(key).state(elements()).add(1);
      assertEqual(drill.entries, 900, 'entries just before');
      drill.scheduler.advance(3 * TTL_MS);
      assertEqual(drill.entries, 0, 'entries afterwards');
    },
  },
  {
    id: 'TTL-47',
    title: 'nothing is cleaned up in the background where that is switched off, and nothing runs after close',
    async run(harness) {
      const drill = await TtlDrill.begin(harness);
      drill.state(value({ cleanupInBackground: false })).update(1);
      drill.scheduler.advance(100 * TTL_MS);
      assertEqual(drill.entries, 1, 'entries');
      drill.state(elements()).add(1);
      await drill.backend.close();
      assertEqual(drill.scheduler.pending, 0, 'tasks that wait');
    },
  },
  {
    id: 'TTL-48',
    title: 'what is cleaned up beside a snapshot is in it',
    async run(harness) {
      const drill = await TtlDrill.begin(harness);
      for (let key = 0; key < 20; key++) {
        drill.withKey(key).state(value()).update(key);
        drill.state(elements()).addAll([key, key]);
      }
      const view = drill.backend.snapshot(drill.harness.snapshotContext({ clock: drill.clock }));
      drill.scheduler.advance(10 * TTL_MS);
      assertEqual(drill.entries, 0, 'entries afterwards');
      drill.clock.setMs(0);
      await drill.restoreFrom((await view.write()).jobManagerOwned);
      for (let key = 0; key < 20; key++) {
        assertEqual(drill.withKey(key).state(value()).value(), key, 'the value');
        assertEqual([...drill.state(elements()).get()], [key, key], 'the list');
      }
    },
  },
];

/** Cases about time to live that are ours. */
export const ttlSemanticsCases: readonly StateBackendCase[] = [
  ...visibilityCases,
  ...snapshotCases,
  ...backgroundCases,
];
