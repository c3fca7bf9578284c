// The stored form of the operator state of one subtask, version 1. Also described for people in
// docs/formats/operator-state-v1.md.
//
//   stream    [ preamble ] [ region ]* [ index ] [ trailer ]        nothing before, between or after
//
//   preamble  0   8  magic 89 54 44 4F 0D 0A 1A 0A  ("\x89TDO\r\n\x1a\n")
//             8   2  format version: 1
//            10   2  flags: 0
//
//   region    of a list:       count times  varint length, element
//             of a broadcast:  varint count, then count times  varint length, canonical key, varint length, value
//
//   index     canonical JSON in UTF-8: the checkpoint, and for each region name, mode, schemas, start, end, count
//
//   trailer   0   4  length of the index
//             4   4  checksum of everything before it
//
//   Multi-byte numbers are big-endian. Positions count from the start of the stream.
//
//   O1. Every region has one schema. A state has as many regions as it has schemas: states that nobody registered are
//       carried along as they were written, also when two subtasks had written them differently.
//   O2. The offsets in a handle are the starts of list elements, or of the region of a broadcast state.
//   O3. The checksum runs over blocks of 65,536 bytes, each seeded with that of the block before; the first with 0.
//   O4. The index comes last, so that a writer needs to know no length before it has written.
//   O5. Whatever the bytes are, reading ends in the elements that were written or in a StateError.

import { ByteReader } from '../bytes/byte-reader.js';
import { type ByteOutput, ByteWriter } from '../bytes/byte-writer.js';
import { checksum32 } from '../bytes/checksum.js';
import { decodeSerializerSnapshot } from '../checkpoint/checkpoint-metadata-decoder.js';
import { PlainDataReader } from '../checkpoint/plain-data-reader.js';
import type { CheckpointStateOutputStream } from '../checkpoint-storage/checkpoint-stream.js';
import { isStateError, StateError } from '../error/state-error.js';
import type { KnownStateErrorCode } from '../error/state-error-code.js';
import type { OperatorStateMode } from '../handle/operator-state-handle.js';
import type { SerializerSnapshot } from '../serialization/type-serializer.js';
import { canonicalJson } from '../snapshot-format/canonical-json.js';

/** The version of the format that is written. */
export const OPERATOR_STATE_VERSION: number = 1;

const MAGIC: Uint8Array = Uint8Array.of(0x89, 0x54, 0x44, 0x4f, 0x0d, 0x0a, 0x1a, 0x0a);
const PREAMBLE_BYTES = 12;
const TRAILER_BYTES = 8;
const CHECKSUM_BLOCK_BYTES = 65_536;
const INDEX_BYTES_MAX = 64 * 1024 * 1024;

const ADVICE = 'restore from another checkpoint and keep this one for study';

/** How the elements of a region were written. */
export interface OperatorStateSchema {
  /** Of the elements; of the values for a broadcast state. */
  readonly value: SerializerSnapshot;
  /** Of the keys of a broadcast state. */
  readonly key?: SerializerSnapshot;
}

/** One region of a stream: elements of one state under one schema. */
export interface OperatorStateRegion {
  readonly name: string;
  readonly mode: OperatorStateMode;
  readonly schema: OperatorStateSchema;
  readonly start: number;
  readonly end: number;
  /** Elements of a list, entries of a broadcast state. */
  readonly count: number;
}

/** Writes one stream of operator state: regions one after another, elements as they come. */
export class OperatorStateWriter {
  private readonly stream: CheckpointStateOutputStream;
  private readonly checkpointId: number;
  private readonly regions: OperatorStateRegion[] = [];
  private readonly output: ByteWriter = new ByteWriter(CHECKSUM_BLOCK_BYTES * 2);
  private flushedBytes = 0;
  private checksum = 0;

  constructor(stream: CheckpointStateOutputStream, checkpointId: number) {
    this.stream = stream;
    this.checkpointId = checkpointId;
    this.output.writeBytes(MAGIC);
    this.output.writeUint16(OPERATOR_STATE_VERSION);
    this.output.writeUint16(0);
  }

  /** Where the next byte goes, counted from the start of the stream. */
  get position(): number {
    return this.flushedBytes + this.output.length;
  }

  /** Whether enough has gathered to be worth {@link flush}. */
  get wantsFlush(): boolean {
    return this.output.length >= CHECKSUM_BLOCK_BYTES;
  }

  /** Writes what `body` writes, preceded by its length. */
  writeElement(body: (output: ByteOutput) => void): void {
    this.output.writeSized(body);
  }

  writeCount(count: number): void {
    this.output.writeVarint(count);
  }

  /** Ends the region that began at `start`. */
  endRegion(region: Omit<OperatorStateRegion, 'end'>): void {
    this.regions.push({ ...region, end: this.position });
  }

  /** Hands whole blocks on to the stream. @throws StateError `storage-*`, `stream-closed`. */
  async flush(): Promise<void> {
    const whole = this.output.length - (this.output.length % CHECKSUM_BLOCK_BYTES);
    if (whole === 0) return;
    this.checksum = extendChecksum(this.checksum, this.output.view(0, whole));
    await this.stream.write(this.output.view(0, whole));
    this.flushedBytes += whole;
    const rest = this.output.view(whole).slice();
    this.output.reset();
    this.output.writeBytes(rest);
  }

  /** Writes index and trailer; the stream stays open. Returns the checksum. @throws StateError as {@link flush}. */
  async finish(): Promise<number> {
    const index = new TextEncoder().encode(canonicalJson({ checkpointId: this.checkpointId, regions: this.regions }));
    this.output.writeBytes(index);
    this.output.writeUint32(index.length);
    await this.flush();
    const checksum = extendChecksum(this.checksum, this.output.view());
    this.output.writeUint32(checksum);
    await this.stream.write(this.output.view());
    return checksum;
  }
}

/** A stream of operator state that was read and found whole. */
export class OperatorStateContent {
  readonly regions: readonly OperatorStateRegion[];
  private readonly bytes: Uint8Array;

  private constructor(bytes: Uint8Array, regions: readonly OperatorStateRegion[]) {
    this.bytes = bytes;
    this.regions = regions;
  }

  /**
   * Checks the frame and the index.
   *
   * @param checksum - From the handle, where it has one.
   * @throws StateError `bytes-truncated`, `checksum-mismatch`, `snapshot-invalid`, `format-version-unsupported`.
   */
  static open(bytes: Uint8Array, checksum: number | undefined): OperatorStateContent {
    const index = openFrame(bytes, checksum);
    const root = new PlainDataReader(parseJson(index), (message) => damaged('snapshot-invalid', message));
    root.object(['checkpointId', 'regions']);
    root.field('checkpointId').integer(1);
    const bodyEnd = index.byteOffset - bytes.byteOffset;
    let next = PREAMBLE_BYTES;
    const regions = root
      .field('regions')
      .list()
      .map((region) => {
        const decoded = decodeRegion(region, next, bodyEnd);
        next = decoded.end;
        return decoded;
      });
    if (next !== bodyEnd) throw damaged('snapshot-invalid', `${bodyEnd - next} bytes belong to no state`);
    return new OperatorStateContent(bytes, regions);
  }

  /**
   * The elements of a list region that start at `offsets`, as aliases of the stream.
   *
   * @param offsets - Ascending; those outside the region are passed over.
   * @returns Also how many of the offsets were in the region.
   * @throws StateError `snapshot-invalid` for an offset in the region at which no element starts.
   */
  elements(region: OperatorStateRegion, offsets: readonly number[]): Uint8Array[] {
    const wanted = offsets.filter((offset) => offset >= region.start && offset < region.end);
    const elements: Uint8Array[] = [];
    const input = new ByteReader(this.bytes, region.start, region.end);
    this.guard(region, () => {
      for (let index = 0; index < region.count; index++) {
        const isWanted = input.position === wanted[elements.length];
        const element = input.readLengthPrefixedView();
        if (isWanted) elements.push(element);
      }
      input.expectEnd();
    });
    if (elements.length !== wanted.length)
      throw damaged('snapshot-invalid', `no element of '${region.name}' starts at ${wanted[elements.length]}`);
    return elements;
  }

  /** The entries of a broadcast region, as aliases of the stream. @throws StateError `snapshot-invalid`. */
  entries(region: OperatorStateRegion): (readonly [key: Uint8Array, value: Uint8Array])[] {
    const entries: (readonly [Uint8Array, Uint8Array])[] = [];
    this.guard(region, () => {
      const input = new ByteReader(this.bytes, region.start, region.end);
      const count = input.readCount(2);
      if (count !== region.count)
        throw damaged('snapshot-invalid', `'${region.name}' has ${count} entries, not ${region.count}`);
      while (entries.length < count) entries.push([input.readLengthPrefixedView(), input.readLengthPrefixedView()]);
      input.expectEnd();
    });
    return entries;
  }

  private guard(region: OperatorStateRegion, read: () => void): void {
    try {
      read();
    } catch (error) {
      if (isStateError(error, 'snapshot-invalid')) throw error;
      throw damaged('snapshot-invalid', `the elements of '${region.name}' are not where they should be`, error);
    }
  }
}

function extendChecksum(checksum: number, bytes: Uint8Array): number {
  let result = checksum;
  for (let start = 0; start < bytes.length; start += CHECKSUM_BLOCK_BYTES) {
    result = checksum32(bytes, result, start, Math.min(bytes.length, start + CHECKSUM_BLOCK_BYTES));
  }
  return result;
}

function openFrame(bytes: Uint8Array, expected: number | undefined): Uint8Array {
  const begun = bytes.subarray(0, MAGIC.length);
  if (begun.some((byte, index) => byte !== MAGIC[index]))
    throw damaged('snapshot-invalid', 'it does not begin like operator state');
  if (bytes.length < PREAMBLE_BYTES + TRAILER_BYTES)
    throw damaged('bytes-truncated', `it ends after ${bytes.length} bytes`);
  const input = new ByteReader(bytes);
  input.seek(bytes.length - TRAILER_BYTES);
  const indexLength = input.readUint32();
  const stored = input.readUint32();
  if (extendChecksum(0, bytes.subarray(0, bytes.length - 4)) !== stored) {
    throw damaged('checksum-mismatch', 'its bytes have been changed or cut off');
  }
  if (expected !== undefined && expected !== stored)
    throw damaged('checksum-mismatch', 'it is whole but not the one that the checkpoint names');
  input.seek(MAGIC.length);
  const version = input.readUint16();
  const flags = input.readUint16();
  if (version !== OPERATOR_STATE_VERSION || flags !== 0) throw unsupported(version, flags);
  const indexStart = bytes.length - TRAILER_BYTES - indexLength;
  if (indexLength > INDEX_BYTES_MAX || indexStart < PREAMBLE_BYTES)
    throw damaged('snapshot-invalid', `its index would take ${indexLength} bytes`);
  return bytes.subarray(indexStart, bytes.length - TRAILER_BYTES);
}

function parseJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes));
  } catch (error) {
    throw damaged('snapshot-invalid', 'its index cannot be parsed', error);
  }
}

function decodeRegion(region: PlainDataReader, start: number, bodyEnd: number): OperatorStateRegion {
  region.object(['name', 'mode', 'schema', 'start', 'end', 'count']);
  const mode = region.field('mode').oneOf(['SPLIT_DISTRIBUTE', 'UNION', 'BROADCAST']);
  const schema = region.field('schema');
  const isBroadcast = mode === 'BROADCAST';
  schema.object(isBroadcast ? ['value', 'key'] : ['value']);
  const end = region.field('end').integer(start, bodyEnd);
  return {
    name: region.field('name').nonEmptyText(),
    mode,
    schema: {
      value: decodeSerializerSnapshot(schema.field('value')),
      ...(isBroadcast && { key: decodeSerializerSnapshot(schema.field('key')) }),
    },
    start: region.field('start').integer(start, start),
    end,
    count: region.field('count').integer(0, end - start),
  };
}

function damaged(
  code: Extract<KnownStateErrorCode, 'bytes-truncated' | 'checksum-mismatch' | 'snapshot-invalid'>,
  what: string,
  cause?: unknown,
): StateError {
  return new StateError(code, `the stream of operator state is damaged: ${what}; ${ADVICE}`, {
    details: { what },
    cause,
  });
}

function unsupported(version: number, flags: number): StateError {
  return new StateError(
    'format-version-unsupported',
    `the operator state has format version ${version} with flags ${flags}, this version of the library reads version ${OPERATOR_STATE_VERSION} without flags; restore it with the version that wrote it, or a later one`,
    { details: { version, flags } },
  );
}
