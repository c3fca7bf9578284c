// The entry for optional building blocks: what is the same for every backend, offered and never forced.

export { EntryDigest } from './snapshot-format/entry-digest.js';
export { digestOfBlocks, digestOfEntries, type LogicalEntry } from './snapshot-format/logical-digest.js';
export { RecordCursor } from './snapshot-format/record-cursor.js';
export { decodeBlock } from './snapshot-format/record-decoder.js';
export { type RawRecordVisitor, walkRecords } from './snapshot-format/record-walk.js';
export {
  BLOCK_ENTRIES_MAX,
  type FinishedSegment,
  type RawBlock,
  type RecordCodec,
  RecordOp,
  type RecordReader,
  type RecordVisitor,
  type SegmentBlockReader,
  type SegmentRecordWriter,
} from './snapshot-format/segment-contract.js';
export type { SegmentHeader, SegmentStateKind, StateSchema } from './snapshot-format/segment-header.js';
export type { IndexedKeyGroup, IndexedState } from './snapshot-format/segment-index.js';
export {
  type IndexedSegmentReader,
  openSegmentReader,
  type SegmentReaderOptions,
} from './snapshot-format/segment-reader.js';
export { type VerifiedSegment, verifySegment } from './snapshot-format/segment-verification.js';
export { openSegmentWriter, type SegmentWriterOptions } from './snapshot-format/segment-writer.js';
