// Cases about single entries: what was put is there, under its address and no other.

import { assertEqual, assertTrue, isEqual } from '../conformance/assertions.js';
import type { KeyedStoreCase } from './keyed-store-case.js';
import { bytesOf, GROUP, hexOf, STATE, scanAll } from './keyed-store-harness.js';

const NONE = new Uint8Array(0);

/** Paths that differ in little, and that a store which takes bytes for text or numbers confuses. */
const CONFUSABLE: readonly Uint8Array[] = [
  bytesOf(0),
  bytesOf(0, 0),
  bytesOf(1),
  bytesOf(1, 0),
  bytesOf(0x31),
  bytesOf(0x7f),
  bytesOf(0x80),
  bytesOf(0xc2, 0x80),
  bytesOf(0xe9),
  bytesOf(0xff),
  bytesOf(0xff, 0xff),
  bytesOf(0xef, 0xbf, 0xbd),
  bytesOf('a'),
  bytesOf('A'),
  bytesOf('a '),
  bytesOf('%00'),
  bytesOf("'"),
  bytesOf('../a'),
];

/** Cases about single entries. */
export const entryCases: readonly KeyedStoreCase[] = [
  {
    id: 'KS-GET-01',
    title: 'the last value put is there, and nothing after a delete',
    async run(harness) {
      const store = await harness.open();
      const path = bytesOf('path');
      assertEqual(hexOf(store.get(GROUP, STATE, path)), 'nothing', 'before the first put');
      store.delete(GROUP, STATE, path);
      store.put(GROUP, STATE, path, bytesOf(1, 2));
      assertEqual(hexOf(store.get(GROUP, STATE, path)), '0102', 'after a put');
      assertEqual(hexOf(store.get(GROUP, STATE, path)), '0102', 'read again');
      store.put(GROUP, STATE, path, bytesOf(3));
      assertEqual(hexOf(store.get(GROUP, STATE, path)), '03', 'after a shorter one');
      store.put(GROUP, STATE, path, bytesOf(4, 5, 6));
      assertEqual(hexOf(store.get(GROUP, STATE, path)), '040506', 'after a longer one');
      assertEqual(scanAll(store), [[hexOf(path), '040506']], 'the scan');
      store.delete(GROUP, STATE, path);
      assertEqual(hexOf(store.get(GROUP, STATE, path)), 'nothing', 'after a delete');
      store.put(GROUP, STATE, path, bytesOf(7));
      assertEqual(hexOf(store.get(GROUP, STATE, path)), '07', 'put again after a delete');
    },
  },
  {
    id: 'KS-GET-02',
    title: 'an empty path and an empty value are like any other',
    async run(harness) {
      const store = await harness.open();
      store.put(GROUP, STATE, NONE, bytesOf(1));
      store.put(GROUP, STATE, bytesOf(1), NONE);
      assertEqual(hexOf(store.get(GROUP, STATE, NONE)), '01', 'at the empty path');
      assertEqual(hexOf(store.get(GROUP, STATE, bytesOf(1))), '', 'the empty value');
      assertEqual(
        scanAll(store),
        [
          ['', '01'],
          ['01', ''],
        ],
        'the scan',
      );
      store.put(GROUP, STATE, NONE, NONE);
      assertEqual(hexOf(store.get(GROUP, STATE, NONE)), '', 'both empty');
      store.delete(GROUP, STATE, NONE);
      assertEqual(hexOf(store.get(GROUP, STATE, NONE)), 'nothing', 'after a delete');
      assertEqual(hexOf(store.get(GROUP, STATE, bytesOf(1))), '', 'the other one');
    },
  },
  {
    id: 'KS-GET-03',
    title: 'key groups, states and paths are apart, also where their bytes are alike',
    async run(harness) {
      const store = await harness.open();
      const groups = [0, 1, 16, 127];
      const states = [0, 1, 255, 256, 0x7fff, 0x8000, 0xffff];
      const wanted = new Map<string, string>();
      let next = 0;
      for (const group of groups) {
        for (const state of states) {
          for (const path of CONFUSABLE) {
            const value = bytesOf(next >> 8, next & 0xff);
            next++;
            store.put(group, state, path, value);
            wanted.set(`${group} ${state} ${hexOf(path)}`, hexOf(value));
          }
        }
      }
      for (const group of groups) {
        for (const state of states) {
          for (const path of CONFUSABLE) {
            const address = `${group} ${state} ${hexOf(path)}`;
            const found = hexOf(store.get(group, state, path));
            if (found !== wanted.get(address)) assertEqual(found, wanted.get(address), address);
          }
        }
      }
      for (const group of [2, 15, 126]) {
        assertEqual(hexOf(store.get(group, 0, bytesOf(1))), 'nothing', `key group ${group}, which has nothing`);
        assertEqual(scanAll(store, { keyGroup: group, stateId: 0 }), [], `a scan of key group ${group}`);
      }
    },
  },
  {
    id: 'KS-BYTES-01',
    title: 'the caller may overwrite the arrays that it handed in',
    async run(harness) {
      const store = await harness.open();
      const path = new Uint8Array(4);
      const value = new Uint8Array(4);
      for (let index = 0; index < 50; index++) {
        path.fill(index);
        value.fill(index + 100);
        store.put(GROUP, STATE, path, value);
      }
      path.fill(10);
      store.delete(GROUP, STATE, path);
      path.fill(0xee);
      value.fill(0xee);
      for (let index = 0; index < 50; index++) {
        path.fill(index);
        const wanted = index === 10 ? 'nothing' : hexOf(new Uint8Array(4).fill(index + 100));
        assertEqual(hexOf(store.get(GROUP, STATE, path)), wanted, `the value at ${hexOf(path)}`);
      }
      path.fill(0xee);
      assertEqual(scanAll(store).length, 49, 'entries of the scan');
    },
  },
  {
    id: 'KS-BYTES-02',
    title: 'an array that is part of a larger buffer counts for its own bytes',
    async run(harness) {
      const store = await harness.open();
      const buffer = Uint8Array.from({ length: 64 }, (_, index) => index);
      store.put(GROUP, STATE, buffer.subarray(8, 12), buffer.subarray(20, 23));
      assertEqual(hexOf(store.get(GROUP, STATE, bytesOf(8, 9, 10, 11))), '141516', 'the value');
      assertEqual(hexOf(store.get(GROUP, STATE, buffer.subarray(8, 12))), '141516', 'asked for with such an array');
      const inside = store.scan(GROUP, STATE, buffer.subarray(8, 10), buffer.subarray(8, 11), 10);
      assertEqual(
        inside.map(({ path, value }) => [hexOf(path), hexOf(value)]),
        [['08090a0b', '141516']],
        'scanned with such arrays',
      );
      store.delete(GROUP, STATE, buffer.subarray(8, 12));
      assertEqual(scanAll(store), [], 'after a delete');
    },
  },
  {
    id: 'KS-VALUE-01',
    title: 'values of any length come back',
    async run(harness) {
      const store = await harness.open();
      const lengths = [1, 255, 256, 511, 1024, 4095, 4096, 4097, 16_384, 65_535, 65_536, 1_000_003];
      const contentOf = (length: number): Uint8Array =>
        Uint8Array.from({ length }, (_, index) => (index * 31 + length) & 0xff);
      for (const length of lengths) store.put(GROUP, STATE, bytesOf(String(length)), contentOf(length));
      const check = (what: string): void => {
        for (const length of lengths) {
          const found = store.get(GROUP, STATE, bytesOf(String(length)));
          if (!isEqual(found, contentOf(length)))
            assertEqual(hexOf(found), hexOf(contentOf(length)), `${length} bytes, ${what}`);
        }
      };
      check('read');
      for (const { path, value } of store.scan(GROUP, STATE, NONE, undefined, 100)) {
        const length = Number(String.fromCharCode(...path));
        assertTrue(isEqual(value, contentOf(length)), `${length} bytes came otherwise from a scan`);
      }
      for (const length of lengths) store.put(GROUP, STATE, bytesOf(String(length)), contentOf(length));
      check('put again');
    },
  },
  {
    id: 'KS-PATH-01',
    title: 'paths up to the longest are told apart by their last byte',
    async run(harness) {
      const store = await harness.open();
      const longest = Math.min(store.pathBytesMax ?? 4096, 65_536);
      assertTrue(longest >= 32, `a store takes paths of 32 bytes at least, not of ${longest}`);
      const lengths = [1, 16, 17, 255, 256, 511, longest - 1, longest].filter((length) => length <= longest);
      const pathOf = (length: number, last: number): Uint8Array => {
        const path = new Uint8Array(length).fill(0x61);
        path[length - 1] = last;
        return path;
      };
      for (const length of lengths) {
        for (const last of [0x00, 0x61, 0xff])
          store.put(GROUP, STATE, pathOf(length, last), bytesOf(length & 0xff, last));
      }
      for (const length of lengths) {
        for (const last of [0x00, 0x61, 0xff]) {
          assertEqual(
            hexOf(store.get(GROUP, STATE, pathOf(length, last))),
            hexOf(bytesOf(length & 0xff, last)),
            `a path of ${length} bytes that ends in ${last}`,
          );
        }
      }
      assertEqual(scanAll(store, { limit: 2 }).length, new Set(lengths).size * 3, 'entries of the scan');
    },
  },
  {
    id: 'KS-DELETE-01',
    title: 'deleteState removes everything of the state in the key group, and nothing else',
    async run(harness) {
      const store = await harness.open();
      const fill = (group: number, state: number): void => {
        for (let index = 0; index < 300; index++)
          store.put(group, state, bytesOf(index >> 8, index & 0xff), bytesOf(1));
        store.put(group, state, NONE, bytesOf(2));
        store.put(group, state, bytesOf(0xff, 0xff, 0xff), bytesOf(3));
      };
      const places = [
        [GROUP, STATE],
        [GROUP, STATE - 1],
        [GROUP, STATE + 1],
        [GROUP - 1, STATE],
        [GROUP + 1, STATE],
        [GROUP, 0xffff],
      ] as const;
      for (const [group, state] of places) fill(group, state);
      store.deleteState(GROUP, STATE);
      store.deleteState(GROUP, STATE);
      store.deleteState(99, 99);
      for (const [index, [keyGroup, stateId]] of places.entries()) {
        assertEqual(
          scanAll(store, { keyGroup, stateId }).length,
          index === 0 ? 0 : 302,
          `entries of key group ${keyGroup}, state ${stateId}`,
        );
      }
      assertEqual(hexOf(store.get(GROUP, STATE, NONE)), 'nothing', 'the entry at the empty path');
      store.put(GROUP, STATE, bytesOf(5), bytesOf(6));
      assertEqual(scanAll(store), [['05', '06']], 'put again afterwards');
    },
  },
];
