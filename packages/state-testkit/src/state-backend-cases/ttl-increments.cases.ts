// Increments of states with time to live: what of an entry is written when only its time changed, and that event time comes
// to everything that was written before there was any.

import {
  int32,
  ListStateDescriptor,
  MapStateDescriptor,
  StateTtlConfig,
  type StateTtlOptions,
  string,
  ValueStateDescriptor,
} from '@tidemark/state-core';
import type { IncrementalKeyedStateHandle, KeyedStateBackend, KeyedStateHandle } from '@tidemark/state-core/spi';
import { assertEqual, assertTrue } from '../conformance/assertions.js';
import { ManualClock } from '../fault/manual-clock.js';
import { IncrementalChain, range, underKeys } from './incremental-chain.js';
import { neverIdle } from './never-idle.js';
import type { StateBackendCase } from './state-backend-case.js';
import type { StateBackendHarness } from './state-backend-harness.js';

const TTL_MS = 1000;

const ttlOf = (settings: Partial<StateTtlOptions> = {}): StateTtlConfig =>
  StateTtlConfig.of({ ttlMs: TTL_MS, ...settings });

const requires = ['incrementalSnapshots'] as const;

/** A backend of one key group with a clock of its own, restored from a checkpoint if there is one. */
async function chainAt(
  harness: StateBackendHarness,
  clock: ManualClock,
  restore?: IncrementalKeyedStateHandle,
): Promise<IncrementalChain> {
  const restored = restore === undefined ? {} : { restore: [restore], restoredCheckpointId: restore.checkpointId };
  const backend = await harness.createKeyed({ numberOfKeyGroups: 1, clock, scheduler: neverIdle, ...restored });
  return new IncrementalChain(harness, backend, restore?.checkpointId);
}

async function digestsOf(harness: StateBackendHarness, backend: KeyedStateBackend<number>): Promise<unknown> {
  const handle: KeyedStateHandle | undefined = await harness.snapshot(backend, {
    checkpointId: 1000,
    kind: 'savepoint',
  });
  return handle?.kind === 'key-groups' ? handle.digests : undefined;
}

function assertBytes({ checkpointedSizeBytes }: IncrementalKeyedStateHandle, most: number, what: string): void {
  assertTrue(checkpointedSizeBytes <= most, `${what}: ${checkpointedSizeBytes} bytes were written, ${most} are enough`);
}

const MEBIBYTE = 'x'.repeat(1_048_576);

/** Cases about increments of states with time to live. */
export const ttlIncrementCases: readonly StateBackendCase[] = [
  {
    id: 'KSB-INCREMENT-TTL-01',
    title: 'a read that renews a value or a map entry of 1 MiB writes its time stamp and not the value',
    requires,
    async run(harness) {
      const clock = new ManualClock(0);
      const ttl = ttlOf({ updateType: 'OnReadAndWrite' });
      const values = new ValueStateDescriptor('values', { type: string, ttl });
      const maps = new MapStateDescriptor('maps', { key: int32, value: string, ttl });
      const chain = await chainAt(harness, clock);
      const { backend } = chain;
      underKeys(backend, values, [1, 2], (state) => state.update(MEBIBYTE));
      underKeys(backend, maps, [1], (state) =>
        state.putAll([
          [1, MEBIBYTE],
          [2, MEBIBYTE],
        ]),
      );
      await chain.take();
      clock.advance(TTL_MS - 1);
      underKeys(backend, values, [1], (state) => assertEqual(state.value(), MEBIBYTE, 'the value'));
      underKeys(backend, maps, [1], (state) => assertEqual(state.get(2), MEBIBYTE, 'the map entry'));
      const renewed = await chain.take(1);
      assertBytes(renewed, 1024, 'two entries of 1 MiB that were read');
      underKeys(backend, values, [1], (state) => state.update('short'));
      const replaced = await chain.take(2);
      assertBytes(replaced, 1024, 'a short value');

      clock.advance(1);
      for (const [handle, value] of [
        [renewed, MEBIBYTE],
        [replaced, 'short'],
      ] as const) {
        const restored = await chainAt(harness, clock, handle);
        const read: unknown[] = [];
        underKeys(restored.backend, values, [1, 2], (state) => read.push(state.value()));
        underKeys(restored.backend, maps, [1], (state) => read.push(state.get(1), state.get(2)));
        assertTrue(
          read[0] === value && read[1] === undefined && read[2] === undefined && read[3] === MEBIBYTE,
          'what was read has not expired, the rest has',
        );
      }
      const restored = await chainAt(harness, clock, replaced);
      underKeys(backend, values, [1, 2], (state) => state.value());
      underKeys(backend, maps, [1], (state) => [state.get(1), state.get(2)]);
      underKeys(restored.backend, values, [1, 2], (state) => state.value());
      underKeys(restored.backend, maps, [1], (state) => [state.get(1), state.get(2)]);
      assertEqual(await digestsOf(harness, restored.backend), await digestsOf(harness, backend), 'the digests');
    },
  },
  {
    id: 'KSB-INCREMENT-TTL-02',
    title: 'of a list of 100,000 elements whose first ten have expired a few bytes are written, and what was added',
    requires,
    async run(harness) {
      const clock = new ManualClock(0);
      const lists = new ListStateDescriptor('lists', { type: int32, ttl: ttlOf() });
      const chain = await chainAt(harness, clock);
      const { backend } = chain;
      const contentOf = (from: KeyedStateBackend<number>): number[] => {
        let content: number[] = [];
        underKeys(from, lists, [1], (state) => {
          content = [...state.get()];
        });
        return content;
      };
      underKeys(backend, lists, [1], (state) => state.addAll(range(0, 10)));
      clock.advance(100);
      underKeys(backend, lists, [1], (state) => state.addAll(range(10, 100_000)));
      const full = await chain.take();
      assertTrue(full.checkpointedSizeBytes > 100_000, 'the list is long');
      clock.advance(TTL_MS - 100);
      assertEqual(contentOf(backend).length, 99_990, 'the elements that have not expired');
      const trimmed = await chain.take(1);
      assertBytes(trimmed, 768, 'ten elements that went');
      underKeys(backend, lists, [1], (state) => state.add(-1));
      const added = await chain.take(2);
      assertBytes(added, 768, 'an element that came');
      for (const [handle, last] of [
        [trimmed, 99_999],
        [added, -1],
      ] as const) {
        const content = contentOf((await chainAt(harness, clock, handle)).backend);
        assertEqual([content[0], content.at(-1)], [10, last], 'the ends of the list');
        assertEqual(content.length, last === -1 ? 99_991 : 99_990, 'its length');
      }
      // Everything that the base has goes, and the list goes on.
      clock.advance(100);
      assertEqual(contentOf(backend), [-1], 'what is left');
      const whole = await chain.take(3);
      const restored = await chainAt(harness, clock, whole);
      assertEqual(contentOf(restored.backend), [-1], 'what is restored of it');
      assertEqual(await digestsOf(harness, restored.backend), await digestsOf(harness, backend), 'the digests');
    },
  },
  {
    id: 'KSB-INCREMENT-TTL-03',
    title: 'what an image left out as expired is written whole when it comes back: the clock went back',
    requires,
    async run(harness) {
      const clock = new ManualClock(10_000);
      const ttl = ttlOf({ updateType: 'OnReadAndWrite', cleanupFullSnapshot: true });
      const values = new ValueStateDescriptor('values', { type: string, ttl });
      const lists = new ListStateDescriptor('lists', { type: string, ttl: ttlOf({ cleanupFullSnapshot: true }) });
      const chain = await chainAt(harness, clock);
      const { backend } = chain;
      underKeys(backend, values, [1, 2], (state) => state.update('old'));
      underKeys(backend, lists, [1, 2], (state) => state.addAll(['a', 'b']));
      clock.advance(500);
      underKeys(backend, lists, [1], (state) => state.add('c'));
      clock.advance(TTL_MS - 500);
      await chain.take();
      clock.setMs(10_900);
      underKeys(backend, values, [1, 2], (state) => assertEqual(state.value(), 'old', 'a value that came back'));
      underKeys(backend, lists, [1, 2], (state) => state.add('d'));
      const increment = await chain.take(1);
      underKeys(backend, values, [1], (state) => state.value());
      underKeys(backend, lists, [1], (state) => state.add('e'));
      const next = await chain.take(2);
      for (const [handle, last] of [
        [increment, []],
        [next, ['e']],
      ] as const) {
        const restored = await chainAt(harness, clock, handle);
        const read: unknown[] = [];
        underKeys(restored.backend, values, [1, 2], (state) => read.push(state.value()));
        underKeys(restored.backend, lists, [1, 2], (state) => read.push([...state.get()]));
        assertEqual(read, ['old', 'old', ['a', 'b', 'c', 'd', ...last], ['a', 'b', 'd']], 'what is restored');
      }
    },
  },
  {
    id: 'KSB-INCREMENT-TTL-06',
    title: 'of a list of which expired what the base has and more, an increment has the rest',
    requires,
    async run(harness) {
      const clock = new ManualClock(0);
      const lists = new ListStateDescriptor('lists', { type: int32, ttl: ttlOf() });
      const chain = await chainAt(harness, clock);
      const { backend } = chain;
      const keys = [1, 2, 3];
      underKeys(backend, lists, keys, (state) => state.addAll([1, 2, 3]));
      await chain.take();
      clock.advance(100);
      underKeys(backend, lists, keys, (state) => state.addAll([4, 5]));
      clock.advance(500);
      underKeys(backend, lists, keys, (state) => state.addAll([6, 7]));
      await chain.take();
      clock.advance(TTL_MS - 500);
      // Read, appended to, and left alone.
      underKeys(backend, lists, [1], (state) => assertEqual([...state.get()], [6, 7], 'what is left'));
      underKeys(backend, lists, [2], (state) => {
        assertEqual([...state.get()], [6, 7], 'what is left before more comes');
        state.add(8);
      });
      const handle = await chain.take(1);
      const restored = (await chainAt(harness, clock, handle)).backend;
      const found: unknown[] = [];
      underKeys(restored, lists, keys, (state) => found.push([...state.get()]));
      assertEqual(
        found,
        [
          [6, 7],
          [6, 7, 8],
          [6, 7],
        ],
        'the lists of the increment',
      );
      underKeys(backend, lists, [3], (state) => assertEqual([...state.get()], [6, 7], 'a list read afterwards'));
      assertEqual(await digestsOf(harness, restored), await digestsOf(harness, backend), 'digests');
    },
  },
  {
    id: 'KSB-INCREMENT-TTL-04',
    title: 'entries from before the first mark of event time expire by it over any number of restarts, used or not',
    requires,
    async run(harness) {
      const ttl = ttlOf({ timeCharacteristic: 'EventTime' });
      const values = new ValueStateDescriptor('values', { type: int32, ttl });
      const maps = new MapStateDescriptor('maps', { key: int32, value: int32, ttl });
      const lists = new ListStateDescriptor('lists', { type: int32, ttl });
      const declaredStates = [values, maps, lists];
      const keys = range(0, 20);
      for (const [way, incremental, isKnown] of [
        ['full snapshots', false, true],
        ['increments', true, true],
        ['increments of states that the program does not know', true, false],
      ] as const) {
        const clock = new ManualClock(0);
        let chain = await chainAt(harness, clock);
        underKeys(chain.backend, values, keys, (state) => state.update(1));
        underKeys(chain.backend, maps, keys, (state) => state.put(1, 1));
        underKeys(chain.backend, lists, keys, (state) => state.add(1));
        let handle: KeyedStateHandle | undefined = await chain.take();
        for (const mark of [5000, 5400, 5800]) {
          const { checkpointId } = chain;
          const backend: KeyedStateBackend<number> = await harness.createKeyed({
            numberOfKeyGroups: 1,
            clock,
            scheduler: neverIdle,
            restore: [handle],
            ...(incremental ? { restoredCheckpointId: checkpointId } : {}),
            declaredStates: isKnown ? declaredStates : [],
          });
          chain = new IncrementalChain(harness, backend, checkpointId);
          backend.advanceEventTime?.(mark);
          handle = incremental
            ? await chain.take(checkpointId)
            : await harness.snapshot(backend, { checkpointId: ++chain.checkpointId });
        }
        const backend = await harness.createKeyed({ numberOfKeyGroups: 1, clock, restore: [handle], declaredStates });
        const read = (): unknown[] => {
          const all: unknown[] = [];
          underKeys(backend, values, [7], (state) => all.push(state.value()));
          underKeys(backend, maps, [7], (state) => all.push(state.get(1)));
          underKeys(backend, lists, [7], (state) => all.push(...state.get()));
          return all;
        };
        backend.advanceEventTime?.(5999);
        assertEqual(read(), [1, 1, 1], `before the time is up, with ${way}`);
        backend.advanceEventTime?.(6000);
        assertEqual(read(), [undefined, undefined], `when the time is up, with ${way}`);
      }
    },
  },
  {
    id: 'KSB-INCREMENT-TTL-05',
    title:
      'entries from before the first mark get their time also where the program holds them and does not touch them',
    requires,
    async run(harness) {
      const ttl = ttlOf({ timeCharacteristic: 'EventTime', cleanupInBackground: false });
      const values = new ValueStateDescriptor('values', { type: int32, ttl });
      const maps = new MapStateDescriptor('maps', { key: int32, value: int32, ttl });
      const lists = new ListStateDescriptor('lists', { type: int32, ttl });
      const clock = new ManualClock(0);
      const chain = await chainAt(harness, clock);
      const { backend } = chain;
      underKeys(backend, values, range(0, 20), (state) => state.update(1));
      underKeys(backend, maps, range(0, 20), (state) => state.put(1, 1));
      underKeys(backend, lists, range(0, 20), (state) => state.add(1));
      await chain.take();
      backend.advanceEventTime?.(5000);
      await chain.take(1);
      backend.advanceEventTime?.(5900);
      underKeys(backend, values, [0], (state) => state.update(2));
      const increment = await chain.take(2);
      assertBytes(increment, 1024, 'one change after all have their time');
      const restored = (await chainAt(harness, clock, increment)).backend;
      restored.advanceEventTime?.(6000);
      const read: unknown[] = [];
      underKeys(restored, values, [0, 1], (state) => read.push(state.value()));
      underKeys(restored, maps, [1], (state) => read.push(state.get(1)));
      underKeys(restored, lists, [1], (state) => read.push([...state.get()]));
      assertEqual(read, [2, undefined, undefined, []], 'what is left when the time is up');
    },
  },
  {
    id: 'KSB-INCREMENT-TTL-07',
    title: 'of many entries those that were renewed since the image have their newest time after a restore',
    requires,
    async run(harness) {
      const clock = new ManualClock(0);
      const ttl = ttlOf({ updateType: 'OnReadAndWrite' });
      const values = new ValueStateDescriptor('values', { type: int32, ttl });
      const maps = new MapStateDescriptor('maps', { key: int32, value: int32, ttl });
      const chain = await chainAt(harness, clock);
      const { backend } = chain;
      const keys = range(0, 300);
      const isRenewed = (key: number): boolean => key % 3 === 1;
      underKeys(backend, values, keys, (state, key) => state.update(key));
      underKeys(backend, maps, [1], (state) => state.putAll(keys.map((key) => [key, -key || 0])));
      await chain.take();
      for (const base of [1, 2]) {
        clock.advance(400);
        underKeys(backend, values, keys.filter(isRenewed), (state) => state.value());
        underKeys(backend, maps, [1], (state) => {
          for (const key of keys.filter(isRenewed)) state.get(key);
        });
        await chain.take(base);
      }
      const last = await chain.take(chain.checkpointId);
      const restored = (await chainAt(harness, clock, last)).backend;
      clock.advance(TTL_MS - 400);
      const read: unknown[] = [];
      underKeys(restored, values, keys, (state) => read.push(state.value()));
      assertEqual(
        read,
        keys.map((key) => (isRenewed(key) ? key : undefined)),
        'values of which some were renewed',
      );
      underKeys(restored, maps, [1], (state) =>
        assertEqual(
          keys.map((key) => state.get(key)),
          keys.map((key) => (isRenewed(key) ? -key || 0 : undefined)),
          'map entries of which some were renewed',
        ),
      );
    },
  },
];
