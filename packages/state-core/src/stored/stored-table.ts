// The entries of one state in one key group as bytes in a keyed store: what the states above see of it.
//
// Owns: the line between what lives in memory (cells, their order of writing) and what lives in the store (envelopes,
// chunks of lists, restored blocks, pre-images, runs of changes).
//
//   ST1. A table knows what was flushed and nothing of what is still in memory: whoever reads looks there first.
//   ST2. Writes carry the epoch in which the change was made. Per key group epochs never descend: everything of epoch e is
//        written before anything of e + 1.
//   ST3. A write that a running full snapshot must not see first puts aside what it replaces; a write that an increment
//        needs is noted. Callers need not care.
//   ST4. Restored entries are in the store before the first read or write of a table returns.
//   ST5. Every call may throw: StateError of kind `corrupt` for bytes that cannot be read, `restore-failed`, codes of the
//        store where it is full. Then nothing changed, and the caller still has what it wanted to write.
//   ST6. `value-not-serializable`, `value-too-large` say that this one value cannot be written, whatever its serializer threw;
//        every other error says that nothing can be written at the moment.

import type { EntryChunk } from './entry-chunk.js';

/** Stands for "there is nothing". */
export const NOTHING: unique symbol = Symbol('nothing');

/** A list, decoded. */
export interface StoredList {
  /** Never empty. Belongs to the caller. */
  readonly values: unknown[];
  /** As long as `values`; `undefined` without time to live. */
  readonly stampsMs: number[] | undefined;
  readonly sizeBytes: number;
}

/**
 * One state in one key group. A path is the canonical bytes of key and namespace, for maps and of the map key, one after
 * another: each is self-delimiting, so byte order is their order. Paths handed in may be overwritten afterwards.
 */
export interface StoredTable {
  readonly keyGroup: number;
  /** How many entries are stored, a list counting as one; `undefined` when writes have left it unknown. */
  readonly entryCount: number | undefined;
  /** Counts the entries by walking over their paths: {@link entryCount} is known afterwards. */
  countEntries(): number;

  /** The value at a path, or {@link NOTHING}. */
  read(path: Uint8Array): unknown;
  /** Of the value that {@link read} returned last: its time stamp; `undefined` without time to live. */
  readonly readStampMs: number | undefined;
  /** Of the value that {@link read} returned last: its size as stored. */
  readonly readSizeBytes: number;
  /**
   * Fills a chunk with entries of a state that is no list whose path begins with `prefix`, after `after`, ascending: fewer than
   * `limit` at the end only, a few more where paths are shortened.
   */
  scanInto(prefix: Uint8Array, after: Uint8Array | undefined, limit: number, chunk: EntryChunk): void;
  /** The value of an entry of a chunk, as {@link read}. */
  readEntry(chunk: EntryChunk, index: number): unknown;
  /** As {@link scanInto} of paths alone; for lists the paths of the lists. */
  scanPaths(prefix: Uint8Array, after: Uint8Array | undefined, limit: number): readonly StoredPath[];
  /** Whether anything is stored at a path (of a list: whether there is one). Decodes nothing. */
  has(path: Uint8Array): boolean;
  readList(path: Uint8Array): StoredList | undefined;
  /** How many elements a list has, none of which is read. Absent: whoever wants to know reads the list. */
  listLength?(path: Uint8Array): number;

  /**
   * Sets the value of a path.
   *
   * @param wasThere - Whether something is stored at the path now, where the caller knows; else {@link entryCount} may become
   * unknown.
   * @returns Its size as stored. @throws StateError `value-not-serializable`, `value-too-large`: those and no others where it
   * is the value's fault (ST6).
   */
  put(path: Uint8Array, value: unknown, stampMs: number | undefined, epoch: number, wasThere?: boolean): number;
  /** A new stamp; the value stays as it is and is not decoded. Nothing when there is no entry. */
  touch(path: Uint8Array, stampMs: number, epoch: number): void;
  /** @param wasThere - As in {@link put}. */
  delete(path: Uint8Array, epoch: number, wasThere?: boolean): void;
  /**
   * Removes what begins with a prefix: the entries of a map, or a list. At most `limit` pieces at a time.
   *
   * @returns Whether nothing is left; else it must be called again before anything else is written under the prefix.
   */
  clear(prefix: Uint8Array, epoch: number, limit: number): boolean;
  /**
   * Appends the elements from index `start` to before `end` to a list, which need not be there yet. Reads no other element than
   * the last few.
   *
   * @returns How many elements the list has now.
   */
  append(
    path: Uint8Array,
    values: readonly unknown[],
    start: number,
    end: number,
    stampsMs: readonly number[] | undefined,
    epoch: number,
  ): number;
  /**
   * Replaces a list by the elements from index `start` to before `end`, all in one: as {@link clear} and {@link append}, but
   * with less to read and to write. Nothing happens where it cannot: whoever calls it clears and appends then. Absent: always.
   *
   * @returns Whether it was done.
   */
  replace?(
    path: Uint8Array,
    values: readonly unknown[],
    start: number,
    end: number,
    stampsMs: readonly number[] | undefined,
    epoch: number,
  ): boolean;
  /**
   * Removes elements from the front of a list, which has more than that: an increment says no more than how many. Absent: whoever
   * would call it writes the list anew.
   */
  trim?(path: Uint8Array, count: number, epoch: number): void;
}

/** Where something is, and until when it lives. */
export interface StoredPath {
  /** Belongs to the caller. */
  readonly path: Uint8Array;
  /** Of an entry; of a list the oldest and the newest of its elements are what counts, and this is the newest. */
  readonly stampMs: number | undefined;
  /** Of a list: at or before the stamp of its oldest element; left out where it is not known. */
  readonly oldestStampMs?: number | undefined;
}

/** The tables of one state. */
export interface StoredTables {
  /**
   * What scans are ordered by, as bytes: of paths longer than the store takes not the path itself. Whoever merges a scan with
   * what is in memory, or writes in order, sorts by it; equal ones by path. Absent where it is always the path.
   */
  readonly orderOf?: (path: Uint8Array) => Uint8Array;
  /** Scans are in the order of so many first bytes of the paths, whatever their length. Absent where it is always the path. */
  readonly orderedBytes?: number;
  /** The table of a key group where it is open, also one that was opened in idle time. */
  peek(keyGroup: number): StoredTable | undefined;
  /** The table of a key group; opens it at the first call (ST4). @throws StateError as ST5. */
  open(keyGroup: number): StoredTable;
}
