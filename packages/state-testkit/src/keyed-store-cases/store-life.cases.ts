// Cases about a store as a whole: opening, batches, failures, scratch space, close.

import { assertEqual, assertTrue, isEqual, thrownBy } from '../conformance/assertions.js';
import { SeededRandom } from '../fault/seeded-random.js';
import { MemoryKeyedStore } from '../memory/memory-keyed-store.js';
import type { KeyedStoreCase } from './keyed-store-case.js';
import { bytesOf, GROUP, hexOf, STATE, scanAll } from './keyed-store-harness.js';

const NONE = new Uint8Array(0);
const SEED = 20_260_101;
const OPERATIONS = 4_000;

/** Cases about a store as a whole. */
export const storeLifeCases: readonly KeyedStoreCase[] = [
  {
    id: 'KS-EMPTY-01',
    title: 'a store opens empty, whatever an earlier attempt left, closed or not',
    async run(harness) {
      const first = await harness.open({ attempt: 0 });
      for (let index = 0; index < 100; index++) first.put(GROUP, STATE, bytesOf(index), bytesOf(index));
      await first.close();
      const again = await harness.open({ attempt: 0 });
      assertEqual(scanAll(again), [], 'of the same attempt, after a close');
      assertEqual(hexOf(again.get(GROUP, STATE, bytesOf(1))), 'nothing', 'an entry of the store before');
      again.put(GROUP, STATE, bytesOf(1), bytesOf(1));
      // The attempt before never closed its store: its process is gone.
      const next = await harness.open({ attempt: 1 });
      assertEqual(scanAll(next), [], 'of the next attempt');
    },
  },
  {
    id: 'KS-EMPTY-02',
    title: 'stores that are open at the same time do not meet, whatever they are called',
    async run(harness) {
      const stores = [
        await harness.open({ jobId: 'a', operatorIdentifier: 'b', attempt: 0 }),
        await harness.open({ jobId: 'a', operatorIdentifier: 'b', attempt: 1 }),
        await harness.open({ jobId: 'a', operatorIdentifier: 'b_1', attempt: 0 }),
        await harness.open({ jobId: 'a/b', operatorIdentifier: 'b', attempt: 0 }),
        await harness.open({ jobId: '../a', operatorIdentifier: 'b', attempt: 0 }),
        await harness.open({ jobId: 'a', operatorIdentifier: 'b\0', attempt: 0 }),
        await harness.open({ jobId: 'ä'.repeat(300), operatorIdentifier: 'b', attempt: 0 }),
      ];
      for (const [index, store] of stores.entries()) store.put(GROUP, STATE, NONE, bytesOf(index));
      for (const [index, store] of stores.entries())
        assertEqual(scanAll(store), [['', hexOf(bytesOf(index))]], `of store ${index}`);
    },
  },
  {
    id: 'KS-BATCH-01',
    title: 'reads within a batch see what was written, and it is there afterwards',
    requires: ['batch'],
    async run(harness) {
      const store = await harness.open();
      store.put(GROUP, STATE, bytesOf(0), bytesOf(1));
      let calls = 0;
      store.batch?.(() => {
        calls++;
        for (let index = 1; index < 256; index++) store.put(GROUP, STATE, bytesOf(index), bytesOf(index));
        store.delete(GROUP, STATE, bytesOf(0));
        assertEqual(hexOf(store.get(GROUP, STATE, bytesOf(0))), 'nothing', 'what was deleted, read within');
        assertEqual(hexOf(store.get(GROUP, STATE, bytesOf(9))), '09', 'what was put, read within');
        assertEqual(scanAll(store).length, 255, 'entries of a scan within');
        store.deleteState(GROUP, STATE + 1);
      });
      assertEqual(calls, 1, 'calls of the function');
      assertEqual(scanAll(store).length, 255, 'entries afterwards');
      assertEqual(hexOf(store.get(GROUP, STATE, bytesOf(0))), 'nothing', 'what was deleted, read afterwards');
    },
  },
  {
    id: 'KS-BATCH-02',
    title: 'a batch throws on what its function throws, and the store goes on',
    requires: ['batch'],
    async run(harness) {
      const store = await harness.open();
      store.put(GROUP, STATE, bytesOf(1), bytesOf(1));
      const failure = new Error('given up');
      const thrown = thrownBy(
        () =>
          store.batch?.(() => {
            store.put(GROUP, STATE, bytesOf(2), bytesOf(2));
            throw failure;
          }),
        'a batch whose function throws',
      );
      assertTrue(thrown === failure, `the batch threw something else: ${String(thrown)}`);
      assertEqual(hexOf(store.get(GROUP, STATE, bytesOf(1))), '01', 'an entry from before');
      store.put(GROUP, STATE, bytesOf(3), bytesOf(3));
      store.batch?.(() => store.put(GROUP, STATE, bytesOf(4), bytesOf(4)));
      for (const index of [1, 3, 4])
        assertEqual(hexOf(store.get(GROUP, STATE, bytesOf(index))), `0${index}`, `entry ${index}`);
    },
  },
  {
    id: 'KS-FULL-01',
    title: 'a put that fails loses nothing, and can be tried again',
    requires: ['failingPuts'],
    async run(harness) {
      const store = await harness.open();
      for (let index = 0; index < 50; index++) store.put(GROUP, STATE, bytesOf(index), bytesOf(index));
      harness.underTest.failNextPut?.(store);
      thrownBy(() => store.put(GROUP, STATE, bytesOf(7), new Uint8Array(100)), 'a put that was made to fail');
      assertEqual(hexOf(store.get(GROUP, STATE, bytesOf(7))), '07', 'the value from before');
      assertEqual(scanAll(store).length, 50, 'entries');
      store.put(GROUP, STATE, bytesOf(7), bytesOf(77));
      assertEqual(hexOf(store.get(GROUP, STATE, bytesOf(7))), hexOf(bytesOf(77)), 'the second try');
      if (store.batch === undefined) return;
      harness.underTest.failNextPut?.(store);
      thrownBy(
        () => store.batch?.(() => store.put(GROUP, STATE, bytesOf(8), new Uint8Array(100))),
        'a put within a batch',
      );
      store.batch(() => store.put(GROUP, STATE, bytesOf(9), bytesOf(99)));
      assertEqual(hexOf(store.get(GROUP, STATE, bytesOf(9))), hexOf(bytesOf(99)), 'the batch after it');
      assertEqual(hexOf(store.get(GROUP, STATE, bytesOf(3))), '03', 'an entry from before the batch');
    },
  },
  {
    id: 'KS-SCRATCH-01',
    title: 'scratch spaces give back what was appended, each for itself, until they are closed',
    requires: ['scratch'],
    async run(harness) {
      const store = await harness.open();
      const one = store.openScratch?.('one');
      const other = store.openScratch?.('one');
      if (one === undefined || other === undefined) return;
      const array = new Uint8Array(1000);
      const positions: number[] = [];
      for (let index = 0; index < 40; index++) {
        array.fill(index);
        positions.push(one.append(array.subarray(0, 10 + index)));
        other.append(array.subarray(0, 5));
      }
      array.fill(0xee);
      assertEqual(one.append(NONE), one.lengthBytes, 'the position of nothing');
      assertEqual(one.lengthBytes, 40 * 10 + 780, 'the length of the one');
      assertEqual(other.lengthBytes, 200, 'the length of the other');
      for (const [index, position] of positions.entries()) {
        const read = one.read(position, 10 + index);
        assertTrue(isEqual(read, new Uint8Array(10 + index).fill(index)), `piece ${index} came back otherwise`);
        read.fill(0xdd);
      }
      assertEqual(hexOf(one.read(8, 4)), '00000101', 'bytes over the end of a piece, the arrays being the caller’s');
      store.put(GROUP, STATE, NONE, bytesOf(1));
      other.close();
      other.close();
      assertEqual(hexOf(one.read(0, 2)), '0000', 'the one after the other was closed');
      one.close();
      assertEqual(hexOf(store.get(GROUP, STATE, NONE)), '01', 'an entry of the store');
    },
  },
  {
    id: 'KS-METRICS-01',
    title: 'metrics are plain numbers and texts',
    async run(harness) {
      const store = await harness.open();
      store.put(GROUP, STATE, NONE, bytesOf(1));
      for (const [name, value] of Object.entries(store.metrics?.() ?? {})) {
        const isPlain = typeof value === 'string' || (typeof value === 'number' && !Number.isNaN(value));
        assertTrue(isPlain, `${name} is a ${typeof value}: ${String(value)}`);
      }
      for (let rounds = 0; rounds < 1000 && store.maintain?.() === true; rounds++);
      assertEqual(hexOf(store.get(GROUP, STATE, NONE)), '01', 'an entry after metrics and maintenance');
    },
  },
  {
    id: 'KS-MODEL-01',
    title: 'random operations on many addresses do what they do to entries in memory',
    async run(harness) {
      const store = await harness.open();
      const model = new MemoryKeyedStore();
      const random = new SeededRandom(SEED);
      const path = (): Uint8Array =>
        Uint8Array.from({ length: random.below(4) }, () => random.pick([0, 1, 0x61, 0x80, 0xfe, 0xff]));
      for (let operation = 0; operation < OPERATIONS; operation++) {
        const group = random.below(3);
        const state = random.pick([0, 1, 0x8000]);
        const at = path();
        const what = `operation ${operation} of seed ${SEED}, at ${group} ${state} ${hexOf(at)}`;
        const dice = random.below(100);
        if (dice < 45) {
          const value = Uint8Array.from({ length: random.pick([0, 1, 9, 300]) }, () => random.below(256));
          for (const each of [store, model]) each.put(group, state, at, value);
        } else if (dice < 65) {
          for (const each of [store, model]) each.delete(group, state, at);
        } else if (dice < 80) {
          assertEqual(hexOf(store.get(group, state, at)), hexOf(model.get(group, state, at)), what);
        } else if (dice < 99) {
          const after = random.chance(0.5) ? path() : undefined;
          const limit = 1 + random.below(10);
          const [found, wanted] = [store, model].map((each) =>
            each.scan(group, state, at, after, limit).map((entry) => `${hexOf(entry.path)}=${hexOf(entry.value)}`),
          );
          assertEqual(found, wanted, `${what}, ${limit} after ${hexOf(after)}`);
        } else {
          for (const each of [store, model]) each.deleteState(group, state);
        }
      }
      await model.close();
    },
  },
  {
    id: 'KS-CLOSE-01',
    title: 'closing lets go of everything, and twice is harmless',
    async run(harness) {
      const store = await harness.open();
      for (let index = 0; index < 10; index++) store.put(GROUP, STATE, bytesOf(index), bytesOf(index));
      store.openScratch?.('left open').append(bytesOf(1));
      await store.close();
      await store.close();
      const [one, other] = [await harness.open(), await harness.open()];
      await Promise.all([one.close(), one.close()]);
      other.put(GROUP, STATE, NONE, bytesOf(1));
      assertEqual(hexOf(other.get(GROUP, STATE, NONE)), '01', 'an entry of a store whose neighbour was closed');
    },
  },
];
