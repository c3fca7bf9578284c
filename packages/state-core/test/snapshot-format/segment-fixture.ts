// Headers, codecs and ways to write and read whole segments, for the tests of the format.

import { isStateError, type StateError } from '../../src/error/state-error.js';
import { KeyGroupRange } from '../../src/key-group/key-group-range.js';
import { KEY_HASH } from '../../src/key-group/key-hash.js';
import { float64 } from '../../src/serialization/float64-serializer.js';
import { int32 } from '../../src/serialization/integer-serializers.js';
import { string } from '../../src/serialization/string-serializer.js';
import type { KeySerializer } from '../../src/serialization/type-serializer.js';
import { decodeBlock } from '../../src/snapshot-format/record-decoder.js';
import type {
  FinishedSegment,
  RawBlock,
  RecordCodec,
  RecordReader,
  SegmentRecordWriter,
} from '../../src/snapshot-format/segment-contract.js';
import type { SegmentHeader, StateSchema } from '../../src/snapshot-format/segment-header.js';
import { type IndexedSegmentReader, openSegmentReader } from '../../src/snapshot-format/segment-reader.js';
import { openSegmentWriter } from '../../src/snapshot-format/segment-writer.js';
import type { SnapshotCompression } from '../../src/snapshot-format/snapshot-compression.js';
import { VOID_NAMESPACE, voidNamespaceSerializer } from '../../src/state/namespace.js';
import { MemoryInputStream, MemoryOutputStream } from './memory-stream.js';

export const voidNamespace: KeySerializer<unknown> = voidNamespaceSerializer as KeySerializer<unknown>;
export { VOID_NAMESPACE };

export const UID = '00112233445566778899aabbccddeeff';

/** A header with a few states of every sort; the fields given replace its own. */
export function headerWith(fields: Partial<SegmentHeader> = {}): SegmentHeader {
  return {
    uid: UID,
    checkpointId: 7,
    keyGroupRange: { first: 0, last: 127 },
    maxParallelism: 128,
    keyHash: KEY_HASH,
    key: int32.snapshot(),
    states: [],
    sorted: false,
    writer: 'test',
    timestampMs: 1_700_000_000_000,
    ...fields,
  };
}

/** A state of int32 keys and the void namespace; the fields given replace its own. */
export function schemaWith(fields: Partial<StateSchema> = {}): StateSchema {
  return {
    id: 0,
    name: 'state',
    kind: 'value',
    namespace: voidNamespace.snapshot(),
    value: float64.snapshot(),
    ...(fields.kind === 'map' ? { mapKey: string.snapshot() } : {}),
    ttl: false,
    ...(fields.ttl ? { ttlTime: 'processing' } : {}),
    ...fields,
  };
}

export const int32ToFloat64: RecordCodec = { key: int32, namespace: voidNamespace, value: float64 } as RecordCodec;

/** A segment in memory. */
export interface WrittenSegment extends FinishedSegment {
  readonly bytes: Uint8Array<ArrayBuffer>;
}

/** Writes a segment with what `write` does. */
export async function writeSegment(
  header: SegmentHeader,
  write: (writer: SegmentRecordWriter) => void | Promise<void>,
  compression?: SnapshotCompression,
): Promise<WrittenSegment> {
  const stream = new MemoryOutputStream();
  const writer = await openSegmentWriter({
    stream,
    header,
    scope: 'exclusive',
    ...(compression === undefined ? {} : { compression }),
  });
  await write(writer);
  const finished = await writer.finish();
  return { ...finished, bytes: stream.bytes() };
}

/** Opens a segment in memory. */
export async function openSegment(
  segment: Pick<WrittenSegment, 'bytes' | 'reference'>,
  compressions: readonly SnapshotCompression[] = [],
): Promise<IndexedSegmentReader> {
  return await openSegmentReader(new MemoryInputStream(segment.bytes), segment.reference, { compressions });
}

/** The blocks of a range of key groups, by default of all. */
export async function blocksOf(
  reader: IndexedSegmentReader,
  range: KeyGroupRange = KeyGroupRange.of(reader.header.keyGroupRange.first, reader.header.keyGroupRange.last),
): Promise<RawBlock[]> {
  const blocks: RawBlock[] = [];
  for await (const block of reader.readBlocks(range)) blocks.push(block);
  return blocks;
}

/** A decoded record as plain data: its op and what the visitor was given. */
export type DecodedRecord = readonly [op: string, ...parts: unknown[]];

/** The records of a block, decoded. */
export function recordsOf(block: RawBlock, codec: RecordCodec, ttl: boolean): DecodedRecord[] {
  const records: DecodedRecord[] = [];
  const reader: RecordReader = { ...codec, ttl, stateName: 'state' };
  decodeBlock(block, reader, {
    put: (...parts) => records.push(['put', ...parts]),
    delete: (...parts) => records.push(['delete', ...parts]),
    clear: (...parts) => records.push(['clear', ...parts]),
    reset: () => records.push(['reset']),
    splice: (...parts) => records.push(['splice', ...parts]),
    trim: (...parts) => records.push(['trim', ...parts]),
    touch: (...parts) => records.push(['touch', ...parts]),
  });
  return records;
}

/** The StateError that an action ends in; fails when there is none or when it is another error. */
export async function stateErrorOf(action: () => unknown): Promise<StateError> {
  try {
    await action();
  } catch (error) {
    if (isStateError(error)) return error;
    throw error;
  }
  throw new Error('no error where one was expected');
}
