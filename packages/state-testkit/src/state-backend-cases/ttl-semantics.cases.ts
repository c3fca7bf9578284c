// Time to live where it goes beyond Flink's tests: defaults, single elements and entries, event time, settings that change
// over existing state, cleanup that nobody asks for.

import {
  int32,
  ListStateDescriptor,
  list,
  MapStateDescriptor,
  ReducingStateDescriptor,
  type StateDescriptor,
  StateTtlConfig,
  type StateTtlOptions,
  ValueStateDescriptor,
} from '@tidemark/state-core';
import type { KeyedStateHandle } from '@tidemark/state-core/spi';
import { assertEqual, assertStateError, assertTrue, thrownBy } from '../conformance/assertions.js';
import { EvolvingSerializer } from '../serializers/evolving-serializer.js';
import type { StateBackendCase } from './state-backend-case.js';
import { TTL_MS, TtlDrill } from './ttl-drill.js';

const ttlOf = (options: Partial<StateTtlOptions> = {}): { readonly ttl: StateTtlConfig } => ({
  ttl: StateTtlConfig.of({ ttlMs: TTL_MS, ...options }),
});

const value = (options?: Partial<StateTtlOptions>): ValueStateDescriptor<number> =>
  new ValueStateDescriptor('value', { type: int32, ...ttlOf(options) });
const plainValue = new ValueStateDescriptor('value', { type: int32 });
const elements = (options?: Partial<StateTtlOptions>): ListStateDescriptor<number> =>
  new ListStateDescriptor('list', { type: int32, ...ttlOf(options) });
const entries = (options?: Partial<StateTtlOptions>): MapStateDescriptor<number, number> =>
  new MapStateDescriptor('map', { key: int32, value: int32, ...ttlOf(options) });

const RELAXED = { stateVisibility: 'ReturnExpiredIfNotCleanedUp' } as const;
const EVENT_TIME = { timeCharacteristic: 'EventTime' } as const;

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
      assertStateError(() => walk.setValue(4), 'concurrent-modification', 'setValue() of an entry that is gone');
      walk.remove();
      assertEqual([walk.next().done, state.isEmpty(), drill.entries], [true, true, 0], 'afterwards');
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

/** Restores again and again without touching anything, 40 milliseconds apart. */
async function restartUntouched(
  drill: TtlDrill,
  descriptor: ValueStateDescriptor<number>,
  times: number,
): Promise<void> {
  for (let time = 0; time < times; time++) {
    drill.clock.setMs(drill.clock.nowMs() + 40);
    await drill.restart({ declaredStates: [descriptor] });
  }
}

const switchCases: readonly StateBackendCase[] = [
  {
    id: 'TTL-35',
    title:
      'switched on over state that nobody touches, it counts from the restore that switched it on, restarts or not',
    async run(harness) {
      for (const isRegistered of [false, true]) {
        const drill = await TtlDrill.begin(harness);
        drill.state(plainValue).update(1);
        drill.at(1000);
        await drill.restart({ declaredStates: [value()] });
        if (isRegistered) drill.state(value());
        await restartUntouched(drill, value(), 2);
        drill.at(1099);
        assertEqual(drill.state(value()).value(), 1, 'just before');
        await drill.restart({ declaredStates: [value()] });
        drill.at(1100);
        assertEqual(drill.state(value()).value(), undefined, 'a ttl after the restore');
      }
    },
  },
  {
    id: 'TTL-36',
    title: 'switched on, values are not decoded for their stamps, and their bytes stay',
    async run(harness) {
      const drill = await TtlDrill.begin(harness);
      const written = new EvolvingSerializer('original');
      drill.state(new ValueStateDescriptor('text', { type: written })).update('foo');
      const type = new EvolvingSerializer('original');
      const descriptor = new ValueStateDescriptor('text', { type, ...ttlOf() });
      await drill.restart({ declaredStates: [descriptor] });
      await drill.restart({ declaredStates: [descriptor] });
      assertEqual(type.decoded, 0, 'values decoded');
      assertEqual(drill.state(descriptor).value(), 'foo', 'the value');
    },
  },
  {
    id: 'TTL-37',
    title: 'on, off and on again: stamps of the first time mean nothing the second',
    async run(harness) {
      const drill = await TtlDrill.begin(harness);
      drill.state(value()).update(1);
      drill.clock.setMs(10);
      await drill.restart({ declaredStates: [plainValue] });
      drill.clock.setMs(1000);
      await drill.restart({ declaredStates: [value()] });
      drill.at(1099);
      assertEqual(drill.state(value()).value(), 1, 'just before');
      drill.at(1100);
      assertEqual(drill.state(value()).value(), undefined, 'a ttl after it was switched on again');
    },
  },
  {
    id: 'TTL-38',
    title: 'lists and maps take a ttl that is switched on, and lose one that is switched off',
    async run(harness) {
      const drill = await TtlDrill.begin(harness);
      const plainList = new ListStateDescriptor('list', { type: int32 });
      const plainMap = new MapStateDescriptor('map', { key: int32, value: int32 });
      drill.state(plainList).addAll([1, 2]);
      drill.state(plainMap).put(1, 1);
      drill.at(1000);
      await drill.restart();
      drill.at(1050);
      drill.state(elements()).add(3);
      drill.state(entries()).put(2, 2);
      drill.at(1100);
      assertEqual([...drill.state(elements()).get()], [3], 'the list with ttl');
      assertEqual([...drill.state(entries()).keys()], [2], 'the map with ttl');
      await drill.restart();
      drill.at(5000);
      assertEqual([...drill.state(plainList).get()], [3], 'the list without');
      assertEqual([...drill.state(plainMap).keys()], [2], 'the map without');
    },
  },
  {
    id: 'TTL-39',
    title: 'another life time or update type counts at once, also for what is there, also without a restart',
    async run(harness) {
      const drill = await TtlDrill.begin(harness);
      const state = drill.state(value());
      state.update(1);
      await drill.restart();
      drill.at(500);
      assertEqual(drill.state(value({ ttlMs: 1000 })).value(), 1, 'a longer one after a restart');
      const same = drill.state(value({ ttlMs: 1000, updateType: 'OnReadAndWrite' }));
      assertEqual(same.value(), 1, 'reads renew from now on');
      drill.at(1400);
      assertEqual(same.value(), 1, 'renewed at 500');
      drill.state(value());
      drill.at(1500);
      assertEqual(same.value(), undefined, 'a shorter one without a restart');
    },
  },
  {
    id: 'TTL-40',
    title: 'a state in use is not switched on, off or to another clock without a restart',
    async run(harness) {
      const drill = await TtlDrill.begin(harness);
      drill.state(value());
      for (const other of [plainValue, value(EVENT_TIME)]) {
        assertStateError(() => drill.state(other), 'state-already-registered', 'asking again', ['time to live']);
      }
    },
  },
  {
    id: 'TTL-41',
    title: 'the report of a restore says that a ttl came or went',
    async run(harness) {
      const drill = await TtlDrill.begin(harness);
      drill.state(plainValue).update(1);
      await drill.restart({ declaredStates: [value()] });
      const [line] = drill.backend.restoreReport.states;
      assertEqual(line?.outcome, 'migrated', 'the outcome');
      assertTrue(line?.schema?.includes('ttl') === true, `today's schema is told as ${line?.schema}`);
    },
  },
];

/** Checkpoints that build on each other, with a restore after each. */
class Increments {
  private base: number | undefined;

  constructor(private readonly drill: TtlDrill) {}

  async checkpointAndRestore(declared: StateDescriptor): Promise<void> {
    const { clock, scheduler, harness, backend } = this.drill;
    const context = harness.snapshotContext({
      clock,
      scheduler,
      base: this.base,
      sharing: 'forward-backward',
    });
    const handle = (await backend.snapshot(context).write()).jobManagerOwned;
    this.base = context.checkpointId;
    await this.drill.restoreFrom(handle, { declaredStates: [declared], restoredCheckpointId: this.base });
  }
}

const incrementCases: readonly StateBackendCase[] = [
  {
    id: 'TTL-49',
    title: 'switched on, an increment does not go on from entries without stamps',
    requires: ['incrementalSnapshots'],
    async run(harness) {
      for (const isRegistered of [false, true]) {
        const drill = await TtlDrill.begin(harness);
        const increments = new Increments(drill);
        drill.state(plainValue).update(1);
        await increments.checkpointAndRestore(plainValue);
        drill.at(1000);
        await increments.checkpointAndRestore(value());
        for (const timeMs of [1040, 1080]) {
          drill.at(timeMs);
          if (isRegistered) drill.state(value());
          await increments.checkpointAndRestore(value());
        }
        drill.at(1099);
        assertEqual(drill.state(value()).value(), 1, 'just before');
        drill.at(1100);
        assertEqual(drill.state(value()).value(), undefined, 'a ttl after the restore that switched it on');
      }
    },
  },
  {
    id: 'TTL-50',
    title: 'event time goes on in increments in which nothing else changed',
    requires: ['incrementalSnapshots'],
    async run(harness) {
      const drill = await TtlDrill.begin(harness);
      const increments = new Increments(drill);
      drill.backend.advanceEventTime?.(50);
      drill.state(value(EVENT_TIME)).update(1);
      await increments.checkpointAndRestore(value(EVENT_TIME));
      drill.backend.advanceEventTime?.(200);
      await increments.checkpointAndRestore(value(EVENT_TIME));
      assertEqual(drill.state(value(EVENT_TIME)).value(), undefined, 'expired before the increment');
    },
  },
  {
    id: 'TTL-51',
    title: 'what reads renew and what cleanup removes is in the next increment',
    requires: ['incrementalSnapshots'],
    async run(harness) {
      const drill = await TtlDrill.begin(harness);
      const increments = new Increments(drill);
      const renewed = value({ updateType: 'OnReadAndWrite' });
      const restoreAll = async (): Promise<void> => {
        await increments.checkpointAndRestore(renewed);
        for (const descriptor of [renewed, elements(), entries()]) drill.state(descriptor);
      };
      drill.state(renewed).update(1);
      drill.state(elements()).addAll([1, 2]);
      drill.state(entries()).put(1, 1);
      await restoreAll();
      drill.at(60);
      assertEqual(drill.state(renewed).value(), 1, 'read, and renewed');
      drill.state(elements()).add(3);
      drill.state(entries()).put(2, 2);
      await restoreAll();
      drill.clock.setMs(120);
      drill.scheduler.advance(2 * TTL_MS);
      drill.clock.setMs(120);
      await restoreAll();
      drill.at(0);
      assertEqual([drill.state(renewed).value()], [undefined], 'cleaned up');
      assertEqual([[...drill.state(elements()).get()], [...drill.state(entries()).keys()]], [[], []], 'cleaned up too');
    },
  },
];

const eventTimeCases: readonly StateBackendCase[] = [
  {
    id: 'TTL-42',
    title: 'event time moves by marks alone, never back, and whatever the clock says',
    async run(harness) {
      const drill = await TtlDrill.begin(harness);
      const state = drill.state(value(EVENT_TIME));
      drill.backend.advanceEventTime?.(1000);
      state.update(1);
      drill.at(1e6);
      assertEqual(state.value(), 1, 'the clock has moved, event time has not');
      drill.backend.advanceEventTime?.(1099);
      drill.backend.advanceEventTime?.(500);
      assertEqual(state.value(), 1, 'just before');
      drill.backend.advanceEventTime?.(1100);
      assertEqual(state.value(), undefined, 'a ttl later');
      for (const noTime of [Number.NaN, Number.POSITIVE_INFINITY, 1.5]) {
        assertTrue(
          thrownBy(() => drill.backend.advanceEventTime?.(noTime), String(noTime)) instanceof RangeError,
          `${noTime} is no time`,
        );
      }
    },
  },
  {
    id: 'TTL-43',
    title: 'event time is part of the snapshot: it goes on from there, and what expired stays expired',
    async run(harness) {
      const drill = await TtlDrill.begin(harness);
      drill.backend.advanceEventTime?.(50);
      drill.state(value(EVENT_TIME)).update(1);
      drill.backend.advanceEventTime?.(100);
      drill.withKey(2).state(value(EVENT_TIME)).update(2);
      drill.backend.advanceEventTime?.(150);
      await drill.restart();
      await drill.restart({ declaredStates: [value(EVENT_TIME)] });
      assertEqual(drill.withKey(1).state(value(EVENT_TIME)).value(), undefined, 'expired before the snapshot');
      assertEqual(drill.withKey(2).state(value(EVENT_TIME)).value(), 2, 'not expired');
      drill.backend.advanceEventTime?.(120);
      drill.withKey(3).state(value(EVENT_TIME)).update(3);
      drill.backend.advanceEventTime?.(249);
      assertEqual(drill.state(value(EVENT_TIME)).value(), 3, 'stamped with the restored time, not a lower mark');
    },
  },
  {
    id: 'TTL-44',
    title: 'what was written before the first mark counts from it',
    async run(harness) {
      const drill = await TtlDrill.begin(harness);
      drill.state(value(EVENT_TIME)).update(1);
      drill.state(elements(EVENT_TIME)).add(1);
      await drill.restart();
      drill.backend.advanceEventTime?.(1_000_000);
      assertEqual(drill.state(value(EVENT_TIME)).value(), 1, 'at the first mark');
      await drill.restart();
      drill.backend.advanceEventTime?.(1_000_099);
      assertEqual(drill.state(value(EVENT_TIME)).value(), 1, 'just before a ttl later');
      assertEqual([...drill.state(elements(EVENT_TIME)).get()], [1], 'the list just before');
      drill.backend.advanceEventTime?.(1_000_100);
      assertEqual(drill.state(value(EVENT_TIME)).value(), undefined, 'a ttl later');
      assertEqual([...drill.state(elements(EVENT_TIME)).get()], [], 'the list a ttl later');
    },
  },
  {
    id: 'TTL-45',
    title: 'another clock stamps anew: nothing lives for ever and nothing goes at once',
    async run(harness) {
      const drill = await TtlDrill.begin(harness);
      drill.at(1_700_000_000_000);
      drill.state(value()).update(1);
      const handle: KeyedStateHandle | undefined = await drill.snapshot();
      await drill.restoreFrom(handle, { declaredStates: [value(EVENT_TIME)] });
      drill.backend.advanceEventTime?.(1000);
      assertEqual(drill.state(value(EVENT_TIME)).value(), 1, 'in event time');
      drill.backend.advanceEventTime?.(1000 + TTL_MS - 1);
      assertEqual(drill.state(value(EVENT_TIME)).value(), 1, 'in event time, just before');
      await drill.restart();
      drill.at(1_700_000_000_099);
      assertEqual(drill.state(value()).value(), 1, 'in processing time again, just before');
      drill.at(1_700_000_000_100);
      assertEqual(drill.state(value()).value(), undefined, 'a ttl later');
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
  ...switchCases,
  ...eventTimeCases,
  ...incrementCases,
  ...backgroundCases,
];
