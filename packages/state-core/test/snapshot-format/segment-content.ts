// Generated content of segments: six states of every sort in up to eight key groups, and the ways to write it.

import * as fc from 'fast-check';
import { compareBytes, serializeKeyToBytes, serializeToBytes } from '../../src/serialization/key-bytes.js';
import { string } from '../../src/serialization/string-serializer.js';
import type { LogicalEntry } from '../../src/snapshot-format/logical-digest.js';
import type { RecordCodec, SegmentRecordWriter } from '../../src/snapshot-format/segment-contract.js';
import type { SegmentHeader, StateSchema } from '../../src/snapshot-format/segment-header.js';
import { type DecodedRecord, headerWith, schemaWith, VOID_NAMESPACE, voidNamespace } from './segment-fixture.js';

const text = string.snapshot();

export const contentStates: readonly StateSchema[] = [
  schemaWith({ id: 0, name: 'value', value: text }),
  schemaWith({ id: 3, name: 'value-ttl', value: text, namespace: text, ttl: true }),
  schemaWith({ id: 4, name: 'list', kind: 'list', value: text, namespace: text }),
  schemaWith({ id: 9, name: 'list-ttl', kind: 'list', value: text, ttl: true }),
  schemaWith({ id: 500, name: 'map', kind: 'map', value: text }),
  schemaWith({ id: 32_766, name: 'map-ttl', kind: 'map', value: text, namespace: text, ttl: true }),
];

export const contentHeader: SegmentHeader = headerWith({
  baseCheckpointId: 6,
  keyGroupRange: { first: 0, last: 7 },
  maxParallelism: 8,
  key: text,
  states: contentStates,
});

/** How the entries of a state are written. */
export function contentCodec(schema: StateSchema): RecordCodec {
  return {
    key: string,
    namespace: hasNamespace(schema) ? string : voidNamespace,
    ...(schema.kind === 'map' ? { mapKey: string } : {}),
    value: string,
  } as RecordCodec;
}

export function hasNamespace(schema: StateSchema): boolean {
  return schema.namespace.type === 'string';
}

/** The records of one state in one key group, sorted as a block must be. */
export interface StateContent {
  readonly keyGroup: number;
  readonly schema: StateSchema;
  readonly records: readonly DecodedRecord[];
}

const short = fc.string({ maxLength: 4, unit: fc.constantFrom('a', 'b', '\0', 'é', '\ud800', '😀') });
const value = fc.oneof(
  { weight: 9, arbitrary: fc.string() },
  { weight: 1, arbitrary: fc.string({ minLength: 200, maxLength: 400 }) },
);
const stamp = fc.maxSafeInteger();
const change = fc.constantFrom('put', 'delete', 'touch');

/** Content of a whole segment, in its order. */
export const segmentContent: fc.Arbitrary<readonly StateContent[]> = fc
  .uniqueArray(fc.tuple(fc.nat(7), fc.nat(contentStates.length - 1)), { maxLength: 8, selector: String })
  .map((places) => places.sort(([groupA, stateA], [groupB, stateB]) => groupA - groupB || stateA - stateB))
  .chain((places) =>
    fc.tuple(
      ...places.map(([keyGroup, index]) => {
        const schema = contentStates[index] as StateSchema;
        return recordsOfState(schema).map((records) => ({ keyGroup, schema, records }));
      }),
    ),
  );

function recordsOfState(schema: StateSchema): fc.Arbitrary<readonly DecodedRecord[]> {
  const namespace = hasNamespace(schema) ? short : fc.constant(VOID_NAMESPACE);
  const stampOf = schema.ttl ? stamp : fc.constant(undefined);
  const address = fc.tuple(short, namespace);
  return fc
    .tuple(
      fc.boolean(),
      fc.uniqueArray(
        address.chain(([key, inNamespace]) => recordsAt(schema, key, inNamespace, stampOf)),
        { maxLength: 12, selector: ([record]) => JSON.stringify(record?.slice(1, 3).map(String)) },
      ),
    )
    .map(([reset, lists]) => [
      ...(reset ? [['reset'] as DecodedRecord] : []),
      ...lists.flat().sort(compareRecords(schema)),
    ]);
}

function recordsAt(
  schema: StateSchema,
  key: string,
  namespace: unknown,
  stampOf: fc.Arbitrary<number | undefined>,
): fc.Arbitrary<DecodedRecord[]> {
  const clear: DecodedRecord = ['clear', key, namespace];
  if (schema.kind === 'list') {
    const splice = fc
      .tuple(fc.nat(5), fc.array(value, { maxLength: 6 }), fc.array(stamp, { minLength: 6, maxLength: 6 }))
      .map(([from, elements, stamps]): DecodedRecord[] => [
        ['splice', key, namespace, from, elements, schema.ttl ? stamps.slice(0, elements.length) : undefined],
      ]);
    const trim = fc.integer({ min: 1, max: 300 }).map((count): DecodedRecord => ['trim', key, namespace, count]);
    return fc.oneof(
      { weight: 4, arbitrary: splice },
      { weight: 1, arbitrary: fc.constant<DecodedRecord[]>([clear]) },
      { weight: 1, arbitrary: trim.map((record) => [record]) },
      { weight: 1, arbitrary: fc.tuple(trim, splice).map(([record, splices]) => [record, ...splices]) },
    );
  }
  if (schema.kind === 'map') {
    const entry = fc.tuple(short, change, value, stampOf).map(([mapKey, op, content, timestampMs]): DecodedRecord => {
      if (op === 'delete') return ['delete', key, namespace, mapKey];
      if (op === 'touch' && schema.ttl) return ['touch', key, namespace, mapKey, timestampMs];
      return ['put', key, namespace, mapKey, content, timestampMs];
    });
    return fc
      .tuple(fc.boolean(), fc.uniqueArray(entry, { minLength: 1, maxLength: 4, selector: (record) => record[3] }))
      .map(([cleared, entries]) => (cleared ? [clear, ...entries] : entries));
  }
  return fc.tuple(change, value, stampOf).map(([op, content, timestampMs]): DecodedRecord[] => {
    if (op === 'delete') return [['delete', key, namespace, undefined]];
    if (op === 'touch' && schema.ttl) return [['touch', key, namespace, undefined, timestampMs]];
    return [['put', key, namespace, undefined, content, timestampMs]];
  });
}

/** The order of G2. */
export function compareRecords(schema: StateSchema): (a: DecodedRecord, b: DecodedRecord) => number {
  return (a, b) => {
    const left = encodedAddress(schema, a);
    const right = encodedAddress(schema, b);
    return (
      compareBytes(left.key, right.key) ||
      compareBytes(left.namespace, right.namespace) ||
      compareBytes(left.mapKey ?? NO_BYTES, right.mapKey ?? NO_BYTES) ||
      Number(left.mapKey !== undefined) - Number(right.mapKey !== undefined)
    );
  };
}

const NO_BYTES = new Uint8Array(0);

/** The parts of a record that say where it belongs, as bytes. */
export function encodedAddress(
  schema: StateSchema,
  [op, key, namespace, third]: DecodedRecord,
): { key: Uint8Array; namespace: Uint8Array; mapKey: Uint8Array | undefined } {
  if (op === 'reset') return { key: NO_BYTES, namespace: NO_BYTES, mapKey: undefined };
  const codec = contentCodec(schema);
  return {
    key: serializeKeyToBytes(codec.key, key),
    namespace: serializeKeyToBytes(codec.namespace, namespace),
    mapKey:
      codec.mapKey !== undefined && (op === 'put' || op === 'delete' || op === 'touch')
        ? serializeKeyToBytes(codec.mapKey, third)
        : undefined,
  };
}

/** Writes a record with the methods that take bytes. */
export function writeEncoded(writer: SegmentRecordWriter, schema: StateSchema, record: DecodedRecord): void {
  const { key, namespace, mapKey } = encodedAddress(schema, record);
  const [op, , , third, fourth, fifth] = record;
  if (op === 'put') writer.putEncoded(key, namespace, mapKey, valueBytes(fourth), fifth as number | undefined);
  else if (op === 'delete') writer.deleteEncoded(key, namespace, mapKey);
  else if (op === 'clear') writer.clearEncoded(key, namespace);
  else if (op === 'reset') writer.reset();
  else if (op === 'trim') writer.trimEncoded(key, namespace, third as number);
  else if (op === 'touch') writer.touchEncoded(key, namespace, mapKey, fourth as number);
  else {
    const elements = (fourth as readonly unknown[]).map(valueBytes);
    writer.spliceEncoded(key, namespace, third as number, elements, fifth as readonly number[] | undefined);
  }
}

function valueBytes(content: unknown): Uint8Array {
  return serializeToBytes(string, content as string);
}

/** What a record counts as in a digest. */
export function logicalEntries(schema: StateSchema, record: DecodedRecord): LogicalEntry[] {
  const { key, namespace, mapKey } = encodedAddress(schema, record);
  const [op, , , third, fourth, fifth] = record;
  const ofMap = mapKey === undefined ? {} : { mapKey };
  const stampOf = (timestampMs: unknown) => (timestampMs === undefined ? {} : { timestampMs: timestampMs as number });
  switch (op) {
    case 'put':
      return [{ sort: 'entry', key, namespace, ...ofMap, value: valueBytes(fourth), ...stampOf(fifth) }];
    case 'delete':
      return [{ sort: 'deletion', key, namespace, ...ofMap }];
    case 'clear':
      return [{ sort: 'clearing', key, namespace }];
    case 'reset':
      return [{ sort: 'reset' }];
    case 'trim':
      return [{ sort: 'trim', key, namespace, count: third as number }];
    case 'touch':
      return [{ sort: 'touch', key, namespace, ...ofMap, timestampMs: fourth as number }];
    default: {
      const from = third as number;
      const elements = fourth as readonly unknown[];
      if (elements.length === 0) return [{ sort: 'cut', key, namespace, from, ttl: schema.ttl }];
      return elements.map((element, index) => ({
        sort: 'element',
        key,
        namespace,
        index: from + index,
        value: valueBytes(element),
        ...stampOf((fifth as readonly number[] | undefined)?.[index]),
      }));
    }
  }
}
