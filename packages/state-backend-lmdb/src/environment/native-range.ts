// Ranges through the functions of lmdb's native part, which lmdb does not document: what a range of lmdb costs besides is
// half of a short walk.
//
// Owns: which of them are used, whether they are there, and what lies where when they have been called. Leaves to
// range-reader.ts what is read, and reading in the documented way, which it does wherever this is missing or gives up.
//
// Used as lmdb's own iterator does (read.js of lmdb 3.5): `position(cursor, flags, offset, key bytes, end)` and
// `iterate(cursor)`, which return the bytes of the key, 0 at the end or a negative error; `getCurrentValue(cursor)`;
// `getAddress(buffer)`; `ensureReadTxn()` of a store; `db.availableCursor`, the cursor that lmdb keeps for its next range.
//
//   key buffer     0            4            8             32
//                  +------------+------------+-------------+--------------------+
//                  | value      | 0, or      |             | key                |    the start of a range is written
//                  | bytes u32  | elsewhere  |             |                    |    at 0
//                  +------------+------------+-------------+--------------------+
//   end            | key bytes u32 | key |                                            both in the order of the machine
//
//   NR1. The cursor is lmdb's: it is taken as it lies there between two ranges, renewed by every `position` and left there.
//        Without one there is no such range; lmdb's iterator makes it and leaves it. Not within a transaction that writes.
//   NR2. lmdb copies values into a buffer that any user of lmdb in this thread may have exchanged for a larger one. Whether
//        ours is that buffer is found out with every range, before a byte of it is believed.
//   NR3. Where any of this is not as it is said here, nothing was read, and that is what is said.

import type { LmdbModule } from './lmdb-module.js';

const INCLUDE_VALUES = 0x100;
const RENEW_CURSOR = 0x2000;
const EXCLUSIVE_START = 0x10000;
const NOT_FOUND = -30798;
const KEY_AT = 32;
const END_BYTES_MAX = 4096;
/** What stands where a value is to come. */
const MARK = 0xa5;

const NO_BYTES: Uint8Array = new Uint8Array(0);
const NO_WORDS: Uint32Array = new Uint32Array(2);

/** What is used of the native part. */
interface NativeFunctions {
  position(cursor: number, flags: number, offset: number, keyBytes: number, end: number): number;
  iterate(cursor: number): number;
  getCurrentValue(cursor: number): number;
  getAddress(buffer: ArrayBufferLike): number;
}

/** What is used of a store. */
interface NativeStore {
  ensureReadTxn(): void;
  readonly db: { readonly availableCursor: { readonly address: number } | null | undefined };
}

const FUNCTIONS = ['position', 'iterate', 'getCurrentValue', 'getAddress'] as const;

/** Writes a key, and returns where it ends. */
export type WriteKey = (path: Uint8Array, target: Uint8Array, start: number) => number;

/** What {@link NativeRange.begin} and {@link NativeRange.next} return besides the bytes of a key. */
export const AT_END: number = 0;
export const GAVE_UP: number = -1;

/** Reads ranges of one database, one at a time. */
export class NativeRange {
  /** Where keys lie, from {@link KEY_AT} on. */
  keyBytes: Uint8Array = NO_BYTES;
  /** Where values lie. */
  shared: Uint8Array = NO_BYTES;
  readonly keyStart: number = KEY_AT;
  private words: Uint32Array = NO_WORDS;
  private cursor = 0;
  /** Whether `shared` was seen to be the buffer that lmdb writes values into (NR2). */
  private isChecked = false;
  private readonly end: Uint8Array;
  private readonly endWords: Uint32Array;
  private readonly endAddress: number;

  private constructor(
    private readonly functions: NativeFunctions,
    private readonly store: NativeStore,
    private readonly writeKey: WriteKey,
  ) {
    // Not of a pool, and not on the heap: it stays where it is.
    this.end = Buffer.allocUnsafeSlow(END_BYTES_MAX);
    this.endWords = new Uint32Array(this.end.buffer, 0, 1);
    this.endAddress = functions.getAddress(this.end.buffer);
  }

  /** For a store of lmdb; `undefined` where lmdb has not what is needed. */
  static of(module: LmdbModule, store: object, writeKey: WriteKey): NativeRange | undefined {
    const functions = module.nativeAddon as Partial<NativeFunctions> | undefined;
    const { db, ensureReadTxn } = store as Partial<NativeStore>;
    if (FUNCTIONS.some((name) => typeof functions?.[name] !== 'function')) return undefined;
    if (typeof ensureReadTxn !== 'function' || typeof db !== 'object') return undefined;
    const range = new NativeRange(functions as NativeFunctions, store as NativeStore, writeKey);
    return Number.isSafeInteger(range.endAddress) && range.endAddress > 0 ? range : undefined;
  }

  /** Says where lmdb had a key and a value of `length` bytes when it read a range itself; believed where it is as drawn above. */
  learn(keyBytes: Uint8Array, keyStart: number, shared: Uint8Array, length: number): void {
    if (keyBytes.byteOffset % 4 !== 0 || keyStart !== KEY_AT) return;
    const words = new Uint32Array(keyBytes.buffer, keyBytes.byteOffset, 2);
    if (words[0] !== length || words[1] !== 0) return;
    this.keyBytes = keyBytes;
    this.words = words;
    this.shared = shared;
  }

  /** Begins at a path or after it. @returns How many bytes the first key has, {@link AT_END} or {@link GAVE_UP}. */
  begin(start: Uint8Array, exclusiveStart: boolean, end: Uint8Array): number {
    const { shared, store, writeKey, keyBytes } = this;
    if (shared.length === 0) return GAVE_UP;
    store.ensureReadTxn();
    const address = store.db.availableCursor?.address;
    if (address === undefined) return GAVE_UP;
    this.cursor = address;
    this.isChecked = false;
    shared[0] = MARK;
    this.endWords[0] = writeKey(end, this.end, 4) - 4;
    const flags = exclusiveStart ? INCLUDE_VALUES | RENEW_CURSOR | EXCLUSIVE_START : INCLUDE_VALUES | RENEW_CURSOR;
    const keyLength = this.functions.position(address, flags, 0, writeKey(start, keyBytes, 0), this.endAddress);
    return keyLength > 0 || keyLength === AT_END ? keyLength : keyLength === NOT_FOUND ? AT_END : GAVE_UP;
  }

  /** Goes on to the next entry. @returns As {@link begin}. */
  next(): number {
    const keyLength = this.functions.iterate(this.cursor);
    return keyLength > 0 || keyLength === AT_END ? keyLength : keyLength === NOT_FOUND ? AT_END : GAVE_UP;
  }

  /** How many bytes the value has; negative when it is not in {@link shared}. */
  valueLength(): number {
    const { words, shared } = this;
    const length = words[0] as number;
    if (words[1] !== 0 || length > shared.length) return -1;
    if (!this.isChecked && length > 0 && !this.check()) return -1;
    return length;
  }

  private check(): boolean {
    const { shared } = this;
    if (shared[0] === MARK) {
      // A value may begin like that: then it is written once more over something else.
      shared[0] = MARK ^ 0xff;
      this.functions.getCurrentValue(this.cursor);
      if (shared[0] !== MARK) {
        this.shared = NO_BYTES;
        return false;
      }
    }
    this.isChecked = true;
    return true;
  }
}
