// Ranges of one database, read as fast as lmdb gives them.
//
// Owns: how a range is asked for. Leaves what is in it, and errors, to lmdb-file.ts.
//
//   RR1. No cursor outlives a call.
//   RR2. Keys and values are looked at where lmdb puts them, and change with the next one.
//   RR3. A range of lmdb is made once and asked again and again, with another start each time: making one costs more than
//        reading a few entries. It remembers whether it was asked within a transaction, so there is one for each case.
//   RR4. Outside of transactions ranges are read without lmdb's iterator where that can be done (native-range.ts). Where it
//        gives up, the iterator goes on from there, and shows where things lie by now.

import type { RootDatabase } from 'lmdb';
import { copyOf, END, type EntryKey, PREFIX_BYTES } from './entry-key.js';
import type { LmdbModule } from './lmdb-module.js';
import { AT_END, GAVE_UP, NativeRange } from './native-range.js';

/** Takes a value: the first `length` bytes of `bytes`. The key is that which {@link EntryKey} noted. False ends the range. */
export type TakeRecord = (bytes: Uint8Array, length: number) => boolean;

const NO_BYTES: Uint8Array = new Uint8Array(0);

/** What a range of lmdb is asked with. */
interface RangeOptions {
  start: Uint8Array;
  exclusiveStart: boolean;
  readonly end: Uint8Array;
}

/** Reads ranges of a database. Not for use within itself. */
export class RangeReader {
  private readonly options: RangeOptions = { start: NO_BYTES, exclusiveStart: false, end: END };
  private readonly inTransaction: Iterable<unknown>;
  private readonly outside: Iterable<unknown>;
  private readonly key: EntryKey;
  private readonly native: NativeRange | undefined;
  private take: TakeRecord = takeNothing;
  private isOver = false;
  private source: Uint8Array = NO_BYTES;
  /** All of lmdb's shared buffer, as a plain array. */
  private shared: Uint8Array = NO_BYTES;

  constructor(module: LmdbModule, root: RootDatabase<Uint8Array, Uint8Array>, name: string, key: EntryKey) {
    this.key = key;
    const decode = (source: Uint8Array, length: number): void => {
      if (source !== this.source || this.shared.length < length) {
        this.source = source;
        const { byteOffset, buffer } = source;
        const lengthBytes = Math.max(length, (source as { readonly maxLength?: number }).maxLength ?? 0);
        this.shared = new Uint8Array(buffer, byteOffset, Math.min(lengthBytes, buffer.byteLength - byteOffset));
      }
      const { native, shared } = this;
      if (native !== undefined && native.shared !== shared)
        native.learn(key.lastKey, key.lastStart - PREFIX_BYTES, shared, length);
      this.isOver = !this.take(this.shared, length);
    };
    const encode = (bytes: Uint8Array): Uint8Array => bytes;
    // lmdb hands its own buffer to a decoder that does not ask for another, and copies for everybody else.
    const keyEncoder = { writeKey: key.writeKey, readKey: key.noteKey };
    const options = { name, encoding: 'binary', keyEncoder, encoder: { encode, decode } } as const;
    const database = root.openDB<unknown, Uint8Array>(options as never);
    this.native = NativeRange.of(module, database, key.writeKey);
    const range = (): Iterable<unknown> => database.getRange(this.options as never) as unknown as Iterable<unknown>;
    this.inTransaction = range();
    this.outside = range();
  }

  /** Calls `take` with up to `limit` values from `start` to the end that the key was given. */
  read(start: Uint8Array, exclusiveStart: boolean, limit: number, isInTransaction: boolean, take: TakeRecord): void {
    if (limit <= 0) return;
    if (isInTransaction) this.iterate(this.inTransaction, start, exclusiveStart, limit, take);
    else if (this.native === undefined) this.iterate(this.outside, start, exclusiveStart, limit, take);
    else this.readNative(this.native, start, exclusiveStart, limit, take);
  }

  private readNative(
    native: NativeRange,
    start: Uint8Array,
    exclusiveStart: boolean,
    limit: number,
    take: TakeRecord,
  ): void {
    const { key } = this;
    const { keyStart } = native;
    let rest = limit;
    for (let keyLength = native.begin(start, exclusiveStart, END); keyLength !== AT_END; keyLength = native.next()) {
      if (keyLength === GAVE_UP) {
        if (rest === limit) this.iterate(this.outside, start, exclusiveStart, rest, take);
        else this.iterate(this.outside, copyOf(key.lastKey, key.lastStart, key.lastEnd), true, rest, take);
        return;
      }
      key.noteKey(native.keyBytes, keyStart, keyStart + keyLength);
      const length = native.valueLength();
      if (length < 0) {
        this.iterate(this.outside, copyOf(key.lastKey, key.lastStart, key.lastEnd), false, rest, take);
        return;
      }
      if (!take(native.shared, length) || --rest === 0) return;
    }
  }

  private iterate(
    range: Iterable<unknown>,
    start: Uint8Array,
    exclusiveStart: boolean,
    limit: number,
    take: TakeRecord,
  ): void {
    this.options.start = start;
    this.options.exclusiveStart = exclusiveStart;
    this.take = take;
    this.isOver = false;
    const iterator = range[Symbol.iterator]();
    try {
      for (let rest = limit; rest > 0 && !this.isOver && iterator.next().done !== true; rest--);
    } finally {
      // An iterator that was not used up would keep its cursor, and the pages it looks at, for good.
      iterator.return?.();
      // lmdb knows the reader for good, which need not keep more than itself.
      this.take = takeNothing;
    }
  }
}

function takeNothing(): boolean {
  return false;
}
