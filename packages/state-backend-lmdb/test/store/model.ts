// A store beside a map that says what is in it, under random work.

import { expect } from 'vitest';
import type { LmdbKeyedStore } from '../../src/store/lmdb-keyed-store.js';

const EMPTY: Uint8Array = new Uint8Array(0);

/** Numbers that a seed fixes. */
export function randomOf(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

/** What ought to be in a store. */
export class StoreModel {
  private entries: Map<string, Buffer> = new Map();

  constructor(
    private readonly random: () => number,
    private readonly keys: number,
    private readonly largeShare: number,
  ) {}

  get size(): number {
    return this.entries.size;
  }

  /** Does the same random writes to both; the model follows only when the store has taken it. */
  batch(
    store: LmdbKeyedStore,
    { abort = false, deletesOnly = false }: { readonly abort?: boolean; readonly deletesOnly?: boolean } = {},
  ): void {
    const next = new Map(this.entries);
    const count = Math.floor(this.random() * 300);
    store.batch(() => {
      for (let index = 0; index < count; index++) {
        const number = Math.floor(this.random() * this.keys);
        const [keyGroup, stateId, path] = [number % 7, number % 3, Buffer.from(`key-${number}`)];
        if (deletesOnly || this.random() < 0.3) {
          store.delete(keyGroup, stateId, path);
          next.delete(addressOf(keyGroup, stateId, path));
          continue;
        }
        const length = Math.floor(this.random() * (this.random() < this.largeShare ? 400_000 : 600));
        const value = Buffer.alloc(length, Math.floor(this.random() * 256));
        store.put(keyGroup, stateId, path, value);
        next.set(addressOf(keyGroup, stateId, path), value);
      }
      if (abort) throw new Error('aborted');
    });
    this.entries = next;
  }

  deleteState(store: LmdbKeyedStore, keyGroup: number, stateId: number): void {
    store.deleteState(keyGroup, stateId);
    const prefix = `${keyGroup}/${stateId}/`;
    for (const address of this.entries.keys()) if (address.startsWith(prefix)) this.entries.delete(address);
  }

  /** Compares everything, by scan and by get. */
  check(store: LmdbKeyedStore): void {
    let count = 0;
    for (let keyGroup = 0; keyGroup < 7; keyGroup++) {
      for (let stateId = 0; stateId < 3; stateId++) {
        let after: Uint8Array | undefined;
        for (;;) {
          const found = store.scan(keyGroup, stateId, EMPTY, after, 64);
          for (const { path, value } of found) {
            const expected = this.entries.get(addressOf(keyGroup, stateId, path));
            if (expected === undefined || Buffer.compare(expected, value) !== 0)
              expect.fail(`wrong value of ${addressOf(keyGroup, stateId, path)}`);
            const read = store.get(keyGroup, stateId, path) as Uint8Array;
            if (Buffer.compare(expected, read) !== 0) expect.fail('get and scan differ');
            after = path;
          }
          count += found.length;
          if (found.length < 64) break;
        }
      }
    }
    expect(count).toBe(this.entries.size);
  }
}

function addressOf(keyGroup: number, stateId: number, path: Uint8Array): string {
  return `${keyGroup}/${stateId}/${Buffer.from(path).toString('latin1')}`;
}
