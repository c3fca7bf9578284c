// Metadata, segments and operator state that no program wrote; with the checksums that the damage would have broken, and
// with checksums that fit it.

import {
  isStateError,
  KeyGroupRange,
  ListStateDescriptor,
  MapStateDescriptor,
  silentLogger,
  string,
  systemClock,
  systemRandom,
} from '@tidemark/state-core';
import type {
  CheckpointMetadata,
  CheckpointMetadataScope,
  OperatorStateHandle,
  SegmentReference,
} from '@tidemark/state-core/spi';
import {
  checksum32,
  digestOfBlocks,
  openSegmentReader,
  type RawBlock,
  readCheckpointMetadata,
  verifySegment,
  walkRecords,
  writeCheckpointMetadata,
} from '@tidemark/state-core/support';
import {
  type FuzzTarget,
  isEqual,
  mutateBytes,
  mutateJson,
  type SeededRandom,
  SimulatedFileSystem,
} from '@tidemark/state-testkit';
import { directoryScope, fullMetadata } from '../checkpoint/checkpoint-metadata-fixture.js';
import { MemoryInputStream } from '../snapshot-format/memory-stream.js';
import { putTogether, takeApart } from '../snapshot-format/segment-forgery.js';
import { createOperatorStateBackend, snapshotOf } from '../support/operator-state-fixture.js';
import { numbered } from './numbered.js';
import { type CorpusFile, INSIDE, locationsIn, type SnapshotCorpus, segmentsIn, storageOn } from './snapshot-corpus.js';

const decoder = new TextDecoder();
const encoder = new TextEncoder();

/** Metadata with other JSON or other blobs, and everything around it as it must be. */
export function reframed(
  metadata: Uint8Array,
  changeJson: (json: string) => string,
  changeBlobs: (blobs: Uint8Array) => Uint8Array = (blobs) => blobs,
): Uint8Array {
  const view = new DataView(metadata.buffer, metadata.byteOffset, metadata.byteLength);
  const jsonLength = view.getUint32(12);
  const json = encoder.encode(changeJson(decoder.decode(metadata.subarray(20, 20 + jsonLength))));
  const blobs = changeBlobs(metadata.slice(20 + jsonLength, metadata.length - 4));
  const framed = new Uint8Array(20 + json.length + blobs.length + 4);
  framed.set(metadata.subarray(0, 12));
  const target = new DataView(framed.buffer);
  target.setUint32(12, json.length);
  target.setUint32(16, blobs.length);
  framed.set(json, 20);
  framed.set(blobs, 20 + json.length);
  return rechecked(framed);
}

/** Bytes that end in a checksum, with the one that fits them. */
function rechecked(bytes: Uint8Array): Uint8Array {
  if (bytes.length < 4) return bytes;
  const copy = bytes.slice();
  new DataView(copy.buffer).setUint32(copy.length - 4, checksum32(copy, 0, 0, copy.length - 4));
  return copy;
}

async function scopeOf({ disk, newest }: SnapshotCorpus): Promise<CheckpointMetadataScope> {
  const parameters = { jobId: 'ledger', clock: systemClock, random: systemRandom, logger: silentLogger };
  const coordinator = await storageOn(new SimulatedFileSystem(disk)).createCoordinatorView(parameters);
  return coordinator.resolveCheckpoint(`sim://${newest.path}`);
}

export async function metadataTarget(corpus: SnapshotCorpus): Promise<FuzzTarget> {
  const own = corpus.files.filter(({ path }) => path.endsWith('/_metadata')).map(({ bytes }) => bytes);
  const inputs = [...own, writeCheckpointMetadata(fullMetadata(), directoryScope)];
  const scopes = [await scopeOf(corpus), directoryScope];
  return {
    name: 'metadata',
    weight: 14,
    accepted: ['format-version-unsupported'],
    damage(random) {
      const chosen = random.below(inputs.length);
      const bytes = inputs[chosen] as Uint8Array;
      const number = chosen < own.length ? 0 : 1;
      switch (random.below(5)) {
        case 0:
          return numbered(number, mutateBytes(bytes, random.pick(inputs), random));
        case 1:
          return numbered(number, rechecked(mutateBytes(bytes, random.pick(inputs), random)));
        case 2: {
          const mutateBlobs = (blobs: Uint8Array): Uint8Array => mutateBytes(blobs, blobs, random);
          return numbered(
            number,
            reframed(bytes, (json) => json, mutateBlobs),
          );
        }
        default:
          return numbered(
            number,
            reframed(bytes, (json) => mutateJson(json, random)),
          );
      }
    },
    read(input) {
      const bytes = input.slice(1);
      const scope = scopes[input[0] as number] as CheckpointMetadataScope;
      const metadata = readCheckpointMetadata(bytes, scope);
      for (const location of locationsIn(metadata)) {
        const isInside =
          scope === directoryScope ? location.startsWith('file:///checkpoints/job/') : INSIDE.test(location);
        if (!isInside || location.includes('/../')) throw new Error(`a way out of the snapshot: ${location}`);
      }
      if (inputs.some((valid) => isEqual(valid, bytes))) return 'unchanged';
      // What is accepted can be written again, and is the same then.
      const again = readCheckpointMetadata(writeCheckpointMetadata(metadata, scope), scope);
      if (!isEqual(again, metadata)) throw new Error('what was read is another when it was written again');
      return 'metadata';
    },
  };
}

const IGNORING = { put() {}, delete() {}, clear() {}, reset() {}, splice() {}, trim() {}, touch() {} };

/** A segment with another header or other blocks, and the reference that fits it. */
export function forgedSegment(bytes: Uint8Array, uid: string, random: SeededRandom): ReturnType<typeof putTogether> {
  const segment = takeApart(bytes, uid);
  if (random.chance(0.5)) {
    segment.json = encoder.encode(mutateJson(decoder.decode(segment.json), random));
    return putTogether(segment);
  }
  const group = random.pick(segment.keyGroups);
  const block = random.pick(random.pick(group.states).blocks);
  block.payload = mutateBytes(block.payload, block.payload, random);
  block.uncompressedBytes = random.chance(0.1) ? random.below(2 ** 31) : block.payload.length;
  if (random.chance(0.2)) block.entryCount = random.below(65_536);
  if (random.chance(0.1)) block.flags = random.below(256);
  return putTogether(segment);
}

/** Inputs from here on are segments whose damage the reference vouches for. */
const FORGED = 128;

export async function segmentTarget(corpus: SnapshotCorpus): Promise<FuzzTarget> {
  const references = segmentsIn(readCheckpointMetadata(corpus.newest.bytes, await scopeOf(corpus)));
  const segments = references.map((reference) => {
    const path = reference.stream.kind === 'file' ? reference.stream.location.slice('sim://'.length) : '';
    return { reference, bytes: (corpus.files.find((file) => file.path === path) as CorpusFile).bytes };
  });
  return {
    name: 'segments',
    weight: 14,
    accepted: ['format-version-unsupported', 'compression-unknown'],
    damage(random) {
      const number = random.below(segments.length);
      const { bytes, reference } = segments[number] as (typeof segments)[number];
      if (random.chance(0.3)) return numbered(number, mutateBytes(bytes, random.pick(segments).bytes, random));
      return numbered(FORGED + number, forgedSegment(bytes, reference.uid, random).bytes);
    },
    async read(input) {
      const isForged = (input[0] as number) >= FORGED;
      const segment = segments[(input[0] as number) % FORGED] as (typeof segments)[number];
      const bytes = input.slice(1);
      const reference: SegmentReference = isForged
        ? { ...segment.reference, lengthBytes: bytes.length, checksum: checksumOf(bytes) }
        : segment.reference;
      const verified = await codeOf(() => verifySegment(new MemoryInputStream(bytes), reference));
      const reader = await openSegmentReader(new MemoryInputStream(bytes), reference);
      const blocks: RawBlock[] = [];
      const { first, last } = reader.header.keyGroupRange;
      for await (const block of reader.readBlocks(KeyGroupRange.of(first, last))) {
        walkRecords(block, IGNORING);
        blocks.push(block);
      }
      digestOfBlocks(blocks);
      await reader.close();
      if (!isForged && !isEqual(bytes, segment.bytes)) throw new Error('a damaged segment was taken for a whole one');
      return `read, ${verified}`;
    },
  };
}

/** What stands where the checksum of a segment is. */
function checksumOf(bytes: Uint8Array): number {
  return bytes.length < 16 ? 0 : new DataView(bytes.buffer).getUint32(bytes.length - 16);
}

async function codeOf(action: () => Promise<unknown>): Promise<string> {
  try {
    await action();
    return 'verified';
  } catch (error) {
    if (!isStateError(error)) throw error;
    return error.code;
  }
}

const TEXTS = new ListStateDescriptor('texts', { type: string });
const RULES = new MapStateDescriptor('rules', { key: string, value: string });
const SHARED = new ListStateDescriptor('shared', { type: string });

export async function operatorStateTarget(): Promise<FuzzTarget> {
  const backend = await createOperatorStateBackend();
  backend.getListState(TEXTS).update(['one', 'two', '', 'x'.repeat(300)]);
  backend.getUnionListState(SHARED).update(['three']);
  backend.getBroadcastState(RULES).put('k', 'v');
  const handle = (await snapshotOf(backend)) as OperatorStateHandle;
  const stored = handle.stream.kind === 'byte-stream' ? handle.stream.bytes : new Uint8Array();
  return {
    name: 'operator state',
    weight: 8,
    accepted: [
      'format-version-unsupported',
      'value-serializer-incompatible',
      'key-serializer-incompatible',
      'state-type-incompatible',
      'serializer-missing',
    ],
    // The length of the states of the handle, those states, which stand in metadata, and the stream.
    damage(random) {
      const states = handle.states.map((state) => ({
        ...state,
        offsets: state.offsets.map((offset) => (random.chance(0.05) ? random.below(1000) : offset)),
      }));
      const text = encoder.encode(JSON.stringify(states));
      const damaged = mutateBytes(stored, stored, random);
      const bytes = random.chance(0.8) ? rechecked(damaged) : damaged;
      const input = new Uint8Array(4 + text.length + bytes.length);
      new DataView(input.buffer).setUint32(0, text.length);
      input.set(text, 4);
      input.set(bytes, 4 + text.length);
      return input;
    },
    async read(input) {
      const length = new DataView(input.buffer).getUint32(0);
      const states = JSON.parse(decoder.decode(input.subarray(4, 4 + length))) as OperatorStateHandle['states'];
      const bytes = input.slice(4 + length);
      const checksum = bytes.length < 4 ? 0 : new DataView(bytes.buffer).getUint32(bytes.length - 4);
      const restored = await createOperatorStateBackend([
        { ...handle, states, checksum, stream: { kind: 'byte-stream', name: 'damaged', bytes } },
      ]);
      for (const text of restored.getListState(TEXTS).get()) text.toUpperCase();
      for (const text of restored.getUnionListState(SHARED).get()) text.toUpperCase();
      for (const [key, value] of restored.getBroadcastState(RULES).entries()) `${key}${value}`.toUpperCase();
      await snapshotOf(restored);
      return 'elements';
    },
  };
}

/** The metadata of a checkpoint with the reference of one segment replaced. */
export function withReference(
  metadata: CheckpointMetadata,
  uid: string,
  lengthBytes: number,
  checksum: number,
): CheckpointMetadata {
  const copy = structuredClone(metadata);
  for (const reference of segmentsIn(copy)) {
    if (reference.uid !== uid) continue;
    const stream = { ...reference.stream, ...(reference.stream.kind === 'file' && { sizeBytes: lengthBytes }) };
    Object.assign(reference, { lengthBytes, checksum, stream });
  }
  return copy;
}
