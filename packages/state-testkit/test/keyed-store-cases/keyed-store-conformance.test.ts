// The store in memory passes the cases of keyed stores, and stores with one fault do not.

import type { KeyedStore } from '@tidemark/state-core/spi';
import { describe, expect, test } from 'vitest';
import { keyedStoreConformance, MemoryKeyedStore, runConformance } from '../../src/index.js';
import { register } from '../../src/vitest.js';

const ALL = { batch: true, scratch: true, failingPuts: true };

function memoryStores(strict: boolean) {
  const failing = new Set<KeyedStore>();
  return {
    open: () => {
      const store: MemoryKeyedStore = new MemoryKeyedStore({ strict, failPut: () => failing.delete(store) });
      return store;
    },
    failNextPut: (store: KeyedStore) => void failing.add(store),
  };
}

for (const strict of [false, true]) {
  register(
    keyedStoreConformance({
      name: strict ? 'memory that takes its arrays back' : 'memory',
      capabilities: ALL,
      create: () => memoryStores(strict),
    }),
  );
}

/** What one fault does to the store in memory. */
const FAULTS: readonly [title: string, killer: string, make: () => KeyedStore][] = [
  [
    'keeps the array that it is given',
    'KS-BYTES-01',
    () => {
      class Keeping extends MemoryKeyedStore {
        private readonly kept: [string, Uint8Array][] = [];
        override put(group: number, state: number, path: Uint8Array, value: Uint8Array): void {
          super.put(group, state, path, value);
          this.kept.push([`${group} ${state} ${path}`, value]);
        }
        override get(group: number, state: number, path: Uint8Array): Uint8Array | undefined {
          const found = super.get(group, state, path);
          return found && (this.kept.findLast(([address]) => address === `${group} ${state} ${path}`)?.[1] ?? found);
        }
      }
      return new Keeping();
    },
  ],
  [
    'takes the whole buffer of a view',
    'KS-BYTES-02',
    () => {
      class Whole extends MemoryKeyedStore {
        override put(group: number, state: number, path: Uint8Array, value: Uint8Array): void {
          super.put(group, state, path, new Uint8Array(value.buffer));
        }
      }
      return new Whole();
    },
  ],
  [
    'scans from `after` on instead of behind it',
    'KS-SCAN-04',
    () => {
      class Inclusive extends MemoryKeyedStore {
        override scan(...args: Parameters<MemoryKeyedStore['scan']>): ReturnType<MemoryKeyedStore['scan']> {
          const [group, state, prefix, after, limit] = args;
          const [first] = after === undefined ? [] : super.scan(group, state, after, undefined, 1);
          const rest = super.scan(group, state, prefix, after, limit);
          const isAt = first !== undefined && String(first.path) === String(after);
          return isAt ? [first, ...rest].slice(0, limit) : rest;
        }
      }
      return new Inclusive();
    },
  ],
  [
    'visits one entry fewer than it scans',
    'KS-SCAN-06',
    () => {
      class Visiting extends MemoryKeyedStore {
        visit(...[group, state, prefix, after, limit, take]: Parameters<NonNullable<KeyedStore['visit']>>): void {
          const found = super.scan(group, state, prefix, after, limit);
          for (const { path, value } of found.slice(1)) take(path, 0, path.length, value, 0, value.length);
        }
      }
      return new Visiting();
    },
  ],
  [
    'orders paths by signed bytes',
    'KS-SCAN-01',
    () => {
      class Signed extends MemoryKeyedStore {
        override scan(...args: Parameters<MemoryKeyedStore['scan']>): ReturnType<MemoryKeyedStore['scan']> {
          const signed = (bytes: Uint8Array): string =>
            Array.from(bytes, (byte) => String.fromCharCode(byte ^ 0x80)).join('');
          const found = [...super.scan(args[0], args[1], args[2], undefined, 1e6)].sort((a, b) =>
            signed(a.path) < signed(b.path) ? -1 : 1,
          );
          const [, , , after, limit] = args;
          return found.filter(({ path }) => after === undefined || signed(path) > signed(after)).slice(0, limit);
        }
      }
      return new Signed();
    },
  ],
  [
    'has its states in 15 bits',
    'KS-GET-03',
    () => {
      class Narrow extends MemoryKeyedStore {
        override put(group: number, state: number, path: Uint8Array, value: Uint8Array): void {
          super.put(group, state & 0x7fff, path, value);
        }
        override get(group: number, state: number, path: Uint8Array): Uint8Array | undefined {
          return super.get(group, state & 0x7fff, path);
        }
      }
      return new Narrow();
    },
  ],
];

describe('a store that', () => {
  test.each(FAULTS)('%s fails %s', async (_title, killer, make) => {
    const suite = keyedStoreConformance({
      name: 'faulty',
      capabilities: { ...ALL, failingPuts: false },
      create: () => ({ open: () => make() }),
    });
    const report = await runConformance(suite, { filter: killer });
    expect(report.totals).toMatchObject({ failed: 1 });
    expect(report.cases.find(({ id }) => id === killer)?.error?.name).toBe('ConformanceFailure');
  });
});
