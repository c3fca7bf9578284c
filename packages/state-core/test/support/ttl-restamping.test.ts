// TR1, TR2 and TR4 of ttl-restamping.ts: stamps come, go and change; no other byte does.

import { describe, expect, it } from 'vitest';
import { KeyGroupRange } from '../../src/key-group/key-group-range.js';
import { float64 } from '../../src/serialization/float64-serializer.js';
import { int32 } from '../../src/serialization/integer-serializers.js';
import { string } from '../../src/serialization/string-serializer.js';
import type { RawBlock, RecordCodec, SegmentRecordWriter } from '../../src/snapshot-format/segment-contract.js';
import type { StateSchema } from '../../src/snapshot-format/segment-header.js';
import { NO_TIME, TtlClock } from '../../src/support/ttl-clock.js';
import { storedTimeOf, TtlRestamping } from '../../src/support/ttl-restamping.js';
import {
  blocksOf,
  headerWith,
  openSegment,
  schemaWith,
  VOID_NAMESPACE,
  voidNamespace,
  writeSegment,
} from '../snapshot-format/segment-fixture.js';

const clock = new TtlClock({
  processingTimeMs: () => 5000.5,
  keyGroupRange: KeyGroupRange.of(0, 9),
  restored: new Map([[3, 70]]),
});

const address = { key: int32, namespace: voidNamespace };

type Write = (writer: SegmentRecordWriter, stampMs: number | undefined) => void;

const kinds: readonly (readonly [name: string, schema: Partial<StateSchema>, codec: RecordCodec, write: Write])[] = [
  [
    'values',
    { kind: 'value' },
    { ...address, value: float64 } as RecordCodec,
    (writer, stampMs) => {
      writer.put(1, VOID_NAMESPACE, 1.5, stampMs);
      writer.delete(2, VOID_NAMESPACE);
      writer.put(3, VOID_NAMESPACE, -1, stampMs);
    },
  ],
  [
    'map entries',
    { kind: 'map', value: string.snapshot(), mapKey: int32.snapshot() },
    { ...address, mapKey: int32, value: string } as RecordCodec,
    (writer, stampMs) => {
      writer.clear(1, VOID_NAMESPACE);
      writer.putMapEntry(1, VOID_NAMESPACE, 1, 'x'.repeat(300), stampMs);
      writer.deleteMapEntry(1, VOID_NAMESPACE, 2);
    },
  ],
  [
    'lists',
    { kind: 'list', value: string.snapshot() },
    { ...address, value: string } as RecordCodec,
    (writer, stampMs) => {
      const elements = ['', 'a', 'bb'];
      const stampsMs = stampMs === undefined ? undefined : elements.map(() => stampMs);
      writer.splice(1, VOID_NAMESPACE, 4, elements, 0, 3, stampsMs);
      writer.splice(2, VOID_NAMESPACE, 0, [], 0, 0, stampMs === undefined ? undefined : []);
    },
  ],
];

async function blockOf(
  schema: Partial<StateSchema>,
  codec: RecordCodec,
  write: Write,
  stampMs: number | undefined,
): Promise<RawBlock> {
  const written = schemaWith({ ...schema, ttl: stampMs !== undefined });
  const segment = await writeSegment(headerWith({ baseCheckpointId: 6, states: [written] }), async (writer) => {
    writer.startState(3, 0, codec);
    write(writer, stampMs);
  });
  const [block] = await blocksOf(await openSegment(segment));
  return block as RawBlock;
}

describe.each(kinds)('%s', (_name, schema, codec, write) => {
  it('get stamps, lose them, and change their clock', async () => {
    const plain = await blockOf(schema, codec, write, undefined);
    const inProcessingTime = await blockOf(schema, codec, write, 5000);
    const inEventTime = await blockOf(schema, codec, write, 70);
    expect(new TtlRestamping('processing', clock).block(plain)).toEqual(inProcessingTime);
    expect(new TtlRestamping('event', clock).block(inProcessingTime)).toEqual(inEventTime);
    expect(new TtlRestamping(undefined, clock).block(inEventTime)).toEqual(plain);
  });
});

it('renewed stamps get the stamp of the restore, or go with the stamps; trims stay', async () => {
  const touches: Write = (writer, stampMs) => {
    writer.touch(1, VOID_NAMESPACE, stampMs as number);
    writer.delete(2, VOID_NAMESPACE);
    writer.touch(3, VOID_NAMESPACE, stampMs as number);
  };
  const codec = { ...address, value: float64 } as RecordCodec;
  const inEventTime = await blockOf({}, codec, touches, -7);
  expect(new TtlRestamping('processing', clock).block(inEventTime)).toEqual(await blockOf({}, codec, touches, 5000));
  const deletion: Write = (writer) => writer.delete(2, VOID_NAMESPACE);
  expect(new TtlRestamping(undefined, clock).block(inEventTime)).toEqual(await blockOf({}, codec, deletion, undefined));
  const onlyTouch = await blockOf(
    {},
    codec,
    (writer, stampMs) => writer.touch(1, VOID_NAMESPACE, stampMs as number),
    7,
  );
  expect(new TtlRestamping(undefined, clock).block(onlyTouch).entryCount).toBe(0);

  const list = { kind: 'list', value: string.snapshot() } as const;
  const trim: Write = (writer) => writer.trim(1, VOID_NAMESPACE, 3);
  const listCodec = { ...address, value: string } as RecordCodec;
  const trimmed = await blockOf(list, listCodec, trim, 5);
  expect(new TtlRestamping(undefined, clock).block(trimmed)).toEqual(await blockOf(list, listCodec, trim, undefined));
});

it('visitors hear of renewed stamps when there are stamps, and only those that know them', () => {
  const heard: unknown[] = [];
  const entriesOnly = { put() {}, delete() {}, clear() {}, reset() {}, splice() {} };
  const all = {
    ...entriesOnly,
    trim: (...parts: unknown[]) => void heard.push(['trim', ...parts]),
    touch: (...parts: unknown[]) => void heard.push(['touch', ...parts]),
  };
  const [stamping, bare] = [new TtlRestamping('processing', clock), new TtlRestamping(undefined, clock)];
  for (const restamping of [stamping, bare]) {
    restamping.visitor(all, 3).trim?.(1, VOID_NAMESPACE, 2);
    restamping.visitor(all, 3).touch?.(1, VOID_NAMESPACE, undefined, -7);
  }
  expect(heard).toEqual([
    ['trim', 1, VOID_NAMESPACE, 2],
    ['touch', 1, VOID_NAMESPACE, undefined, 5000],
    ['trim', 1, VOID_NAMESPACE, 2],
  ]);
  expect(stamping.visitor(entriesOnly, 3)).not.toHaveProperty('touch');
  expect(stamping.visitor(entriesOnly, 3)).not.toHaveProperty('trim');
  expect(bare.visitor(entriesOnly, 3)).toHaveProperty('touch');
});

it('agrees with the clock that a schema names; none is processing time', () => {
  const stored = (fields: Partial<StateSchema>): StateSchema => schemaWith(fields);
  expect(storedTimeOf(stored({ ttl: false }))).toBeUndefined();
  expect(storedTimeOf(stored({ ttl: true }))).toBe('processing');
  const restamping = new TtlRestamping('event', clock);
  expect(restamping.agreesWith(stored({ ttl: true, ttlTime: 'event' }))).toBe(true);
  expect(restamping.agreesWith(stored({ ttl: true }))).toBe(false);
  expect(restamping.schemaOf(stored({ ttl: false }))).toEqual(stored({ ttl: true, ttlTime: 'event' }));
  expect(new TtlRestamping(undefined, clock).schemaOf(stored({ ttl: true, ttlTime: 'event' }))).toEqual(stored({}));
});

it('has no stamp of event time for a key group that has had no mark', () => {
  expect(clock.restoreStampMs('event', 4)).toBe(NO_TIME);
  expect(clock.restoreStampMs('event', 3)).toBe(70);
});

describe.each(kinds)('%s from before the first mark', (_name, schema, codec, write) => {
  const inEventTime = schemaWith({ ...schema, ttl: true, ttlTime: 'event' });

  it('get the beginning of event time when it is known, and nothing else changes', async () => {
    const restamping = new TtlRestamping('event', clock);
    expect(restamping.knowsTimeOf(inEventTime, 3)).toBe(true);
    expect(restamping.timedBlock(await blockOf(schema, codec, write, NO_TIME))).toEqual(
      await blockOf(schema, codec, write, 70),
    );
    const timed = await blockOf(schema, codec, write, -5);
    expect(restamping.timedBlock(timed)).toBe(timed);
  });

  it('wait for it as long as it is not, and have none in processing time', () => {
    expect(new TtlRestamping('event', clock).knowsTimeOf(inEventTime, 4)).toBe(false);
    expect(new TtlRestamping('event', undefined).knowsTimeOf(inEventTime, 3)).toBe(false);
    const inProcessingTime = schemaWith({ ...schema, ttl: true });
    expect(new TtlRestamping('processing', clock).knowsTimeOf(inProcessingTime, 3)).toBe(false);
  });
});

it('keeps the schema and the stamps of a state that the program does not know', () => {
  const kept = new TtlRestamping('stored', clock);
  for (const stored of [schemaWith({}), schemaWith({ ttl: true }), schemaWith({ ttl: true, ttlTime: 'event' })]) {
    expect(kept.agreesWith(stored)).toBe(true);
    expect(kept.schemaOf(stored)).toBe(stored);
  }
  expect(kept.knowsTimeOf(schemaWith({ ttl: true, ttlTime: 'event' }), 3)).toBe(true);
});
