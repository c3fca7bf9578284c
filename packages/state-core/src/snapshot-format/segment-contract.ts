// The two ends of a segment, as backends see them. Layout, checksums and digests: segment-writer.ts, segment-reader.ts.
//
//   G1. Key groups ascend; within one, states ascend; a block belongs to one state of one key group.
//   G2. Within a block entries are sorted by encoded key, namespace, map key. The writer of the entries sorts.
//   G3. A block holds at most BLOCK_ENTRIES_MAX entries.
//   G4. What a record means: PUT sets an entry, DELETE removes it; CLEAR removes all map entries or elements of a key
//       and namespace, RESET everything of the state in the key group; SPLICE cuts a list to `from` elements and appends;
//       TRIM removes elements from the front of a list; TOUCH gives an entry a new time stamp and leaves its value. CLEAR,
//       RESET, TRIM and TOUCH are about what older segments hold. Lists are written with CLEAR, TRIM and SPLICE, everything
//       else with PUT and DELETE, with time to live TOUCH, maps with CLEAR besides. Whoever applies a SPLICE or TRIM to a
//       list with fewer elements than that needs, or a TOUCH to an entry that is not there, has damaged bytes before him.
//   G5. In a segment a RESET is the first record of the first block of its state and key group. A CLEAR stands before every
//       other record of its key and namespace; where the segment is not sorted, in a block before which no block of the
//       state and key group had anything but RESET and CLEAR. Of a list one TRIM may follow and then SPLICEs, each of which
//       continues where the one before ends; the first counts after the TRIM. Any other address appears once. So applying
//       records in order is applying segments oldest to newest.
//   G6. Older is what stands before: a segment before another in the list of the handle, also within one checkpoint.
//   G7. A full image, which is a segment without a base, holds nothing but PUT and SPLICE with elements.

import type { SegmentReference } from '../handle/keyed-state-handle.js';
import type { KeyGroupRange } from '../key-group/key-group-range.js';
import type { KeySerializer, TypeSerializer, ValueReader } from '../serialization/type-serializer.js';
import type { SegmentHeader } from './segment-header.js';

/** The most entries of a block. */
export const BLOCK_ENTRIES_MAX: number = 1024;

/** What a record does. The numbers are the stored ones. */
export const RecordOp = { PUT: 1, DELETE: 2, CLEAR: 3, RESET: 4, SPLICE: 5, TRIM: 6, TOUCH: 7 } as const;
export type RecordOp = (typeof RecordOp)[keyof typeof RecordOp];

/** How the entries of one state are written. */
export interface RecordCodec<K = unknown, N = unknown, UK = unknown, V = unknown> {
  readonly key: KeySerializer<K>;
  readonly namespace: KeySerializer<N>;
  readonly mapKey?: KeySerializer<UK>;
  readonly value: TypeSerializer<V>;
}

/** A block as it is stored, decompressed and verified; can be carried into another segment unchanged. */
export interface RawBlock {
  readonly keyGroup: number;
  /** Id of the state in the header of the segment it came from. */
  readonly stateId: number;
  readonly entryCount: number;
  /** The records, one after another. Never changed. May be read from local disk whenever it is asked for. */
  readonly payload: Uint8Array;
  /** Length of the payload, where asking for that would read it. */
  readonly payloadBytes?: number;
}

/**
 * Writes one segment. Record methods are synchronous and buffer; after each, ask {@link blockIsFull} and await
 * {@link endBlock}.
 *
 * Time stamps (`timestampMs`) are given exactly when the schema of the state has `ttl`.
 */
export interface SegmentRecordWriter {
  /**
   * Starts the entries of a state in a key group (G1).
   *
   * @param codec - What {@link put} and the other typed methods write with; not needed by those that take bytes.
   * @throws InvariantViolation out of order.
   */
  startState(keyGroup: number, stateId: number, codec?: RecordCodec): void;
  put(key: unknown, namespace: unknown, value: unknown, timestampMs?: number): void;
  putMapEntry(key: unknown, namespace: unknown, mapKey: unknown, value: unknown, timestampMs?: number): void;
  delete(key: unknown, namespace: unknown): void;
  deleteMapEntry(key: unknown, namespace: unknown, mapKey: unknown): void;
  clear(key: unknown, namespace: unknown): void;
  reset(): void;
  /** The elements from index `start` to `end` of `elements`, to stand from position `from` of the list on. */
  splice(
    key: unknown,
    namespace: unknown,
    from: number,
    elements: readonly unknown[],
    start: number,
    end: number,
    timestampsMs?: readonly number[],
  ): void;
  /** Removes `count` elements, 1 or more, from the front of a list; a {@link splice} of the same list comes afterwards. */
  trim(key: unknown, namespace: unknown, count: number): void;
  /** A new time stamp for an entry that older segments hold; of a state with time to live that is no list. */
  touch(key: unknown, namespace: unknown, timestampMs: number): void;
  touchMapEntry(key: unknown, namespace: unknown, mapKey: unknown, timestampMs: number): void;
  /** As {@link put} and {@link putMapEntry}, of what is encoded already. Stores that keep bytes write with this. */
  putEncoded(
    key: Uint8Array,
    namespace: Uint8Array,
    mapKey: Uint8Array | undefined,
    value: Uint8Array,
    timestampMs?: number,
  ): void;
  /**
   * As {@link putEncoded}, of a path whose parts stand one after another and a value within an array: no views are made of them.
   *
   * @param namespaceEnd - Where the namespace ends; what is behind it is the map key, where the state has one.
   */
  putPath(
    path: Uint8Array,
    keyEnd: number,
    namespaceEnd: number,
    value: Uint8Array,
    valueStart: number,
    valueEnd: number,
    timestampMs?: number,
  ): void;
  deleteEncoded(key: Uint8Array, namespace: Uint8Array, mapKey: Uint8Array | undefined): void;
  clearEncoded(key: Uint8Array, namespace: Uint8Array): void;
  spliceEncoded(
    key: Uint8Array,
    namespace: Uint8Array,
    from: number,
    elements: readonly Uint8Array[],
    timestampsMs?: readonly number[],
  ): void;
  trimEncoded(key: Uint8Array, namespace: Uint8Array, count: number): void;
  touchEncoded(key: Uint8Array, namespace: Uint8Array, mapKey: Uint8Array | undefined, timestampMs: number): void;
  /** A block of another segment as it is, for the state started last. */
  rawBlock(block: RawBlock): void;
  /** Whether the block has reached its entries or a size worth writing. */
  readonly blockIsFull: boolean;
  /** Ends the block begun, if any, and hands bytes on to the stream when enough have gathered. @throws StateError `storage-*`. */
  endBlock(): Promise<void>;
  /** Bytes of the segment so far. */
  readonly lengthBytes: number;
  /** Writes index and trailer and closes the stream. @throws StateError `state-size-limit-exceeded`, `storage-*`. */
  finish(): Promise<FinishedSegment>;
  /** Closes the stream and leaves nothing behind. Idempotent. */
  abort(): Promise<void>;
}

/** A segment that was written to its end. */
export interface FinishedSegment {
  readonly reference: SegmentReference;
  /** The digest of the entries by state id and key group: 8 bytes for each key group that has entries. */
  readonly digests: ReadonlyMap<number, ReadonlyMap<number, Uint8Array>>;
  readonly entryCount: number;
}

/** Reads one segment. */
export interface SegmentBlockReader {
  readonly header: SegmentHeader;
  /** The key groups that have blocks. */
  readonly keyGroups: readonly number[];
  /** Bytes of the blocks of a key group; 0 when it has none. */
  keyGroupSizeBytes(keyGroup: number): number;
  /**
   * The blocks of a range of key groups in order, each verified; nothing else of the segment is read.
   *
   * @throws StateError `checksum-mismatch`, `snapshot-invalid`, `bytes-truncated`, `storage-*`.
   */
  readBlocks(range: KeyGroupRange): AsyncIterable<RawBlock>;
  close(): Promise<void>;
}

/** How the entries of one state are read: the value reader may be that of an older schema. */
export interface RecordReader<K = unknown, N = unknown, UK = unknown, V = unknown> {
  readonly key: KeySerializer<K>;
  readonly namespace: KeySerializer<N>;
  readonly mapKey?: KeySerializer<UK>;
  readonly value: ValueReader<V>;
  readonly ttl: boolean;
  /** For messages. */
  readonly stateName?: string;
}

/** Takes the decoded records of a block. `timestampMs` is undefined without time to live. */
export interface RecordVisitor<K = unknown, N = unknown, UK = unknown, V = unknown> {
  put(key: K, namespace: N, mapKey: UK | undefined, value: V, timestampMs: number | undefined): void;
  delete(key: K, namespace: N, mapKey: UK | undefined): void;
  clear(key: K, namespace: N): void;
  reset(): void;
  splice(key: K, namespace: N, from: number, elements: readonly V[], timestampsMs: readonly number[] | undefined): void;
  /** Absent in visitors that take no deltas: then such a record is refused with `snapshot-invalid`. */
  trim?(key: K, namespace: N, count: number): void;
  /** As {@link trim}. */
  touch?(key: K, namespace: N, mapKey: UK | undefined, timestampMs: number): void;
}
