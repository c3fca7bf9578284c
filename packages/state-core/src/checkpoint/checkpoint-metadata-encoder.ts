// Checkpoint metadata as plain data and blobs. The way back is checkpoint-metadata-decoder.ts; both walk in one order,
// which is also that of the blobs: segments, operators, master states, attachment; in a subtask keyed, operator, raw
// keyed, raw operator; in an operator its coordinator last; in a handle the positions of each state, then the stream.
//
//   N1. A segment is stored once, however many handles name it: they hold its index.

import type { CheckpointMetadataScope } from '../checkpoint-storage/checkpoint-storage-location.js';
import type { KeyedStateHandle, KeyGroupRangeData, SegmentReference } from '../handle/keyed-state-handle.js';
import type { OperatorStateHandle } from '../handle/operator-state-handle.js';
import { isOptionalFacts, type OptionalFacts } from '../handle/optional-facts.js';
import { equalStreamStateHandles, type StreamStateHandle } from '../handle/stream-state-handle.js';
import type { PlainData, SerializerSnapshot } from '../serialization/type-serializer.js';
import type {
  CheckpointMetadata,
  OperatorState,
  OperatorSubtaskState,
  RawKeyedStateHandle,
} from './checkpoint-metadata.js';
import { MetadataBlobWriter } from './metadata-blobs.js';

type Fields = { readonly [name: string]: PlainData };

/** Turns one metadata into plain data and blobs. */
export class CheckpointMetadataEncoder {
  private readonly scope: CheckpointMetadataScope;
  private readonly blobWriter: MetadataBlobWriter = new MetadataBlobWriter();
  private readonly segments: Map<string, { readonly index: number; readonly segment: SegmentReference }> = new Map();

  constructor(scope: CheckpointMetadataScope) {
    this.scope = scope;
  }

  /** Everything that the plain data points to; complete after {@link encode}. */
  get blobs(): Uint8Array {
    return this.blobWriter.view();
  }

  /** @throws TypeError when two segments have the same uid. StateError `path-not-allowed`. */
  encode(metadata: CheckpointMetadata): Fields {
    this.collectSegments(metadata);
    const { lineage, attachment } = metadata;
    return {
      segments: [...this.segments.values()].map(({ segment }) => this.segment(segment)),
      operators: metadata.operators.map((operator) => this.operator(operator)),
      masterStates: metadata.masterStates.map(({ name, version, bytes }) => ({
        name,
        version,
        bytes: this.blobWriter.add(bytes),
      })),
      ...(attachment && {
        attachment: { serializer: plainSnapshot(attachment.serializer), bytes: this.blobWriter.add(attachment.bytes) },
      }),
      jobId: metadata.jobId,
      checkpointId: metadata.checkpointId,
      timestampMs: metadata.timestampMs,
      properties: { ...metadata.properties },
      ...(lineage && { lineage: { epoch: lineage.epoch, ...(lineage.parent && { parent: { ...lineage.parent } }) } }),
      ...optionalOf(metadata),
      writer: metadata.writer,
    };
  }

  private collectSegments(metadata: CheckpointMetadata): void {
    for (const operator of metadata.operators) {
      for (const subtask of operator.subtasks) {
        for (const handle of subtask.keyed) {
          for (const segment of handle.segments) this.collectSegment(segment);
        }
      }
    }
  }

  private collectSegment(segment: SegmentReference): void {
    const known = this.segments.get(segment.uid)?.segment;
    if (known === undefined) this.segments.set(segment.uid, { index: this.segments.size, segment });
    else if (!equalSegmentReferences(known, segment))
      throw new TypeError(`two different segments have the uid ${segment.uid}`);
  }

  private segment(segment: SegmentReference): PlainData {
    return {
      uid: segment.uid,
      stream: this.stream(segment.stream),
      lengthBytes: segment.lengthBytes,
      checksum: segment.checksum,
      checkpointId: segment.checkpointId,
      scope: segment.scope,
      ...(segment.keyGroupRange && { keyGroupRange: plainRange(segment.keyGroupRange) }),
    };
  }

  private operator(operator: OperatorState): PlainData {
    return {
      uid: operator.uid,
      ...(operator.name !== undefined && { name: operator.name }),
      parallelism: operator.parallelism,
      maxParallelism: operator.maxParallelism,
      subtasks: operator.subtasks.map((subtask) => this.subtask(subtask)),
      ...(operator.coordinator && { coordinator: this.stream(operator.coordinator) }),
      ...optionalOf(operator),
    };
  }

  private subtask(subtask: OperatorSubtaskState): PlainData {
    return {
      subtaskIndex: subtask.subtaskIndex,
      ...(subtask.finished !== undefined && { finished: subtask.finished }),
      keyed: subtask.keyed.map((handle) => this.keyedHandle(handle)),
      operator: subtask.operator.map((handle) => this.operatorHandle(handle)),
      rawKeyed: subtask.rawKeyed.map((handle) => this.rawKeyedHandle(handle)),
      rawOperator: subtask.rawOperator.map((handle) => this.operatorHandle(handle)),
    };
  }

  private keyedHandle(handle: KeyedStateHandle): PlainData {
    return {
      kind: handle.kind,
      handleId: handle.handleId,
      first: handle.keyGroupRange.first,
      last: handle.keyGroupRange.last,
      maxParallelism: handle.maxParallelism,
      segments: handle.segments.map(({ uid }) => this.segments.get(uid)?.index ?? -1),
      chainStarts: handle.chainStarts.map(({ first, last, segment }) => ({ first, last, segment })),
      ...(handle.digests && {
        digests: handle.digests.map(({ stateName, digests }) => ({ stateName, digests: this.blobWriter.add(digests) })),
      }),
      ...(handle.ttlClocks && { ttlClocks: handle.ttlClocks.map(([keyGroup, timeMs]) => [keyGroup, timeMs]) }),
      ...optionalOf(handle),
      ...(handle.kind === 'incremental' && {
        checkpointId: handle.checkpointId,
        ...(handle.baseCheckpointId !== undefined && { baseCheckpointId: handle.baseCheckpointId }),
        checkpointedSizeBytes: handle.checkpointedSizeBytes,
      }),
    };
  }

  private operatorHandle(handle: OperatorStateHandle): PlainData {
    return {
      states: handle.states.map(({ name, mode, offsets }) => ({
        name,
        mode,
        offsets: this.blobWriter.addAscending(offsets),
      })),
      ...(handle.checksum !== undefined && { checksum: handle.checksum }),
      stream: this.stream(handle.stream),
      ...optionalOf(handle),
    };
  }

  private rawKeyedHandle(handle: RawKeyedStateHandle): PlainData {
    return {
      first: handle.keyGroupRange.first,
      last: handle.keyGroupRange.last,
      offsets: this.blobWriter.addOptional(handle.offsets),
      stream: this.stream(handle.stream),
      ...optionalOf(handle),
    };
  }

  private stream(stream: StreamStateHandle): PlainData {
    if (stream.kind === 'byte-stream')
      return { kind: stream.kind, name: stream.name, bytes: this.blobWriter.add(stream.bytes) };
    return { kind: stream.kind, reference: this.scope.referenceOf(stream.location), sizeBytes: stream.sizeBytes };
  }
}

/** Whether two references mean the same segment in every respect. */
export function equalSegmentReferences(a: SegmentReference, b: SegmentReference): boolean {
  return (
    a === b ||
    (a.uid === b.uid &&
      a.lengthBytes === b.lengthBytes &&
      a.checksum === b.checksum &&
      a.checkpointId === b.checkpointId &&
      a.scope === b.scope &&
      a.keyGroupRange?.first === b.keyGroupRange?.first &&
      a.keyGroupRange?.last === b.keyGroupRange?.last &&
      equalStreamStateHandles(a.stream, b.stream))
  );
}

function plainSnapshot(snapshot: SerializerSnapshot): PlainData {
  const { type, version, parameters } = snapshot;
  return { type, version, ...(parameters && { parameters }) };
}

function plainRange({ first, last }: KeyGroupRangeData): PlainData {
  return { first, last };
}

function optionalOf({ optional }: { readonly optional?: OptionalFacts }): { readonly optional?: PlainData } {
  if (optional === undefined) return {};
  // Before the JSON is made of it: a cycle would never end.
  if (!isOptionalFacts(optional)) throw new TypeError('optional facts are plain JSON of at most 32 levels');
  return { optional };
}
