// The two segments whose bytes are kept for ever: what they hold, and how a writer is told to write them.
//
// Neither this content nor the files may change. A new version of the format gets new files beside them.

import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { SegmentReference } from '../../src/handle/keyed-state-handle.js';
import { float64 } from '../../src/serialization/float64-serializer.js';
import { int32 } from '../../src/serialization/integer-serializers.js';
import { string } from '../../src/serialization/string-serializer.js';
import type { RecordCodec, SegmentRecordWriter } from '../../src/snapshot-format/segment-contract.js';
import type { SegmentHeader } from '../../src/snapshot-format/segment-header.js';
import { type DecodedRecord, headerWith, schemaWith, VOID_NAMESPACE, voidNamespace } from './segment-fixture.js';

/** What one state has in one key group. */
export interface GoldenState {
  readonly keyGroup: number;
  readonly stateId: number;
  readonly records: readonly DecodedRecord[];
}

/** A segment whose bytes are kept. */
export interface GoldenSegment {
  readonly file: string;
  readonly header: SegmentHeader;
  readonly lengthBytes: number;
  readonly checksum: number;
  /** In the order of the file. */
  readonly content: readonly GoldenState[];
}

const V = VOID_NAMESPACE;
const none = undefined;

const codecs: readonly RecordCodec[] = [
  { key: string, namespace: voidNamespace, value: float64 },
  { key: string, namespace: voidNamespace, value: string },
  { key: string, namespace: int32, mapKey: string, value: int32 },
  { key: string, namespace: voidNamespace, value: int32 },
  { key: string, namespace: voidNamespace, value: int32 },
  { key: string, namespace: voidNamespace, mapKey: int32, value: float64 },
].map((codec) => codec as RecordCodec);

const states = [
  schemaWith({ id: 0, name: 'total', kind: 'value', value: float64.snapshot() }),
  schemaWith({ id: 1, name: 'recent', kind: 'list', value: string.snapshot() }),
  schemaWith({ id: 2, name: 'by-day', kind: 'map', namespace: int32.snapshot(), value: int32.snapshot() }),
  schemaWith({ id: 3, name: 'seen', kind: 'value', value: int32.snapshot(), ttl: true }),
  schemaWith({ id: 4, name: 'clicks', kind: 'list', value: int32.snapshot(), ttl: true, ttlTime: 'event' }),
  schemaWith({ id: 5, name: 'timers', kind: 'priority-queue', mapKey: int32.snapshot(), optional: { sorted: true } }),
];

/** A full image. */
export const goldenFull: GoldenSegment = {
  file: 'segment-v1-full.bin',
  header: headerWith({
    uid: '0f1e2d3c4b5a69788796a5b4c3d2e1f0',
    checkpointId: 12,
    keyGroupRange: { first: 2, last: 5 },
    maxParallelism: 8,
    key: string.snapshot(),
    states,
    ttlClocks: [[4, 1_600_000_000_000]],
    optional: { from: 'a later version' },
  }),
  lengthBytes: 2_034,
  checksum: 661_534_251,
  content: [
    {
      keyGroup: 2,
      stateId: 0,
      records: [
        ['put', '', V, none, -1.5, none],
        ['put', 'ATL-BOS', V, none, 12.25, none],
        ['put', 'ATL-bos', V, none, Number.POSITIVE_INFINITY, none],
      ],
    },
    { keyGroup: 2, stateId: 1, records: [['splice', 'ATL-BOS', V, 0, ['first', '', 'dritter \u00e4\u{1f600}'], none]] },
    {
      keyGroup: 3,
      stateId: 2,
      records: [
        ['put', 'JFK', -7, 'mo', 1, none],
        ['put', 'JFK', -7, 'tu', 2, none],
        ['put', 'JFK', 9, 'mo', 3, none],
        ['put', 'JFK\0', -7, '', 4, none],
      ],
    },
    {
      keyGroup: 3,
      stateId: 3,
      records: [
        ['put', 'a', V, none, 1, 1_500_000_000_000],
        ['put', 'b', V, none, -1, -1],
      ],
    },
    { keyGroup: 5, stateId: 4, records: [['splice', 'x', V, 0, [7, 8, 9], [10, 11, 12]]] },
    { keyGroup: 5, stateId: 5, records: [['put', 'x', V, 60_000, 0, none]] },
  ],
};

/** A delta with every op. */
export const goldenDelta: GoldenSegment = {
  file: 'segment-v1-delta.bin',
  header: headerWith({
    uid: '102132435465768798a9bacbdcedfe0f',
    checkpointId: 13,
    baseCheckpointId: 12,
    keyGroupRange: { first: 2, last: 5 },
    maxParallelism: 8,
    key: string.snapshot(),
    states,
    sorted: true,
  }),
  lengthBytes: 1_962,
  checksum: 3_475_337_132,
  content: [
    {
      keyGroup: 2,
      stateId: 0,
      records: [
        ['delete', '', V, none],
        ['put', 'ATL-BOS', V, none, 13, none],
      ],
    },
    {
      keyGroup: 2,
      stateId: 1,
      records: [
        ['splice', 'ATL-BOS', V, 2, ['third'], none],
        ['splice', 'BOS', V, 1, [], none],
        ['clear', 'CLE', V],
      ],
    },
    {
      keyGroup: 3,
      stateId: 2,
      records: [
        ['clear', 'JFK', -7],
        ['put', 'JFK', -7, 'we', 5, none],
        ['delete', 'JFK', 9, 'mo'],
      ],
    },
    { keyGroup: 3, stateId: 3, records: [['reset'], ['put', 'c', V, none, 3, 1_700_000_000_001]] },
    { keyGroup: 4, stateId: 3, records: [['touch', 'd', V, none, 1_700_000_000_002]] },
    {
      keyGroup: 5,
      stateId: 4,
      records: [
        ['trim', 'x', V, 2],
        ['splice', 'x', V, 1, [10], [13]],
      ],
    },
    { keyGroup: 5, stateId: 5, records: [['delete', 'x', V, 60_000]] },
  ],
};

/** The codec of a state of the golden segments. */
export function goldenCodec(stateId: number): RecordCodec {
  return codecs[stateId] as RecordCodec;
}

/** Whether a state of the golden segments has time stamps. */
export function goldenTtl(stateId: number): boolean {
  return states[stateId]?.ttl === true;
}

/** The kept bytes. */
export function goldenBytes({ file }: GoldenSegment): Uint8Array<ArrayBuffer> {
  return new Uint8Array(readFileSync(fileURLToPath(new URL(`../golden/${file}`, import.meta.url))));
}

/** The reference that a snapshot would hold. */
export function goldenReference(golden: GoldenSegment): SegmentReference {
  return {
    uid: golden.header.uid,
    stream: { kind: 'byte-stream', name: golden.file, bytes: new Uint8Array(0) },
    lengthBytes: golden.lengthBytes,
    checksum: golden.checksum,
    checkpointId: golden.header.checkpointId,
    scope: 'exclusive',
  };
}

/** Writes decoded records, each with the method of its op. */
export function writeRecords(
  writer: SegmentRecordWriter,
  records: readonly DecodedRecord[],
  hasMapKeys: boolean,
): void {
  for (const [op, ...parts] of records) {
    const [key, namespace, third, fourth, fifth] = parts;
    const stampMs = fourth as number;
    if (op === 'put' && hasMapKeys) writer.putMapEntry(key, namespace, third, fourth, fifth as number | undefined);
    else if (op === 'put') writer.put(key, namespace, fourth, fifth as number | undefined);
    else if (op === 'delete' && hasMapKeys) writer.deleteMapEntry(key, namespace, third);
    else if (op === 'delete') writer.delete(key, namespace);
    else if (op === 'clear') writer.clear(key, namespace);
    else if (op === 'reset') writer.reset();
    else if (op === 'trim') writer.trim(key, namespace, third as number);
    else if (op === 'touch' && hasMapKeys) writer.touchMapEntry(key, namespace, third, stampMs);
    else if (op === 'touch') writer.touch(key, namespace, stampMs);
    else {
      const elements = fourth as readonly unknown[];
      writer.splice(
        key,
        namespace,
        third as number,
        elements,
        0,
        elements.length,
        fifth as readonly number[] | undefined,
      );
    }
  }
}

/** Writes the content of a golden segment. */
export function writeGolden(writer: SegmentRecordWriter, golden: GoldenSegment): void {
  for (const { keyGroup, stateId, records } of golden.content) {
    const codec = goldenCodec(stateId);
    writer.startState(keyGroup, stateId, codec);
    writeRecords(writer, records, codec.mapKey !== undefined);
  }
}
