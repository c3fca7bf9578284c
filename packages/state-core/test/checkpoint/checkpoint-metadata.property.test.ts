// Any metadata that keeps the rules comes back as it was; any bytes at all end in metadata or in a StateError.

import { testRuns } from '@tidemark/config/test-runs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { checksum32 } from '../../src/bytes/checksum.js';
import type {
  CheckpointMetadata,
  OperatorState,
  OperatorSubtaskState,
  RawKeyedStateHandle,
} from '../../src/checkpoint/checkpoint-metadata.js';
import { readCheckpointMetadata, writeCheckpointMetadata } from '../../src/checkpoint/checkpoint-metadata-format.js';
import { isStateError } from '../../src/error/state-error.js';
import type { ChainStart, KeyedStateHandle, SegmentReference } from '../../src/handle/keyed-state-handle.js';
import type { OperatorStateHandle } from '../../src/handle/operator-state-handle.js';
import type { OptionalFacts } from '../../src/handle/optional-facts.js';
import type { StreamStateHandle } from '../../src/handle/stream-state-handle.js';
import { createKeyGroupPartitions } from '../../src/key-group/key-group-assignment.js';
import type { KeyGroupRange } from '../../src/key-group/key-group-range.js';
import { directoryScope, fullMetadata } from './checkpoint-metadata-fixture.js';

const name = fc.oneof(
  fc.string({ minLength: 1, maxLength: 8, unit: 'binary' }),
  fc.constantFrom('__proto__', 'toString', '\ud800'),
);
const id = fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER });
const size = fc.oneof(fc.nat(100), fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER }));
const blob = fc.uint8Array({ maxLength: 20 });
const uint32 = fc.integer({ min: 0, max: 0xffffffff });

/** What a later version may have added, as it comes out of JSON. */
const optional: fc.Arbitrary<{ optional?: OptionalFacts }> = fc.option(
  fc
    .dictionary(name, fc.jsonValue({ maxDepth: 3 }), { maxKeys: 3 })
    .map((facts) => ({ optional: JSON.parse(JSON.stringify(facts)) as OptionalFacts })),
  { nil: {} },
);

const stream: fc.Arbitrary<StreamStateHandle> = fc.oneof(
  fc.record({ kind: fc.constant('byte-stream' as const), name, bytes: blob }),
  fc.record({
    kind: fc.constant('file' as const),
    location: fc
      .stringMatching(/^[a-z0-9]{1,6}(\/[a-z0-9]{1,6}){0,2}$/)
      .map((path) => `file:///checkpoints/job/${path}`),
    sizeBytes: fc.oneof(fc.constant(-1), size),
  }),
);

const lengthOf = (handle: StreamStateHandle): number =>
  handle.kind === 'byte-stream'
    ? handle.bytes.length
    : handle.sizeBytes < 0
      ? Number.MAX_SAFE_INTEGER
      : handle.sizeBytes;

const segment: fc.Arbitrary<SegmentReference> = fc
  .record({
    uid: fc.stringMatching(/^[0-9a-f]{32}$/),
    stream,
    lengthBytes: size,
    checksum: uint32,
    checkpointId: id,
    scope: fc.constantFrom('exclusive' as const, 'shared' as const),
    range: fc.option(fc.tuple(fc.nat(3), fc.nat(3)), { nil: undefined }),
  })
  .map(({ range, ...fields }) => {
    const known = lengthOf(fields.stream);
    const keyGroupRange = range && { first: Math.min(...range), last: Math.max(...range) };
    return {
      ...fields,
      ...(keyGroupRange && { keyGroupRange }),
      lengthBytes: known === Number.MAX_SAFE_INTEGER ? fields.lengthBytes : known,
    };
  });

const positions = (handle: StreamStateHandle) =>
  fc.array(fc.integer({ min: 0, max: Math.min(lengthOf(handle), Number.MAX_SAFE_INTEGER - 1) }), { maxLength: 6 });

const operatorHandle: fc.Arbitrary<OperatorStateHandle> = stream.chain((handle) =>
  fc
    .record({
      states: fc.uniqueArray(
        fc.record({
          name,
          mode: fc.constantFrom('SPLIT_DISTRIBUTE' as const, 'UNION' as const, 'BROADCAST' as const),
          offsets: positions(handle),
        }),
        { selector: (state) => state.name, maxLength: 3 },
      ),
      checksum: fc.option(uint32, { nil: undefined }),
      facts: optional,
    })
    .map(({ states, checksum, facts }) => ({
      ...facts,
      kind: 'operator' as const,
      stream: handle,
      states: states.map((state) => ({
        ...state,
        offsets: state.mode === 'BROADCAST' ? [state.offsets[0] ?? 0] : [...state.offsets].sort((a, b) => a - b),
      })),
      ...(checksum === undefined ? {} : { checksum }),
    })),
);

function chainStarts(range: KeyGroupRange, segments: number): fc.Arbitrary<ChainStart[]> {
  if (segments === 0) return fc.constant([]);
  const groups = range.numberOfKeyGroups;
  return fc
    .array(fc.option(fc.nat(segments - 1), { nil: undefined }), { minLength: groups, maxLength: groups })
    .map((starts) =>
      starts.flatMap((at, index) =>
        at === undefined ? [] : [{ first: range.first + index, last: range.first + index, segment: at }],
      ),
    );
}

function keyedHandle(
  range: KeyGroupRange,
  maxParallelism: number,
  pool: readonly SegmentReference[],
): fc.Arbitrary<KeyedStateHandle> {
  return fc.subarray(pool.toSorted((a, b) => a.checkpointId - b.checkpointId)).chain((segments) =>
    fc
      .record({
        facts: optional,
        ttlClocks: fc.option(fc.array(fc.maxSafeInteger(), { maxLength: range.numberOfKeyGroups }), { nil: undefined }),
        handleId: name,
        chainStarts: chainStarts(range, segments.length),
        digestNames: fc.option(fc.uniqueArray(name, { maxLength: 2 }), { nil: undefined }),
        incremental: fc.option(
          fc.record({
            age: fc.nat(3),
            base: fc.boolean(),
            checkpointedSizeBytes: size,
          }),
          { nil: undefined },
        ),
      })
      .map(({ handleId, chainStarts: starts, digestNames, incremental, ttlClocks, facts }): KeyedStateHandle => {
        const newest = segments.at(-1)?.checkpointId ?? 2;
        const mayBeIncremental = segments.every((one) => one.scope === 'shared' || one.checkpointId === newest);
        const fields = {
          ...facts,
          ...(ttlClocks && { ttlClocks: ttlClocks.map((timeMs, index) => [range.first + index, timeMs] as const) }),
          handleId,
          keyGroupRange: { first: range.first, last: range.last },
          maxParallelism,
          segments,
          chainStarts: starts,
          ...(digestNames && {
            digests: digestNames.map((stateName) => ({
              stateName,
              digests: new Uint8Array(range.numberOfKeyGroups * 8).fill(stateName.length),
            })),
          }),
        };
        if (incremental === undefined || !mayBeIncremental) return { kind: 'key-groups', ...fields };
        const { age, base, checkpointedSizeBytes } = incremental;
        const allShared = segments.every((one) => one.scope === 'shared');
        const checkpointId = Math.min(newest + (allShared ? age : 0), Number.MAX_SAFE_INTEGER);
        return {
          kind: 'incremental',
          ...fields,
          checkpointId,
          ...(base && checkpointId > 1 && { baseCheckpointId: checkpointId - 1 }),
          checkpointedSizeBytes,
        };
      }),
  );
}

function rawKeyed(range: KeyGroupRange): fc.Arbitrary<RawKeyedStateHandle> {
  const groups = range.numberOfKeyGroups;
  return stream.chain((handle) =>
    fc
      .array(fc.integer({ min: -1, max: Math.min(lengthOf(handle), 2 ** 50) }), {
        minLength: groups,
        maxLength: groups,
      })
      .map((offsets) => ({
        kind: 'raw-keyed',
        keyGroupRange: { first: range.first, last: range.last },
        offsets,
        stream: handle,
      })),
  );
}

function subtask(
  subtaskIndex: number,
  range: KeyGroupRange,
  maxParallelism: number,
  pool: readonly SegmentReference[],
): fc.Arbitrary<OperatorSubtaskState> {
  return fc
    .record({
      keyed: fc.array(keyedHandle(range, maxParallelism, pool), { maxLength: 1 }),
      operator: fc.array(operatorHandle, { maxLength: 2 }),
      rawKeyed: fc.array(rawKeyed(range), { maxLength: 1 }),
      rawOperator: fc.array(operatorHandle, { maxLength: 1 }),
      finished: fc.option(fc.boolean(), { nil: undefined }),
    })
    .map(({ finished, ...fields }) => ({ subtaskIndex, ...fields, ...(finished === undefined ? {} : { finished }) }));
}

function operator(pool: readonly SegmentReference[]): fc.Arbitrary<OperatorState> {
  return fc
    .tuple(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 4, max: 12 }))
    .chain(([parallelism, maxParallelism]) =>
      fc
        .record({
          uid: name,
          name: fc.option(name, { nil: undefined }),
          subtasks: fc.tuple(
            ...createKeyGroupPartitions(maxParallelism, parallelism).map((range, index) =>
              subtask(index, range, maxParallelism, pool),
            ),
          ),
          coordinator: fc.option(stream, { nil: undefined }),
          facts: optional,
        })
        .map(({ uid, name: operatorName, subtasks, coordinator, facts }) => ({
          ...facts,
          uid,
          ...(operatorName === undefined ? {} : { name: operatorName }),
          parallelism,
          maxParallelism,
          subtasks,
          ...(coordinator && { coordinator }),
        })),
    );
}

const metadata: fc.Arbitrary<CheckpointMetadata> = fc
  .uniqueArray(segment, { selector: ({ uid }) => uid, maxLength: 4 })
  .chain((pool) =>
    fc
      .record({
        jobId: name,
        checkpointId: fc.integer({ min: 2, max: 2 ** 50 }),
        timestampMs: fc.oneof(fc.integer({ min: 0, max: 2 ** 42 }), fc.constant(0.5)),
        properties: fc.record({
          snapshotKind: fc.constantFrom('checkpoint' as const, 'savepoint' as const),
          discardOnSubsumed: fc.boolean(),
          discardOnFinished: fc.boolean(),
          discardOnCancelled: fc.boolean(),
          discardOnFailed: fc.boolean(),
          discardOnSuspended: fc.boolean(),
        }),
        epoch: fc.option(fc.integer({ min: 2, max: 1000 }), { nil: undefined }),
        operators: fc.uniqueArray(operator(pool), { selector: ({ uid }) => uid, maxLength: 3 }),
        masterStates: fc.uniqueArray(fc.record({ name, version: fc.integer(), bytes: blob }), {
          selector: (state) => state.name,
          maxLength: 3,
        }),
        attachment: fc.option(fc.record({ type: name, parameters: fc.dictionary(name, fc.nat()), bytes: blob }), {
          nil: undefined,
        }),
        writer: fc.string(),
        facts: optional,
      })
      .map(({ epoch, attachment, facts, ...fields }) => ({
        ...fields,
        ...facts,
        ...(epoch !== undefined && {
          lineage: { epoch, parent: { epoch: epoch - 1, checkpointId: fields.checkpointId } },
        }),
        ...(attachment && {
          attachment: {
            serializer: { type: attachment.type, version: 1, parameters: attachment.parameters },
            bytes: attachment.bytes,
          },
        }),
      })),
  );

describe('any checkpoint metadata', () => {
  it('comes back as it was, and is written the same way again', () => {
    fc.assert(
      fc.property(metadata, (original) => {
        const bytes = writeCheckpointMetadata(original, directoryScope);
        const read = readCheckpointMetadata(bytes, directoryScope);
        expect(read).toEqual(original);
        expect(writeCheckpointMetadata(read, directoryScope)).toEqual(bytes);
      }),
    );
  });
});

describe('any bytes', () => {
  const base = writeCheckpointMetadata(fullMetadata(), directoryScope);

  function check(bytes: Uint8Array): void {
    try {
      readCheckpointMetadata(bytes, directoryScope);
    } catch (error) {
      if (!isStateError(error)) throw error;
    }
  }

  it('end in metadata or in a StateError', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), check));
  });

  it('end so also when damaged bytes carry the right checksum', () => {
    const damage = fc.array(fc.tuple(fc.nat(base.length - 5), fc.nat(255)), { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(damage, (changes) => {
        const bytes = base.slice();
        for (const [at, value] of changes) bytes[at] = value;
        new DataView(bytes.buffer).setUint32(bytes.length - 4, checksum32(bytes, 0, 0, bytes.length - 4));
        check(bytes);
      }),
      { numRuns: testRuns(1000) },
    );
  });

  it('end so also when a value of the JSON is another one', () => {
    const view = new DataView(base.buffer);
    const jsonLength = view.getUint32(12);
    const text = new TextDecoder().decode(base.subarray(20, 20 + jsonLength));
    const values = [...text.matchAll(/:(-?\d+|"[^"]*"|true|false)/g)];
    const replacement = fc.oneof(
      fc.json({ maxDepth: 2 }),
      fc.constantFrom('-1', '0', '1e400', '9007199254740993', '""', '[]', '{}', 'null', '"__proto__"'),
    );
    fc.assert(
      fc.property(fc.nat(values.length - 1), replacement, (index, value) => {
        const match = values[index] as RegExpExecArray;
        const changed = `${text.slice(0, match.index)}:${value}${text.slice(match.index + match[0].length)}`;
        const json = new TextEncoder().encode(changed);
        const bytes = new Uint8Array(base.length - jsonLength + json.length);
        bytes.set(base.subarray(0, 20));
        bytes.set(json, 20);
        bytes.set(base.subarray(20 + jsonLength), 20 + json.length);
        new DataView(bytes.buffer).setUint32(12, json.length);
        new DataView(bytes.buffer).setUint32(bytes.length - 4, checksum32(bytes, 0, 0, bytes.length - 4));
        check(bytes);
      }),
      { numRuns: testRuns(1000) },
    );
  });
});
