// Checkpoint metadata out of plain data and blobs, with everything checked that can be checked without reading state.
// The other way is checkpoint-metadata-encoder.ts, in the same order.
//
//   D1. What comes out keeps every rule of the types: ranges within the max parallelism, chain starts within the
//       segments, positions within the streams, names and indexes used once.
//   D2. The key groups of an operator belong to one handle each: none is restored twice.
//   D3. Handles that named one segment name one object again.
//   D4. The segments of a handle are in the order of K4 and of the scopes of K5 (keyed-state-handle.ts), and hold no key
//       group that the operator does not have.

import type { CheckpointMetadataScope } from '../checkpoint-storage/checkpoint-storage-location.js';
import { CHECKPOINT_ID_MAX } from '../checkpoint-storage/restore-decision.js';
import { isStateError } from '../error/state-error.js';
import type {
  ChainStart,
  KeyedStateHandle,
  KeyGroupRangeData,
  SegmentReference,
} from '../handle/keyed-state-handle.js';
import type { OperatorStateHandle, OperatorStatePartitions } from '../handle/operator-state-handle.js';
import { isOptionalFacts, type OptionalFacts } from '../handle/optional-facts.js';
import type { StreamStateHandle } from '../handle/stream-state-handle.js';
import { UPPER_BOUND_MAX_PARALLELISM } from '../key-group/key-group-assignment.js';
import { checkSnapshot } from '../serialization/serializer-snapshot.js';
import type { SerializerSnapshot } from '../serialization/type-serializer.js';
import type {
  CheckpointLineage,
  CheckpointMetadata,
  CheckpointProperties,
  OperatorState,
  OperatorSubtaskState,
  RawKeyedStateHandle,
} from './checkpoint-metadata.js';
import type { MetadataBlobReader } from './metadata-blobs.js';
import type { PlainDataReader } from './plain-data-reader.js';

const UINT32_MAX = 0xffffffff;
/** The range of a JavaScript date. */
const TIMESTAMP_MS_MAX = 8.64e15;
const DIGEST_BYTES = 8;

/** Turns plain data and blobs into one metadata. */
export class CheckpointMetadataDecoder {
  private readonly scope: Pick<CheckpointMetadataScope, 'locationOf'>;
  private readonly blobs: MetadataBlobReader;
  private segments: readonly SegmentReference[] = [];

  constructor(scope: Pick<CheckpointMetadataScope, 'locationOf'>, blobs: MetadataBlobReader) {
    this.scope = scope;
    this.blobs = blobs;
  }

  /** @throws StateError as the reader's `fail` makes it, or `path-not-allowed`. */
  decode(root: PlainDataReader): CheckpointMetadata {
    root.object(ROOT_FIELDS);
    this.segments = root
      .field('segments')
      .uniqueList('uid', (segment) => segment.field('uid').text())
      .map((segment) => this.segment(segment));
    const operators = root.field('operators').uniqueList('uid', (operator) => operator.field('uid').text());
    const decodedOperators = operators.map((operator) => this.operator(operator));
    const masterStates = root.field('masterStates').uniqueList('name', (state) => state.field('name').text());
    const decodedMasterStates = masterStates.map((state) => this.masterState(state));
    const attachment = root.optionalField('attachment');
    const decodedAttachment = attachment && this.attachment(attachment);
    this.blobs.expectEnd(root);
    const checkpointId = root.field('checkpointId').integer(1, CHECKPOINT_ID_MAX);
    const lineage = root.optionalField('lineage');
    return {
      jobId: root.field('jobId').nonEmptyText(),
      checkpointId,
      timestampMs: root.field('timestampMs').number(TIMESTAMP_MS_MAX),
      properties: decodeProperties(root.field('properties')),
      ...(lineage && { lineage: decodeLineage(lineage, checkpointId) }),
      operators: decodedOperators,
      masterStates: decodedMasterStates,
      ...(decodedAttachment && { attachment: decodedAttachment }),
      ...decodeOptional(root),
      writer: root.field('writer').text(),
    };
  }

  private segment(segment: PlainDataReader): SegmentReference {
    segment.object(['uid', 'stream', 'lengthBytes', 'checksum', 'checkpointId', 'scope', 'keyGroupRange']);
    const uid = segment.field('uid').matching(/^[0-9a-f]{32}$/, '32 lower-case hex digits');
    const stream = this.stream(segment.field('stream'));
    const lengthBytes = segment.field('lengthBytes').integer(0);
    const known = knownLengthOf(stream);
    if (known !== undefined && known !== lengthBytes)
      throw segment.failure(`has ${lengthBytes} bytes in a stream of ${known}`);
    const range = segment.optionalField('keyGroupRange')?.object(['first', 'last']);
    return {
      uid,
      stream,
      lengthBytes,
      checksum: segment.field('checksum').integer(0, UINT32_MAX),
      checkpointId: segment.field('checkpointId').integer(1),
      scope: segment.field('scope').oneOf(['exclusive', 'shared']),
      ...(range && { keyGroupRange: decodeRange(range, 0, UPPER_BOUND_MAX_PARALLELISM - 1) }),
    };
  }

  private operator(operator: PlainDataReader): OperatorState {
    operator.object(['uid', 'name', 'parallelism', 'maxParallelism', 'subtasks', 'coordinator', 'optional']);
    const uid = operator.field('uid').nonEmptyText();
    const name = operator.optionalField('name')?.nonEmptyText();
    const maxParallelism = operator.field('maxParallelism').integer(1, UPPER_BOUND_MAX_PARALLELISM);
    const parallelism = operator.field('parallelism').integer(1, maxParallelism);
    const subtasks = operator
      .field('subtasks')
      .uniqueList('subtaskIndex', (subtask) => subtask.field('subtaskIndex').integer(0, parallelism - 1));
    const keyGroups = new KeyGroupClaims(maxParallelism);
    const decodedSubtasks = subtasks.map((subtask) => this.subtask(subtask, maxParallelism, keyGroups));
    const coordinator = operator.optionalField('coordinator');
    return {
      uid,
      ...(name !== undefined && { name }),
      parallelism,
      maxParallelism,
      subtasks: decodedSubtasks,
      ...(coordinator && { coordinator: this.stream(coordinator) }),
      ...decodeOptional(operator),
    };
  }

  private subtask(subtask: PlainDataReader, maxParallelism: number, keyGroups: KeyGroupClaims): OperatorSubtaskState {
    subtask.object(['subtaskIndex', 'finished', 'keyed', 'operator', 'rawKeyed', 'rawOperator']);
    const finished = subtask.optionalField('finished')?.boolean();
    return {
      subtaskIndex: subtask.field('subtaskIndex').integer(0, UPPER_BOUND_MAX_PARALLELISM),
      ...(finished !== undefined && { finished }),
      keyed: subtask
        .field('keyed')
        .list()
        .map((handle) => this.keyedHandle(handle, maxParallelism, keyGroups)),
      operator: subtask
        .field('operator')
        .list()
        .map((handle) => this.operatorHandle(handle)),
      rawKeyed: subtask
        .field('rawKeyed')
        .list()
        .map((handle) => this.rawKeyedHandle(handle, maxParallelism)),
      rawOperator: subtask
        .field('rawOperator')
        .list()
        .map((handle) => this.operatorHandle(handle)),
    };
  }

  private keyedHandle(handle: PlainDataReader, maxParallelism: number, keyGroups: KeyGroupClaims): KeyedStateHandle {
    const kind = handle.field('kind').oneOf(['key-groups', 'incremental']);
    handle.object(kind === 'incremental' ? INCREMENTAL_FIELDS : KEYED_FIELDS);
    const keyGroupRange = decodeRange(handle, 0, maxParallelism - 1);
    keyGroups.claim(handle, keyGroupRange);
    const indexes = handle
      .field('segments')
      .uniqueList('segment', (index) => index.integer(0, this.segments.length - 1));
    const segments = indexes.map((index) => this.segments[index.integer(0)] as SegmentReference);
    const chainStarts = decodeChainStarts(handle.field('chainStarts'), keyGroupRange, segments.length);
    const fields = {
      handleId: handle.field('handleId').nonEmptyText(),
      keyGroupRange,
      maxParallelism: handle.field('maxParallelism').integer(maxParallelism, maxParallelism),
      segments,
      chainStarts,
      ...this.digests(handle, keyGroupRange),
      ...decodeTtlClocks(handle, keyGroupRange),
      ...decodeOptional(handle),
    };
    checkSegments(handle, segments, maxParallelism);
    if (kind === 'key-groups') return { kind, ...fields };
    const checkpointId = handle.field('checkpointId').integer(1);
    checkSharing(handle, segments, checkpointId);
    const baseCheckpointId = handle.optionalField('baseCheckpointId')?.integer(1, checkpointId - 1);
    return {
      kind,
      ...fields,
      checkpointId,
      ...(baseCheckpointId !== undefined && { baseCheckpointId }),
      checkpointedSizeBytes: handle.field('checkpointedSizeBytes').integer(0),
    };
  }

  private digests(handle: PlainDataReader, range: KeyGroupRangeData): Pick<KeyedStateHandle, 'digests'> {
    const states = handle
      .optionalField('digests')
      ?.uniqueList('stateName', (state) => state.field('stateName').nonEmptyText());
    if (states === undefined) return {};
    const length = (range.last - range.first + 1) * DIGEST_BYTES;
    const digests = states.map((state) => {
      state.object(['stateName', 'digests']);
      state.field('digests').field('length').integer(length, length);
      return { stateName: state.field('stateName').text(), digests: this.blobs.take(state.field('digests')) };
    });
    return { digests };
  }

  private operatorHandle(handle: PlainDataReader): OperatorStateHandle {
    handle.object(['states', 'checksum', 'stream', 'optional']);
    const states = handle.field('states').uniqueList('name', (state) => state.field('name').nonEmptyText());
    // The positions come before the stream whose length bounds them.
    const decodedStates = states.map((state) => this.operatorState(state));
    const stream = this.stream(handle.field('stream'));
    for (const [index, { offsets }] of decodedStates.entries()) {
      const last = offsets.at(-1) ?? 0;
      if (last > lengthMaxOf(stream))
        throw (states[index] as PlainDataReader).failure(`has the position ${last} of ${lengthMaxOf(stream)} bytes`);
    }
    const checksum = handle.optionalField('checksum')?.integer(0, UINT32_MAX);
    return {
      kind: 'operator',
      stream,
      states: decodedStates,
      ...(checksum !== undefined && { checksum }),
      ...decodeOptional(handle),
    };
  }

  private operatorState(state: PlainDataReader): OperatorStatePartitions {
    state.object(['name', 'mode', 'offsets']);
    const mode = state.field('mode').oneOf(['SPLIT_DISTRIBUTE', 'UNION', 'BROADCAST']);
    const offsets = this.blobs.takeAscending(state.field('offsets'), Number.MAX_SAFE_INTEGER);
    if (mode === 'BROADCAST' && offsets.length !== 1)
      throw state.failure(`is a broadcast state with ${offsets.length} positions, not 1`);
    return { name: state.field('name').text(), mode, offsets };
  }

  private rawKeyedHandle(handle: PlainDataReader, maxParallelism: number): RawKeyedStateHandle {
    handle.object(['first', 'last', 'offsets', 'stream', 'optional']);
    const keyGroupRange = decodeRange(handle, 0, maxParallelism - 1);
    const offsets = this.blobs.takeOptional(handle.field('offsets'), Number.MAX_SAFE_INTEGER - 1);
    const stream = this.stream(handle.field('stream'));
    if (offsets.length !== keyGroupRange.last - keyGroupRange.first + 1)
      throw handle.failure(`has ${offsets.length} positions for its key groups`);
    const outside = offsets.find((offset) => offset > lengthMaxOf(stream));
    if (outside !== undefined) throw handle.failure(`has the position ${outside} of ${lengthMaxOf(stream)} bytes`);
    return { kind: 'raw-keyed', keyGroupRange, offsets, stream, ...decodeOptional(handle) };
  }

  private stream(stream: PlainDataReader): StreamStateHandle {
    const kind = stream.field('kind').oneOf(['byte-stream', 'file']);
    if (kind === 'byte-stream') {
      stream.object(['kind', 'name', 'bytes']);
      return { kind, name: stream.field('name').nonEmptyText(), bytes: this.blobs.take(stream.field('bytes')) };
    }
    stream.object(['kind', 'reference', 'sizeBytes']);
    return {
      kind,
      location: this.location(stream.field('reference')),
      sizeBytes: stream.field('sizeBytes').integer(-1),
    };
  }

  private location(reference: PlainDataReader): string {
    const text = reference.nonEmptyText();
    try {
      return this.scope.locationOf(text);
    } catch (error) {
      if (isStateError(error)) throw error;
      throw reference.failure(`is no reference: ${error instanceof Error ? error.message : String(error)}`);
    }
  }

  private masterState(state: PlainDataReader): CheckpointMetadata['masterStates'][number] {
    state.object(['name', 'version', 'bytes']);
    const bytes = this.blobs.take(state.field('bytes'));
    return {
      name: state.field('name').nonEmptyText(),
      version: state.field('version').integer(Number.MIN_SAFE_INTEGER),
      bytes,
    };
  }

  private attachment(attachment: PlainDataReader): NonNullable<CheckpointMetadata['attachment']> {
    attachment.object(['serializer', 'bytes']);
    const serializer = decodeSerializerSnapshot(attachment.field('serializer'));
    return { serializer, bytes: this.blobs.take(attachment.field('bytes')) };
  }
}

const ROOT_FIELDS: readonly string[] = [
  'segments',
  'operators',
  'masterStates',
  'attachment',
  'jobId',
  'checkpointId',
  'timestampMs',
  'properties',
  'lineage',
  'optional',
  'writer',
];
const KEYED_FIELDS: readonly string[] = [
  'kind',
  'handleId',
  'first',
  'last',
  'maxParallelism',
  'segments',
  'chainStarts',
  'digests',
  'ttlClocks',
  'optional',
];
const INCREMENTAL_FIELDS: readonly string[] = [
  ...KEYED_FIELDS,
  'checkpointId',
  'baseCheckpointId',
  'checkpointedSizeBytes',
];
const DISCARD_FIELDS = [
  'discardOnSubsumed',
  'discardOnFinished',
  'discardOnCancelled',
  'discardOnFailed',
  'discardOnSuspended',
] as const;

/** Keeps the key groups of an operator apart (D2). */
class KeyGroupClaims {
  private readonly taken: Uint8Array;

  constructor(maxParallelism: number) {
    this.taken = new Uint8Array(maxParallelism);
  }

  claim(handle: PlainDataReader, range: KeyGroupRangeData): void {
    const twice = this.taken.subarray(range.first, range.last + 1).indexOf(1);
    if (twice >= 0) throw handle.failure(`has the key group ${range.first + twice} of a handle before it`);
    this.taken.fill(1, range.first, range.last + 1);
  }
}

/** The schema of a serializer. */
export function decodeSerializerSnapshot(snapshot: PlainDataReader): SerializerSnapshot {
  snapshot.object(['type', 'version', 'parameters']);
  return snapshot.checked(checkSnapshot);
}

function decodeRange(reader: PlainDataReader, min: number, max: number): KeyGroupRangeData {
  const first = reader.field('first').integer(min, max);
  return { first, last: reader.field('last').integer(first, max) };
}

function decodeChainStarts(starts: PlainDataReader, range: KeyGroupRangeData, segments: number): ChainStart[] {
  let next = range.first;
  return starts.list().map((start) => {
    start.object(['first', 'last', 'segment']);
    const { first, last } = decodeRange(start, next, range.last);
    next = last + 1;
    return { first, last, segment: start.field('segment').integer(0, segments - 1) };
  });
}

function checkSegments(handle: PlainDataReader, segments: readonly SegmentReference[], maxParallelism: number): void {
  for (const [index, segment] of segments.entries()) {
    const before = segments[index - 1]?.checkpointId ?? 0;
    if (segment.checkpointId < before)
      throw handle.failure(`has a segment of checkpoint ${segment.checkpointId} after one of checkpoint ${before}`);
    const last = segment.keyGroupRange?.last ?? 0;
    if (last >= maxParallelism) throw handle.failure(`has a segment with key group ${last} of ${maxParallelism}`);
  }
}

function checkSharing(handle: PlainDataReader, segments: readonly SegmentReference[], checkpointId: number): void {
  for (const segment of segments) {
    if (segment.checkpointId > checkpointId)
      throw handle.failure(`of checkpoint ${checkpointId} has a segment of checkpoint ${segment.checkpointId}`);
    if (segment.checkpointId < checkpointId && segment.scope !== 'shared')
      throw handle.failure(`has a segment that only checkpoint ${segment.checkpointId} may use`);
  }
}

function decodeTtlClocks(handle: PlainDataReader, range: KeyGroupRangeData): Pick<KeyedStateHandle, 'ttlClocks'> {
  let least = range.first;
  const ttlClocks = handle.optionalField('ttlClocks')?.list();
  if (ttlClocks === undefined) return {};
  const decoded = ttlClocks.map((clock): readonly [number, number] => {
    const [keyGroup, timestampMs, ...rest] = clock.list();
    if (keyGroup === undefined || timestampMs === undefined || rest.length > 0)
      throw clock.failure('is not a pair of a key group and a time');
    const group = keyGroup.integer(least, range.last);
    least = group + 1;
    return [group, timestampMs.integer(Number.MIN_SAFE_INTEGER)];
  });
  return { ttlClocks: decoded };
}

function decodeOptional(owner: PlainDataReader): { readonly optional?: OptionalFacts } {
  const optional = owner
    .optionalField('optional')
    ?.satisfying(isOptionalFacts, 'an object of plain JSON of at most 32 levels');
  return optional === undefined ? {} : { optional };
}

function decodeProperties(properties: PlainDataReader): CheckpointProperties {
  properties.object(['snapshotKind', ...DISCARD_FIELDS]);
  const [subsumed, finished, cancelled, failed, suspended] = DISCARD_FIELDS.map((name) =>
    properties.field(name).boolean(),
  );
  return {
    snapshotKind: properties.field('snapshotKind').oneOf(['checkpoint', 'savepoint']),
    discardOnSubsumed: subsumed === true,
    discardOnFinished: finished === true,
    discardOnCancelled: cancelled === true,
    discardOnFailed: failed === true,
    discardOnSuspended: suspended === true,
  };
}

function decodeLineage(lineage: PlainDataReader, checkpointId: number): CheckpointLineage {
  lineage.object(['epoch', 'parent']);
  const epoch = lineage.field('epoch').integer(1);
  const parent = lineage.optionalField('parent')?.object(['epoch', 'checkpointId']);
  if (parent === undefined) return { epoch };
  const parentEpoch = parent.field('epoch').integer(1);
  // Within one epoch ids ascend; the snapshot of another lineage may have had any.
  const idMax = parentEpoch === epoch ? checkpointId - 1 : Number.MAX_SAFE_INTEGER;
  return { epoch, parent: { epoch: parentEpoch, checkpointId: parent.field('checkpointId').integer(1, idMax) } };
}

function knownLengthOf(stream: StreamStateHandle): number | undefined {
  if (stream.kind === 'byte-stream') return stream.bytes.length;
  return stream.sizeBytes < 0 ? undefined : stream.sizeBytes;
}

function lengthMaxOf(stream: StreamStateHandle): number {
  return knownLengthOf(stream) ?? Number.MAX_SAFE_INTEGER;
}
