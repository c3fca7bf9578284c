// Time to live that changes: switched on and off over existing state, other settings, event time, increments.

import {
  int32,
  ListStateDescriptor,
  MapStateDescriptor,
  type StateDescriptor,
  ValueStateDescriptor,
} from '@tidemark/state-core';
import type { KeyedStateHandle } from '@tidemark/state-core/spi';
import { assertEqual, assertStateError, assertTrue, thrownBy } from '../conformance/assertions.js';
import { EvolvingSerializer } from '../serializers/evolving-serializer.js';
import type { StateBackendCase } from './state-backend-case.js';
import { elements, entries, ttlOf, value } from './ttl-descriptors.js';
import { TTL_MS, TtlDrill } from './ttl-drill.js';

const plainValue = new ValueStateDescriptor('value', { type: int32 });
const EVENT_TIME = { timeCharacteristic: 'EventTime' } as const;

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

/** Cases about time to live that changes, and about the clocks. */
export const ttlChangeCases: readonly StateBackendCase[] = [...switchCases, ...eventTimeCases, ...incrementCases];
