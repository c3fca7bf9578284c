// A keyed store in memory that uses every freedom of the interface: arrays that it hands out are overwritten by the next
// call, and arrays that it was handed are copied.

import { latin1OfBytes } from '../../src/serialization/key-bytes.js';
import type { KeyedStore, KeyedStoreEntry, KeyedStoreScratch } from '../../src/state-backend/keyed-store.js';
import { InMemoryScratch } from '../../src/stored/memory-scratch.js';

export class SortedStore implements KeyedStore {
  readonly pathBytesMax?: number;
  readonly states: Map<number, Map<string, Uint8Array>> = new Map();
  /** Asked before every put; true makes it fail. */
  failPut: (() => boolean) | undefined = undefined;
  failScratch = false;
  scratches = 0;
  private lent: Uint8Array | undefined = undefined;

  constructor(pathBytesMax?: number) {
    if (pathBytesMax !== undefined) this.pathBytesMax = pathBytesMax;
  }

  get(keyGroup: number, stateId: number, path: Uint8Array): Uint8Array | undefined {
    this.takeBack();
    this.lent = this.entriesOf(keyGroup, stateId).get(latin1OfBytes(path))?.slice();
    return this.lent;
  }

  put(keyGroup: number, stateId: number, path: Uint8Array, value: Uint8Array): void {
    if (path.length > (this.pathBytesMax ?? Number.POSITIVE_INFINITY)) throw new RangeError(`path of ${path.length}`);
    if (this.failPut?.()) throw new Error('the store is full');
    this.entriesOf(keyGroup, stateId).set(latin1OfBytes(path), value.slice());
    this.takeBack();
  }

  delete(keyGroup: number, stateId: number, path: Uint8Array): void {
    this.takeBack();
    this.entriesOf(keyGroup, stateId).delete(latin1OfBytes(path));
  }

  scan(
    keyGroup: number,
    stateId: number,
    prefix: Uint8Array,
    after: Uint8Array | undefined,
    limit: number,
  ): readonly KeyedStoreEntry[] {
    this.takeBack();
    const [first, last] = [latin1OfBytes(prefix), after && latin1OfBytes(after)];
    return [...this.entriesOf(keyGroup, stateId)]
      .filter(([path]) => path.startsWith(first) && (last === undefined || path > last))
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .slice(0, limit)
      .map(([path, value]) => ({ path: bytesOf(path), value: value.slice() }));
  }

  deleteState(keyGroup: number, stateId: number): void {
    this.takeBack();
    this.states.delete(keyGroup * 65536 + stateId);
  }

  openScratch(): KeyedStoreScratch {
    this.scratches++;
    const scratch = new InMemoryScratch();
    let isOpen = true;
    return {
      get lengthBytes() {
        return scratch.lengthBytes;
      },
      append: (bytes) => {
        if (this.failScratch) throw new Error('the disk is full');
        return scratch.append(bytes);
      },
      read: (position, lengthBytes) => {
        if (!isOpen) throw new Error('the scratch space was given back');
        return scratch.read(position, lengthBytes);
      },
      close: () => {
        if (isOpen) this.scratches--;
        isOpen = false;
        scratch.close();
      },
    };
  }

  async close(): Promise<void> {}

  /** Entries of a state number, in all key groups. */
  countOf(matches: (stateId: number) => boolean): number {
    let count = 0;
    for (const [place, entries] of this.states) if (matches(place % 65536)) count += entries.size;
    return count;
  }

  entriesOf(keyGroup: number, stateId: number): Map<string, Uint8Array> {
    const place = keyGroup * 65536 + stateId;
    let entries = this.states.get(place);
    if (entries === undefined) {
      entries = new Map();
      this.states.set(place, entries);
    }
    return entries;
  }

  private takeBack(): void {
    this.lent?.fill(0xee);
    this.lent = undefined;
  }
}

export function bytesOf(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}
