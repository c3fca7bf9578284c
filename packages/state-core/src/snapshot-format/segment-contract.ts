// The two ends of a segment, as backends see them. Layout, checksums and digests: segment-writer.ts, segment-reader.ts.
//
//   G1. Key groups ascend; within one, states ascend; a block belongs to one state of one key group.
//   G2. Within a block entries are sorted by encoded key, namespace, map key. The writer of the entries sorts.
//   G3. A block holds at most BLOCK_ENTRIES_MAX entries.
//   G4. What a record means: PUT sets an entry, DELETE removes it; CLEAR removes all map entries or elements of a key
//       and namespace, RESET everything of the state in the key group; SPLICE cuts a list to `from` elements and appends.
//       CLEAR and RESET hide strictly older segments only: entries of the same segment stand. Lists are written with
//       SPLICE and CLEAR, everything else with PUT and DELETE, maps with CLEAR besides. Whoever applies a SPLICE to a
//       list of fewer than `from` elements has damaged bytes before him.

import type { SegmentReference } from '../handle/keyed-state-handle.js';
import type { KeyGroupRange } from '../key-group/key-group-range.js';
import type { KeySerializer, TypeSerializer, ValueReader } from '../serialization/type-serializer.js';
import type { SegmentHeader } from './segment-header.js';

/** The most entries of a block. */
export const BLOCK_ENTRIES_MAX: number = 1024;

/** What a record does. The numbers are the stored ones. */
export const RecordOp = { PUT: 1, DELETE: 2, CLEAR: 3, RESET: 4, SPLICE: 5 } as const;
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
  /** The records, one after another. Never changed. */
  readonly payload: Uint8Array;
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
  /** As {@link put} and {@link putMapEntry}, of what is encoded already. Stores that keep bytes write with this. */
  putEncoded(
    key: Uint8Array,
    namespace: Uint8Array,
    mapKey: Uint8Array | undefined,
    value: Uint8Array,
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
}
