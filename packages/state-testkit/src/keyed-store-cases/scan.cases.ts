// Cases about scans: order, prefixes, chunks, and changes between them.

import { assertEqual } from '../conformance/assertions.js';
import type { KeyedStoreCase } from './keyed-store-case.js';
import { bytesOf, GROUP, hexOf, STATE, scanAll } from './keyed-store-harness.js';

const NONE = new Uint8Array(0);

/** In the order in which a scan gives them: unsigned bytes, a prefix first. */
const ORDERED: readonly Uint8Array[] = [
  NONE,
  bytesOf(0),
  bytesOf(0, 0),
  bytesOf(0, 0xff),
  bytesOf(1),
  bytesOf(9),
  bytesOf(10),
  bytesOf('10'),
  bytesOf('9'),
  bytesOf('a'),
  bytesOf('aa'),
  bytesOf('b'),
  bytesOf(0x7f, 0xff),
  bytesOf(0x80),
  bytesOf(0x80, 0),
  bytesOf(0xfe, 0xff),
  bytesOf(0xff),
  bytesOf(0xff, 0),
  bytesOf(0xff, 0xff),
  bytesOf(0xff, 0xff, 0xff),
];

const pathOf = (index: number): Uint8Array => bytesOf(index >> 8, index & 0xff);

/** Cases about scans. */
export const scanCases: readonly KeyedStoreCase[] = [
  {
    id: 'KS-SCAN-01',
    title: 'entries come in ascending unsigned byte order of the path, each once',
    async run(harness) {
      const store = await harness.open();
      const order = ORDERED.map((_, index) => (index * 13) % ORDERED.length);
      assertEqual(new Set(order).size, ORDERED.length, 'paths put');
      for (const index of order) store.put(GROUP, STATE, ORDERED[index] as Uint8Array, bytesOf(index));
      for (const index of order) store.put(GROUP, STATE, ORDERED[index] as Uint8Array, bytesOf(index));
      const wanted = ORDERED.map((path, index) => [hexOf(path), hexOf(bytesOf(index))]);
      for (const limit of [1, 2, 7, 1000]) assertEqual(scanAll(store, { limit }), wanted, `${limit} at a time`);
    },
  },
  {
    id: 'KS-SCAN-02',
    title: 'a scan goes on where the one before ended, whatever was put and deleted in between',
    async run(harness) {
      const store = await harness.open();
      const present = new Set(Array.from({ length: 200 }, (_, index) => index * 2));
      for (const index of present) store.put(GROUP, STATE, pathOf(index), bytesOf(1));
      for (let last = -1, round = 0; ; round++) {
        const after = last < 0 ? undefined : pathOf(last);
        const found = store
          .scan(GROUP, STATE, NONE, after, 10)
          .map(({ path }) => ((path[0] as number) << 8) | (path[1] as number));
        const wanted = [...present]
          .filter((index) => index > last)
          .sort((a, b) => a - b)
          .slice(0, 10);
        assertEqual(found, wanted, `scan ${round}, after ${last}`);
        if (found.length === 0) break;
        last = found[found.length - 1] as number;
        // The entry that the next one continues from goes, one comes on either side of it, and one further on goes.
        for (const index of [last, last + 4]) {
          store.delete(GROUP, STATE, pathOf(index));
          present.delete(index);
        }
        for (const index of [last - 1, last + 1]) {
          if (index > 398) continue;
          store.put(GROUP, STATE, pathOf(index), bytesOf(2));
          present.add(index);
        }
      }
    },
  },
  {
    id: 'KS-SCAN-03',
    title: 'a prefix leaves what begins with it, also where it ends in the highest bytes',
    async run(harness) {
      const store = await harness.open();
      for (const path of ORDERED) store.put(GROUP, STATE, path, path);
      for (const neighbour of [STATE - 1, STATE + 1]) store.put(GROUP, neighbour, bytesOf(0xff, 1), bytesOf(1));
      for (const neighbour of [GROUP - 1, GROUP + 1]) store.put(neighbour, STATE, bytesOf(0xff, 1), bytesOf(1));
      for (const prefix of [...ORDERED, bytesOf(0x61, 0x62), bytesOf(0xff, 0xfe), bytesOf(2)]) {
        const wanted = ORDERED.map(hexOf).filter((path) => path.startsWith(hexOf(prefix)));
        for (const limit of [1, 3, 100]) {
          const found = scanAll(store, { prefix, limit });
          assertEqual(
            found.map(([path]) => path),
            wanted,
            `paths under the prefix ${hexOf(prefix)}, ${limit} at a time`,
          );
        }
      }
    },
  },
  {
    id: 'KS-SCAN-04',
    title: 'a scan begins after a path, whether that is there or not, and gives no more than was asked for',
    async run(harness) {
      const store = await harness.open();
      for (let index = 10; index <= 50; index += 10) store.put(GROUP, STATE, bytesOf(1, index), bytesOf(index));
      store.put(GROUP, STATE, bytesOf(0, 99), bytesOf(99));
      store.put(GROUP, STATE, bytesOf(2, 1), bytesOf(98));
      const prefix = bytesOf(1);
      for (const [after, wanted] of [
        [undefined, [10, 20, 30, 40, 50]],
        [bytesOf(1), [10, 20, 30, 40, 50]],
        [bytesOf(1, 9), [10, 20, 30, 40, 50]],
        [bytesOf(1, 10), [20, 30, 40, 50]],
        [bytesOf(1, 10, 0), [20, 30, 40, 50]],
        [bytesOf(1, 25), [30, 40, 50]],
        [bytesOf(1, 50), []],
        [bytesOf(1, 51), []],
        [bytesOf(0, 99), [10, 20, 30, 40, 50]],
        [NONE, [10, 20, 30, 40, 50]],
        [bytesOf(2), []],
        [bytesOf(0xff), []],
      ] as const) {
        for (const limit of [1, 2, 5, 1000]) {
          const found = store.scan(GROUP, STATE, prefix, after, limit).map(({ value }) => value[0]);
          assertEqual(found, wanted.slice(0, limit), `${limit} after ${hexOf(after)}`);
        }
      }
    },
  },
  {
    id: 'KS-SCAN-05',
    title: 'what a scan hands out belongs to the caller',
    async run(harness) {
      const store = await harness.open();
      for (let index = 0; index < 20; index++) store.put(GROUP, STATE, bytesOf(index), bytesOf(index, index));
      const kept = store.scan(GROUP, STATE, NONE, undefined, 10);
      const texts = kept.map(({ path, value }) => `${hexOf(path)}=${hexOf(value)}`);
      store.scan(GROUP, STATE, NONE, bytesOf(9), 10);
      store.get(GROUP, STATE, bytesOf(3));
      store.put(GROUP, STATE, bytesOf(3), bytesOf(99, 99));
      store.deleteState(GROUP, STATE + 1);
      assertEqual(
        kept.map(({ path, value }) => `${hexOf(path)}=${hexOf(value)}`),
        texts,
        'entries after later calls',
      );
      for (const { path, value } of kept) {
        path.fill(0xee);
        value.fill(0xee);
      }
      assertEqual(hexOf(store.get(GROUP, STATE, bytesOf(5))), '0505', 'a value after the caller wrote into its array');
      assertEqual(scanAll(store).length, 20, 'entries after the caller wrote into its arrays');
    },
  },
  {
    id: 'KS-SCAN-06',
    title: 'visits give what scans give, where there are visits',
    async run(harness) {
      const store = await harness.open();
      if (store.visit === undefined) return;
      for (const [index, path] of ORDERED.entries()) {
        store.put(GROUP, STATE, path, new Uint8Array(index % 5 === 4 ? 600_000 : index).fill(index));
        store.put(GROUP, STATE + 1, path, bytesOf(99));
      }
      const visitAll = (prefix: Uint8Array, after: Uint8Array | undefined, limit: number): string[] => {
        const visited: string[] = [];
        store.visit?.(GROUP, STATE, prefix, after, limit, (path, pathStart, pathEnd, value, valueStart, valueEnd) => {
          const bytes = value.subarray(valueStart, valueEnd);
          visited.push(
            `${hexOf(path.subarray(pathStart, pathEnd))}=${bytes.length} of ${new Set(bytes).size},${bytes[0]}`,
          );
        });
        return visited;
      };
      for (const prefix of [NONE, bytesOf(0), bytesOf('a'), bytesOf(0xff), bytesOf(0xff, 0xff), bytesOf(7)]) {
        for (const after of [undefined, NONE, bytesOf(0, 0), bytesOf('a'), bytesOf(0xff, 0)]) {
          for (const limit of [1, 3, 1000]) {
            const scanned = store
              .scan(GROUP, STATE, prefix, after, limit)
              .map(({ path, value }) => `${hexOf(path)}=${value.length} of ${new Set(value).size},${value[0]}`);
            const place = `up to ${limit} of ${hexOf(prefix)} after ${after && hexOf(after)}`;
            assertEqual(visitAll(prefix, after, limit), scanned, place);
          }
        }
      }
      store.batch?.(() => {
        store.put(GROUP, STATE, bytesOf(0x61, 1), bytesOf(5));
        const place = 'within a batch, what was put in it';
        assertEqual(visitAll(bytesOf(0x61, 1), undefined, 9), [`${hexOf(bytesOf(0x61, 1))}=1 of 1,5`], place);
      });
    },
  },
];
