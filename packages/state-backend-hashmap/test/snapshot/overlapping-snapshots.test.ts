// Snapshots that overtake one another, and snapshots taken while restored entries are still being decoded.

import { AggregatingStateDescriptor, type Infer, int32, struct, ValueStateDescriptor } from '@tidemark/state-core';
import { VOID_NAMESPACE } from '@tidemark/state-core/spi';
import { ManualClock, plainState, SeededRandom, StateBackendHarness } from '@tidemark/state-testkit';
import { describe, expect, test } from 'vitest';
import { HashMapStateBackend } from '../../src/index.js';

const values = new ValueStateDescriptor('values', { type: int32 });
const ENTRIES = 3000;

async function withHarness(body: (harness: StateBackendHarness) => Promise<void>): Promise<void> {
  const harness = new StateBackendHarness(new HashMapStateBackend());
  try {
    await body(harness);
  } finally {
    await harness.close();
  }
}

describe('a snapshot that is overtaken by a newer one', () => {
  test.each([
    ['updated', 2],
    ['removed', undefined],
  ])('still shows its own freeze when everything is %s meanwhile', async (_title, later) => {
    await withHarness(async (harness) => {
      const backend = await harness.createKeyed({ numberOfKeyGroups: 1 });
      const state = plainState(backend, values);
      const writeAll = (value: number | undefined): void => {
        for (let key = 0; key < ENTRIES; key++) {
          backend.setCurrentKey(key);
          state.update(value);
        }
      };
      writeAll(1);
      const views = [1, 2, 3].map(() => backend.snapshot(harness.snapshotContext()));
      writeAll(later);
      // The newest is written first, the one in between is given up, the oldest is written last.
      const [oldest, between, newest] = views as [(typeof views)[0], (typeof views)[0], (typeof views)[0]];
      await newest.write();
      between.release();
      const { jobManagerOwned: handle } = await oldest.write();
      const restored = await harness.createKeyed({ numberOfKeyGroups: 1, restore: [handle] });
      const restoredState = plainState(restored, values);
      const found = Array.from({ length: ENTRIES }, (_, key) => {
        restored.setCurrentKey(key);
        return restoredState.value();
      });
      expect(new Set(found)).toEqual(new Set([1]));
    });
  });
});

describe('a snapshot that is frozen while restored entries are being decoded', () => {
  test('shows them all, whether decoding ends before it is written or after', async () => {
    await withHarness(async (harness) => {
      const first = await harness.createKeyed({ numberOfKeyGroups: 1 });
      const state = plainState(first, values);
      for (let key = 0; key < ENTRIES; key++) {
        first.setCurrentKey(key);
        state.update(key);
      }
      const handle = await harness.snapshot(first);
      for (const decodedBeforeWrite of [true, false]) {
        // Every look at this clock takes long, so that an idle slice decodes one block.
        const clock = new ManualClock(1000);
        const tasks: (() => void)[] = [];
        const slowClock = {
          nowMs: () => clock.nowMs(),
          monotonicMs: () => {
            clock.advance(2);
            return clock.monotonicMs();
          },
        };
        const scheduler = {
          yieldNow: async () => {},
          schedule: (_delayMs: number, task: () => void) => {
            tasks.push(task);
            return () => {};
          },
        };
        const restored = await harness.createKeyed({
          numberOfKeyGroups: 1,
          restore: [handle],
          clock: slowClock,
          scheduler,
        });
        const restoredState = plainState(restored, values);
        tasks.shift()?.();
        const view = restored.snapshot(harness.snapshotContext());
        const touch = (): void => {
          restored.setCurrentKey(5);
          restoredState.update(-1);
        };
        if (decodedBeforeWrite) touch();
        const { jobManagerOwned: again } = await view.write();
        if (!decodedBeforeWrite) touch();
        const last = await harness.createKeyed({ numberOfKeyGroups: 1, restore: [again] });
        const lastState = plainState(last, values);
        last.setCurrentKey(5);
        expect(lastState.value()).toBe(5);
        expect(last.numKeyValueStateEntries()).toBe(ENTRIES);
      }
    });
  });
});

describe('a walk over the keys', () => {
  test('meets every key once when a snapshot ends on the way', async () => {
    await withHarness(async (harness) => {
      for (let seed = 0; seed < 20; seed++) {
        const random = new SeededRandom(seed);
        const backend = await harness.createKeyed({ numberOfKeyGroups: 1 });
        const state = plainState(backend, values);
        const keys = [...new Set(Array.from({ length: 60 }, () => random.below(1_000_000_000)))];
        for (const key of keys) {
          backend.setCurrentKey(key);
          state.update(1);
        }
        const view = backend.snapshot(harness.snapshotContext());
        for (const key of keys.slice(0, 30)) {
          backend.setCurrentKey(key);
          state.clear();
        }
        const met: number[] = [];
        for (const key of backend.getKeys('values', VOID_NAMESPACE)) if (met.push(key) === 15) view.release();
        expect([...met].sort(), `seed ${seed}`).toEqual(keys.slice(30).sort());
      }
    });
  });
});

describe('an accumulator', () => {
  test('that is the added value itself is not shared with the program', async () => {
    await withHarness(async (harness) => {
      const Event = struct({ at: int32 });
      type Event = Infer<typeof Event>;
      const latest = new AggregatingStateDescriptor<Event, Event, number>('latest', {
        type: Event,
        aggregate: {
          createAccumulator: () => ({ at: -1 }),
          add: (event, accumulator) => (event.at > accumulator.at ? event : accumulator),
          getResult: ({ at }) => at,
          merge: (a, b) => (a.at > b.at ? a : b),
        },
      });
      const backend = await harness.createKeyed();
      const state = plainState(backend, latest);
      backend.setCurrentKey(1);
      const reused = { at: 1 };
      state.add(reused);
      reused.at = 999;
      expect(state.get()).toBe(1);
    });
  });
});
