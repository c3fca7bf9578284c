// A keyed store in memory, in order of path: for tests of whatever is built on the interface, and with the freedom that
// the interface gives an implementation used to the full.
//
//   MK1. With `strict` an array that `get` handed out is overwritten by the next call, and no two calls hand out the same
//        one: whoever keeps one, or writes into one, finds out.
//   MK2. A put that fails has changed nothing.
//   MK3. A put of a path that comes after all others is appended; anything else costs a search, and now and then a merge of
//        what was put since.

import { StateError } from '@tidemark/state-core';
import type { KeyedStore, KeyedStoreEntry, KeyedStoreScratch } from '@tidemark/state-core/spi';

/** How a {@link MemoryKeyedStore} behaves. */
export interface MemoryKeyedStoreOptions {
  /** Refuse longer paths. Default: no limit. */
  readonly pathBytesMax?: number;
  /** Overwrite arrays as soon as the interface allows it (MK1). Default false. */
  readonly strict?: boolean;
  /** Asked before every put, which are counted from 1: true makes it fail as a full store does. */
  readonly failPut?: (count: number) => boolean;
  /** Whether there is scratch space; without it callers keep such bytes in memory. Default true. */
  readonly scratch?: boolean;
  /** Asked before bytes are appended to scratch space: true makes it fail as a full disk does. */
  readonly failScratch?: () => boolean;
}

/** Entries in the order of their paths. */
class SortedEntries {
  readonly values: Map<string, Uint8Array> = new Map();
  private sorted: string[] = [];
  /** Paths that `sorted` lacks; those that it has too many are found missing in `values`. */
  private added: string[] = [];

  put(path: string, value: Uint8Array): void {
    if (!this.values.has(path)) {
      const last = this.sorted[this.sorted.length - 1];
      if (this.added.length === 0 && (last === undefined || last < path)) this.sorted.push(path);
      else this.added.push(path);
    }
    this.values.set(path, value);
  }

  delete(path: string): void {
    this.values.delete(path);
  }

  /** Calls `visit` with the paths from `from` on until it returns false. */
  walk(from: string, visit: (path: string, value: Uint8Array) => boolean): void {
    this.settle();
    const { sorted, values } = this;
    for (let index = lowerBound(sorted, from); index < sorted.length; index++) {
      const path = sorted[index] as string;
      const value = values.get(path);
      if (value !== undefined && !visit(path, value)) return;
    }
  }

  private settle(): void {
    const isSparse = this.sorted.length > 2 * this.values.size + 64;
    if (this.added.length === 0 && !isSparse) return;
    const added = this.added.sort(compareText);
    const merged: string[] = [];
    let next = 0;
    const take = (path: string): void => {
      if (this.values.has(path) && merged[merged.length - 1] !== path) merged.push(path);
    };
    for (const path of this.sorted) {
      while (next < added.length && (added[next] as string) <= path) take(added[next++] as string);
      take(path);
    }
    while (next < added.length) take(added[next++] as string);
    this.sorted = merged;
    this.added = [];
  }
}

/** Keeps everything in memory. */
export class MemoryKeyedStore implements KeyedStore {
  readonly pathBytesMax?: number;
  readonly openScratch?: (purpose: string) => KeyedStoreScratch;
  /** Calls of `put` so far. */
  puts = 0;
  /** Bytes of paths and values handed to `put` so far. */
  putBytes = 0;
  /** Scratch spaces that are open. */
  openScratches = 0;
  isClosed = false;

  private readonly options: MemoryKeyedStoreOptions;
  private readonly states: Map<number, SortedEntries> = new Map();
  private lent: Uint8Array | undefined = undefined;

  constructor(options: MemoryKeyedStoreOptions = {}) {
    this.options = options;
    if (options.pathBytesMax !== undefined) this.pathBytesMax = options.pathBytesMax;
    if (options.scratch !== false) this.openScratch = () => new MemoryScratch(this, options.failScratch);
  }

  /** Entries of all states and key groups. */
  get entryCount(): number {
    let count = 0;
    for (const { values } of this.states.values()) count += values.size;
    return count;
  }

  /** Entries of a state in a key group. */
  countOf(keyGroup: number, stateId: number): number {
    return this.states.get(placeOf(keyGroup, stateId))?.values.size ?? 0;
  }

  get(keyGroup: number, stateId: number, path: Uint8Array): Uint8Array | undefined {
    this.takeBack();
    const value = this.states.get(placeOf(keyGroup, stateId))?.values.get(textOf(path));
    if (value === undefined || this.options.strict !== true) return value;
    this.lent = value.slice();
    return this.lent;
  }

  put(keyGroup: number, stateId: number, path: Uint8Array, value: Uint8Array): void {
    this.checkPath(path);
    this.puts++;
    if (this.options.failPut?.(this.puts) === true) throw storeFull();
    this.putBytes += path.length + value.length;
    const place = placeOf(keyGroup, stateId);
    let entries = this.states.get(place);
    if (entries === undefined) {
      entries = new SortedEntries();
      this.states.set(place, entries);
    }
    entries.put(textOf(path), value.slice());
    this.takeBack();
  }

  delete(keyGroup: number, stateId: number, path: Uint8Array): void {
    this.checkPath(path);
    this.takeBack();
    this.states.get(placeOf(keyGroup, stateId))?.delete(textOf(path));
  }

  scan(
    keyGroup: number,
    stateId: number,
    prefix: Uint8Array,
    after: Uint8Array | undefined,
    limit: number,
  ): readonly KeyedStoreEntry[] {
    this.takeBack();
    const found: KeyedStoreEntry[] = [];
    const first = textOf(prefix);
    const last = after === undefined ? undefined : textOf(after);
    if (limit <= 0) return found;
    const from = last !== undefined && last > first ? last : first;
    this.states.get(placeOf(keyGroup, stateId))?.walk(from, (path, value) => {
      if (last !== undefined && path <= last) return true;
      if (!path.startsWith(first)) return false;
      found.push({ path: bytesOf(path), value: value.slice() });
      return found.length < limit;
    });
    return found;
  }

  deleteState(keyGroup: number, stateId: number): void {
    this.takeBack();
    this.states.delete(placeOf(keyGroup, stateId));
  }

  batch(write: () => void): void {
    write();
  }

  metrics(): Readonly<Record<string, number | string>> {
    return { storedEntries: this.entryCount };
  }

  async close(): Promise<void> {
    this.isClosed = true;
    this.states.clear();
  }

  private checkPath(path: Uint8Array): void {
    const { pathBytesMax = Number.POSITIVE_INFINITY } = this;
    if (path.length > pathBytesMax) throw new RangeError(`a path of ${path.length} bytes, the most is ${pathBytesMax}`);
  }

  private takeBack(): void {
    this.lent?.fill(0xee);
    this.lent = undefined;
  }
}

class MemoryScratch implements KeyedStoreScratch {
  lengthBytes = 0;
  private readonly parts: Uint8Array[] = [];
  private readonly positions: number[] = [];
  private isOpen = true;

  constructor(
    private readonly owner: MemoryKeyedStore,
    private readonly fails: (() => boolean) | undefined,
  ) {
    owner.openScratches++;
  }

  append(bytes: Uint8Array): number {
    if (this.fails?.() === true) throw storeFull();
    const position = this.lengthBytes;
    this.parts.push(bytes.slice());
    this.positions.push(position);
    this.lengthBytes += bytes.length;
    return position;
  }

  read(position: number, lengthBytes: number): Uint8Array {
    if (position < 0 || position + lengthBytes > this.lengthBytes) throw new RangeError('no such bytes');
    const bytes = new Uint8Array(lengthBytes);
    let index = lastAtOrBefore(this.positions, position);
    for (let filled = 0; filled < lengthBytes; index++) {
      const start = position + filled - (this.positions[index] as number);
      const part = (this.parts[index] as Uint8Array).subarray(start, start + lengthBytes - filled);
      bytes.set(part, filled);
      filled += part.length;
    }
    return bytes;
  }

  close(): void {
    if (!this.isOpen) return;
    this.isOpen = false;
    this.owner.openScratches--;
    this.parts.length = 0;
  }
}

function storeFull(): StateError {
  return new StateError('storage-no-space', 'the store is full; give it more room and try again');
}

function placeOf(keyGroup: number, stateId: number): number {
  return keyGroup * 65536 + stateId;
}

/** The most characters per call of String.fromCharCode, which takes them as arguments. */
const TEXT_PART = 4096;

/** Text whose order is that of the bytes. */
function textOf(bytes: Uint8Array): string {
  if (bytes.length <= TEXT_PART) return String.fromCharCode.apply(null, bytes as unknown as number[]);
  let text = '';
  for (let start = 0; start < bytes.length; start += TEXT_PART)
    text += textOf(bytes.subarray(start, start + TEXT_PART));
  return text;
}

function bytesOf(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length);
  for (let index = 0; index < text.length; index++) bytes[index] = text.charCodeAt(index);
  return bytes;
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function lowerBound(sorted: readonly string[], text: string): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((sorted[middle] as string) < text) low = middle + 1;
    else high = middle;
  }
  return low;
}

function lastAtOrBefore(positions: readonly number[], position: number): number {
  let low = 0;
  let high = positions.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >>> 1;
    if ((positions[middle] as number) <= position) low = middle;
    else high = middle - 1;
  }
  return low;
}
