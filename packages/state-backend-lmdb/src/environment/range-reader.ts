// Ranges of one database, read as fast as lmdb gives them.
//
// Owns: how a range is asked for. Leaves what is in it, and errors, to lmdb-file.ts.
//
//   RR1. No cursor outlives a call.
//   RR2. Keys and values are looked at where lmdb puts them, and change with the next one.
//   RR3. A range of lmdb is made once and asked again and again, with another start each time: making one costs more than
//        reading a few entries. It remembers whether it was asked within a transaction, so there is one for each case.

import type { RootDatabase } from 'lmdb';
import { END, type EntryKey } from './entry-key.js';

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
  private take: TakeRecord = () => false;
  private isOver = false;
  private source: Uint8Array = NO_BYTES;
  /** All of lmdb's shared buffer, as a plain array. */
  private shared: Uint8Array = NO_BYTES;

  constructor(root: RootDatabase<Uint8Array, Uint8Array>, name: string, key: EntryKey) {
    const decode = (source: Uint8Array, length: number): void => {
      if (source !== this.source || this.shared.length < length) {
        this.source = source;
        const { byteOffset, buffer } = source;
        const lengthBytes = Math.max(length, (source as { readonly maxLength?: number }).maxLength ?? 0);
        this.shared = new Uint8Array(buffer, byteOffset, Math.min(lengthBytes, buffer.byteLength - byteOffset));
      }
      this.isOver = !this.take(this.shared, length);
    };
    const encode = (bytes: Uint8Array): Uint8Array => bytes;
    // lmdb hands its own buffer to a decoder that does not ask for another, and copies for everybody else.
    const keyEncoder = { writeKey: key.writeKey, readKey: key.noteKey };
    const options = { name, encoding: 'binary', keyEncoder, encoder: { encode, decode } } as const;
    const database = root.openDB<unknown, Uint8Array>(options as never);
    const range = (): Iterable<unknown> => database.getRange(this.options as never) as unknown as Iterable<unknown>;
    this.inTransaction = range();
    this.outside = range();
  }

  /** Calls `take` with up to `limit` values from `start` to the end that the key was given. */
  read(start: Uint8Array, exclusiveStart: boolean, limit: number, isInTransaction: boolean, take: TakeRecord): void {
    if (limit <= 0) return;
    this.options.start = start;
    this.options.exclusiveStart = exclusiveStart;
    this.take = take;
    this.isOver = false;
    const range = isInTransaction ? this.inTransaction : this.outside;
    const iterator = range[Symbol.iterator]();
    try {
      for (let rest = limit; rest > 0 && !this.isOver && iterator.next().done !== true; rest--);
    } finally {
      // An iterator that was not used up would keep its cursor, and the pages it looks at, for good.
      iterator.return?.();
    }
  }
}
