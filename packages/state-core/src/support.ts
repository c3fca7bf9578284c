// The entry for optional building blocks: what is the same for every backend, offered and never forced.

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
