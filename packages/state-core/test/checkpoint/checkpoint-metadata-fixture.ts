// Checkpoint metadata with everything in it, and a scope like that of a directory.

import type { CheckpointMetadata } from '../../src/checkpoint/checkpoint-metadata.js';
import type { CheckpointMetadataScope } from '../../src/checkpoint-storage/checkpoint-storage-location.js';
import { StateError } from '../../src/error/state-error.js';
import type { SegmentReference } from '../../src/handle/keyed-state-handle.js';

const ROOT = 'file:///checkpoints/job/';

/** References are paths below the job; what lies elsewhere is refused both ways. */
export const directoryScope: CheckpointMetadataScope = {
  referenceOf(location) {
    if (!location.startsWith(ROOT)) throw new StateError('path-not-allowed', `${location} is outside ${ROOT}`);
    return location.slice(ROOT.length);
  },
  locationOf(reference) {
    if (reference.startsWith('/') || reference.split('/').includes('..')) {
      throw new StateError('path-not-allowed', `${reference} leaves the snapshot`);
    }
    return ROOT + reference;
  },
};

function segment(digit: string, checkpointId: number, inline?: readonly number[]): SegmentReference {
  const bytes = inline && Uint8Array.from(inline);
  return {
    uid: digit.repeat(32),
    stream: bytes
      ? { kind: 'byte-stream', name: `inline-${digit}`, bytes }
      : { kind: 'file', location: `${ROOT}shared/${digit}.seg`, sizeBytes: 4096 },
    lengthBytes: bytes ? bytes.length : 4096,
    checksum: 0xfedcba98,
    checkpointId,
    scope: bytes ? 'exclusive' : 'shared',
    ...(bytes && { keyGroupRange: { first: 0, last: 3 } }),
  };
}

/** Every field that there is, at least once. */
export function fullMetadata(): CheckpointMetadata {
  const oldSegment = segment('a', 6);
  return {
    jobId: 'flight-delays/0',
    checkpointId: 9,
    timestampMs: 1_700_000_000_123,
    properties: {
      snapshotKind: 'checkpoint',
      discardOnSubsumed: true,
      discardOnFinished: true,
      discardOnCancelled: false,
      discardOnFailed: false,
      discardOnSuspended: false,
    },
    lineage: { epoch: 3, parent: { epoch: 2, checkpointId: 8 } },
    operators: [
      {
        uid: 'route-delay',
        name: 'Delay by route \u00e9\u{1f6eb}',
        parallelism: 2,
        maxParallelism: 8,
        coordinator: { kind: 'byte-stream', name: 'coordinator', bytes: Uint8Array.of(1, 2, 3) },
        optional: { subtaskRecords: [12_345, 0.5, null] },
        subtasks: [
          {
            subtaskIndex: 0,
            keyed: [
              {
                kind: 'incremental',
                handleId: 'handle-0',
                keyGroupRange: { first: 0, last: 3 },
                maxParallelism: 8,
                segments: [oldSegment, segment('b', 9, [9, 8, 7])],
                chainStarts: [
                  { first: 0, last: 1, segment: 0 },
                  { first: 3, last: 3, segment: 1 },
                ],
                checkpointId: 9,
                baseCheckpointId: 8,
                checkpointedSizeBytes: 3,
                ttlClocks: [
                  [0, 1_700_000_000_000],
                  [3, -5],
                ],
                optional: { chain: { length: 2 } },
              },
            ],
            operator: [
              {
                kind: 'operator',
                stream: { kind: 'file', location: `${ROOT}chk-9/op`, sizeBytes: 500 },
                states: [
                  { name: 'buffered', mode: 'SPLIT_DISTRIBUTE', offsets: [12, 12, 300, 499] },
                  { name: 'all', mode: 'UNION', offsets: [] },
                  { name: 'rules', mode: 'BROADCAST', offsets: [400] },
                ],
                checksum: 77,
                optional: {},
              },
            ],
            rawKeyed: [
              {
                kind: 'raw-keyed',
                keyGroupRange: { first: 0, last: 3 },
                offsets: [-1, 0, 17, -1],
                stream: { kind: 'file', location: `${ROOT}chk-9/raw`, sizeBytes: -1 },
                optional: { codec: 'none' },
              },
            ],
            rawOperator: [
              {
                kind: 'operator',
                stream: { kind: 'byte-stream', name: 'raw', bytes: Uint8Array.of(5, 5) },
                states: [{ name: '_default_', mode: 'SPLIT_DISTRIBUTE', offsets: [0] }],
              },
            ],
          },
          {
            subtaskIndex: 1,
            finished: false,
            keyed: [
              {
                kind: 'key-groups',
                handleId: 'handle-1',
                keyGroupRange: { first: 4, last: 4 },
                maxParallelism: 8,
                segments: [oldSegment],
                chainStarts: [{ first: 4, last: 4, segment: 0 }],
                digests: [{ stateName: 'stat', digests: Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8) }],
              },
            ],
            operator: [],
            rawKeyed: [],
            rawOperator: [],
          },
        ],
      },
      {
        uid: 'sink',
        parallelism: 1,
        maxParallelism: 128,
        subtasks: [{ subtaskIndex: 0, finished: true, keyed: [], operator: [], rawKeyed: [], rawOperator: [] }],
      },
    ],
    masterStates: [{ name: 'source-hook', version: -2, bytes: Uint8Array.of(0, 255) }],
    attachment: {
      serializer: {
        type: 'struct',
        version: 1,
        parameters: { fields: [{ name: 'nextOffset', type: { type: 'safe-integer', version: 1 } }] },
      },
      bytes: Uint8Array.of(42),
    },
    optional: { coordinatorEpoch: 4, 'from a later version': { nested: [true, 'text', []] } },
    writer: '@tidemark/state-core 0.1.0',
  };
}
