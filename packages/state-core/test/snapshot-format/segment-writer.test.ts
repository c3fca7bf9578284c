import { expect, test } from 'vitest';
import { float64 } from '../../src/serialization/float64-serializer.js';
import { int32 } from '../../src/serialization/integer-serializers.js';
import { string } from '../../src/serialization/string-serializer.js';
import type { RecordCodec } from '../../src/snapshot-format/segment-contract.js';
import {
  blocksOf,
  headerWith,
  int32ToFloat64,
  openSegment,
  recordsOf,
  schemaWith,
  VOID_NAMESPACE,
  voidNamespace,
  writeSegment,
} from './segment-fixture.js';

test('what was written is read, state by state and key group by key group', async () => {
  const map: RecordCodec = { key: int32, namespace: voidNamespace, mapKey: string, value: float64 } as RecordCodec;
  const list: RecordCodec = { key: int32, namespace: voidNamespace, value: string } as RecordCodec;
  const header = headerWith({
    states: [
      schemaWith({ id: 0, name: 'total' }),
      schemaWith({ id: 1, name: 'recent', kind: 'list', value: string.snapshot() }),
      schemaWith({ id: 2, name: 'by-day', kind: 'map', ttl: true }),
    ],
  });
  const segment = await writeSegment(header, (writer) => {
    writer.startState(3, 0, int32ToFloat64);
    writer.put(-1, VOID_NAMESPACE, 0.5);
    writer.put(4, VOID_NAMESPACE, 1.5);
    writer.startState(3, 1, list);
    writer.splice(4, VOID_NAMESPACE, 0, ['a', 'b', 'c'], 0, 3);
    writer.startState(9, 2, map);
    writer.clear(5, VOID_NAMESPACE);
    writer.putMapEntry(5, VOID_NAMESPACE, 'mo', 1, 100);
    writer.deleteMapEntry(5, VOID_NAMESPACE, 'tu');
  });
  const reader = await openSegment(segment);
  expect(reader.header).toEqual(header);
  expect(reader.keyGroups).toEqual([3, 9]);
  const [total, recent, byDay] = await blocksOf(reader);
  expect(recordsOf(total!, int32ToFloat64, false)).toEqual([
    ['put', -1, VOID_NAMESPACE, undefined, 0.5, undefined],
    ['put', 4, VOID_NAMESPACE, undefined, 1.5, undefined],
  ]);
  expect(recordsOf(recent!, list, false)).toEqual([['splice', 4, VOID_NAMESPACE, 0, ['a', 'b', 'c'], undefined]]);
  expect(recordsOf(byDay!, map, true)).toEqual([
    ['clear', 5, VOID_NAMESPACE],
    ['put', 5, VOID_NAMESPACE, 'mo', 1, 100],
    ['delete', 5, VOID_NAMESPACE, 'tu'],
  ]);
  expect(segment.entryCount).toBe(6);
  expect(segment.reference.lengthBytes).toBe(segment.bytes.length);
});
