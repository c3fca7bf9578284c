// A keyed store in memory that fails at a given write and says in which of the allowed ways: what a batch wrote until then
// may be gone, or be there in part.

import { StateError } from '../../src/error/state-error.js';
import { latin1OfBytes } from '../../src/serialization/key-bytes.js';
import type { KeyedStoreEntry, TakeKeyedEntry } from '../../src/state-backend/keyed-store.js';
import { bytesOf, SortedStore } from './sorted-store.js';

/** What becomes of a batch that fails: all of it is undone, the first writes stay, or the store knows no batches. */
export type BatchFailure = 'undone' | 'in-part' | 'no-batches';

export class FailingStore extends SortedStore {
  readonly batch?: (write: () => void) => void;
  readonly visit?: (
    keyGroup: number,
    stateId: number,
    prefix: Uint8Array,
    after: Uint8Array | undefined,
    limit: number,
    take: TakeKeyedEntry,
  ) => void;
  /** So many writes until one fails, that included; 0 for none. The end of a batch counts as a write. */
  failAt = 0;
  /** Whether every write fails. */
  isFull = false;
  /** How often something failed. */
  failures = 0;
  private readonly orders: Map<number, string[]> = new Map();
  private readonly undoing: (() => void)[] = [];
  private isInBatch = false;

  constructor({ pathBytesMax, onFailure, visits }: FailingStoreOptions) {
    super(pathBytesMax);
    if (onFailure !== 'no-batches') this.batch = (write) => this.run(write, onFailure === 'undone' ? 0 : 0.6);
    if (visits) {
      this.visit = (keyGroup, stateId, prefix, after, limit, take) => {
        for (const { path, value } of this.scan(keyGroup, stateId, prefix, after, limit)) {
          take(path, 0, path.length, value, 0, value.length);
          path.fill(0xdd);
          value.fill(0xdd);
        }
      };
    }
  }

  override put(keyGroup: number, stateId: number, path: Uint8Array, value: Uint8Array): void {
    this.mayFail();
    this.note(keyGroup, stateId, path);
    const entries = this.entriesOf(keyGroup, stateId);
    if (!entries.has(latin1OfBytes(path))) this.orders.delete(keyGroup * 65536 + stateId);
    super.put(keyGroup, stateId, path, value);
  }

  override delete(keyGroup: number, stateId: number, path: Uint8Array): void {
    this.mayFail();
    this.note(keyGroup, stateId, path);
    this.orders.delete(keyGroup * 65536 + stateId);
    super.delete(keyGroup, stateId, path);
  }

  override deleteState(keyGroup: number, stateId: number): void {
    this.mayFail();
    const place = keyGroup * 65536 + stateId;
    const before = this.states.get(place);
    if (this.isInBatch && before !== undefined) this.undoing.push(() => this.states.set(place, before));
    this.orders.delete(place);
    super.deleteState(keyGroup, stateId);
  }

  override scan(
    keyGroup: number,
    stateId: number,
    prefix: Uint8Array,
    after: Uint8Array | undefined,
    limit: number,
  ): readonly KeyedStoreEntry[] {
    super.get(keyGroup, stateId, prefix);
    const place = keyGroup * 65536 + stateId;
    const entries = this.entriesOf(keyGroup, stateId);
    let order = this.orders.get(place);
    if (order === undefined) {
      order = [...entries.keys()].sort();
      this.orders.set(place, order);
    }
    const [first, last] = [latin1OfBytes(prefix), after && latin1OfBytes(after)];
    const found: KeyedStoreEntry[] = [];
    for (const path of order) {
      if (found.length === limit) break;
      if (path < first || (last !== undefined && path <= last)) continue;
      if (!path.startsWith(first)) break;
      found.push({ path: bytesOf(path), value: (entries.get(path) as Uint8Array).slice() });
    }
    return found;
  }

  private run(write: () => void, staying: number): void {
    if (this.isInBatch) throw new Error('a batch within a batch');
    this.isInBatch = true;
    try {
      write();
      this.mayFail();
    } catch (error) {
      const kept = Math.floor(this.undoing.length * staying);
      for (const undo of this.undoing.slice(kept).reverse()) undo();
      this.orders.clear();
      throw error;
    } finally {
      this.isInBatch = false;
      this.undoing.length = 0;
    }
  }

  private mayFail(): void {
    if (!this.isFull && (this.failAt === 0 || --this.failAt > 0)) return;
    this.failures++;
    throw new StateError('storage-no-space', 'the store is full');
  }

  private note(keyGroup: number, stateId: number, path: Uint8Array): void {
    if (!this.isInBatch) return;
    const entries = this.entriesOf(keyGroup, stateId);
    const text = latin1OfBytes(path);
    const before = entries.get(text);
    this.undoing.push(() => {
      if (before === undefined) entries.delete(text);
      else entries.set(text, before);
    });
  }
}

export interface FailingStoreOptions {
  readonly pathBytesMax?: number | undefined;
  readonly onFailure: BatchFailure;
  /** Whether it has `visit`. */
  readonly visits: boolean;
}
