// Writes one segment: records into blocks, blocks into the stream, at last index and trailer. The frame is drawn in
// segment-layout.ts, the records in record-cursor.ts; blocks and index are kept by segment-block-buffer.ts.
//
//   SW1. G1 and G3 of segment-contract.ts hold by construction: states out of order are refused, a full block ends
//        before the next record. G2, G5 and G7 are checked always, when a block ends; the entries must arrive sorted.
//   SW2. A record that fails, because its value cannot be serialized or is too large, leaves no byte behind; the writer
//        can go on. Only a list that fails after a block has ended within it spoils the segment.
//   SW3. At most one block's worth of bytes and BLOCK_BYTES_SOFT more is held back, if the caller awaits endBlock()
//        whenever blockIsFull says so; one record may be as large as it must.

import type { ByteWriter } from '../bytes/byte-writer.js';
import { checksum32, mixSeed } from '../bytes/checksum.js';
import type { CheckpointedStateScope, CheckpointStateOutputStream } from '../checkpoint-storage/checkpoint-stream.js';
import { invariant } from '../error/invariant.js';
import { StateError } from '../error/state-error.js';
import type { KeySerializer } from '../serialization/type-serializer.js';
import { LIST_LENGTH_MAX, RECORD_MAP_KEY, RECORD_STAMPED } from './record-cursor.js';
import { SegmentBlockBuffer } from './segment-block-buffer.js';
import {
  type FinishedSegment,
  type RawBlock,
  type RecordCodec,
  RecordOp,
  type SegmentRecordWriter,
} from './segment-contract.js';
import type { SegmentHeader, StateSchema } from './segment-header.js';
import { encodeHeader } from './segment-header-format.js';
import { type IndexedKeyGroup, writeIndex } from './segment-index.js';
import { BLOCK_BYTES_SOFT, FORMAT_VERSION, HEADER_MAGIC, seedAt, TRAILER_MAGIC, uidSeedOf } from './segment-layout.js';
import type { SnapshotCompression } from './snapshot-compression.js';

/** What {@link openSegmentWriter} is given. */
export interface SegmentWriterOptions {
  /** Takes the bytes; the writer closes it, whatever happens. */
  readonly stream: CheckpointStateOutputStream;
  readonly header: SegmentHeader;
  /** Whether later checkpoints may use the segment; goes into the reference. */
  readonly scope: CheckpointedStateScope;
  /** Compresses blocks; its name is the one in the header. Default none. */
  readonly compression?: SnapshotCompression;
}

/**
 * Starts a segment.
 *
 * @throws StateError `too-many-states`. TypeError for a header that no reader would accept, or whose compression is not
 * the one given. The stream is closed then.
 * @example
 * const writer = await openSegmentWriter({ stream, header, scope: 'exclusive' });
 * writer.startState(keyGroup, 0, { key: int32, namespace: voidNamespaceSerializer, value: float64 });
 * writer.put(1, VOID_NAMESPACE, 2.5);
 * if (writer.blockIsFull) await writer.endBlock();
 * const { reference } = await writer.finish();
 */
export async function openSegmentWriter(options: SegmentWriterOptions): Promise<SegmentRecordWriter> {
  try {
    return new SegmentWriter(options);
  } catch (error) {
    await options.stream.close();
    throw error;
  }
}

type Phase = 'open' | 'flushing' | 'failed' | 'finished' | 'aborted';

const DONE: Promise<void> = Promise.resolve();

class SegmentWriter implements SegmentRecordWriter {
  private readonly stream: CheckpointStateOutputStream;
  private readonly header: SegmentHeader;
  private readonly scope: CheckpointedStateScope;
  private readonly schemas: ReadonlyMap<number, StateSchema>;
  private readonly blocks: SegmentBlockBuffer;
  private readonly headerChecksum: number;
  private phase: Phase = 'open';
  private inFlight: Promise<void> = DONE;

  private codec: RecordCodec | undefined;
  private stamped = false;
  private keyed = false;
  private listed = false;
  private clearable = false;
  private voidNamespace = false;

  constructor({ stream, header, scope, compression }: SegmentWriterOptions) {
    if (header.compression !== compression?.name) {
      throw new TypeError(`the header names the compression ${header.compression}, given is ${compression?.name}`);
    }
    const json = encodeHeader(header);
    this.stream = stream;
    this.header = header;
    this.scope = scope;
    this.schemas = new Map(header.states.map((state) => [state.id, state]));
    this.blocks = new SegmentBlockBuffer(header, compression);
    this.headerChecksum = writeHeader(json, this.blocks.out);
  }

  get lengthBytes(): number {
    return this.blocks.lengthBytes;
  }

  get blockIsFull(): boolean {
    // Many small blocks fill the buffer as one large one does.
    return this.blocks.blockIsFull || this.blocks.out.length >= 2 * BLOCK_BYTES_SOFT;
  }

  startState(keyGroup: number, stateId: number, codec?: RecordCodec): void {
    this.requireOpen();
    const { keyGroupRange } = this.header;
    const schema = this.schemas.get(stateId);
    invariant(schema !== undefined, `state ${stateId} is not in the header of the segment`);
    invariant(
      keyGroup >= keyGroupRange.first && keyGroup <= keyGroupRange.last,
      `key group ${keyGroup} is outside ${keyGroupRange.first} to ${keyGroupRange.last}`,
    );
    invariant(
      codec === undefined || (codec.mapKey === undefined) === (schema.mapKey === undefined),
      `the codec of state '${schema.name}' has map keys and its schema has none, or the other way round`,
    );
    this.blocks.startState(keyGroup, schema);
    this.codec = codec;
    this.stamped = schema.ttl;
    this.keyed = schema.mapKey !== undefined;
    this.listed = schema.kind === 'list';
    this.clearable = this.listed || schema.kind === 'map';
    this.voidNamespace = codec?.namespace.fixedLength === 0;
  }

  put(key: unknown, namespace: unknown, value: unknown, timestampMs?: number): void {
    const out = this.beginRecord(!this.keyed && !this.listed);
    const start = out.length;
    try {
      const codec = this.typedCodec();
      out.writeUint8(this.stamped ? RecordOp.PUT | RECORD_STAMPED : RecordOp.PUT);
      this.writeAddress(key, namespace, out);
      this.writeStamp(timestampMs, out);
      writeValue(codec, value, out);
    } catch (error) {
      out.truncate(start);
      throw error;
    }
    this.blocks.recordCount++;
  }

  putMapEntry(key: unknown, namespace: unknown, mapKey: unknown, value: unknown, timestampMs?: number): void {
    const out = this.beginRecord(this.keyed);
    const start = out.length;
    try {
      const codec = this.typedCodec();
      out.writeUint8(RecordOp.PUT | RECORD_MAP_KEY | (this.stamped ? RECORD_STAMPED : 0));
      this.writeAddress(key, namespace, out);
      writeKey(codec.mapKey as KeySerializer<unknown>, mapKey, out);
      this.writeStamp(timestampMs, out);
      writeValue(codec, value, out);
    } catch (error) {
      out.truncate(start);
      throw error;
    }
    this.blocks.recordCount++;
  }

  delete(key: unknown, namespace: unknown): void {
    this.writeTyped(RecordOp.DELETE, !this.keyed && !this.listed, key, namespace);
  }

  clear(key: unknown, namespace: unknown): void {
    this.writeTyped(RecordOp.CLEAR, this.clearable, key, namespace);
  }

  deleteMapEntry(key: unknown, namespace: unknown, mapKey: unknown): void {
    this.writeTyped(RecordOp.DELETE | RECORD_MAP_KEY, this.keyed, key, namespace, (out) =>
      writeKey(this.typedCodec().mapKey as KeySerializer<unknown>, mapKey, out),
    );
  }

  reset(): void {
    this.beginRecord(true).writeUint8(RecordOp.RESET);
    this.blocks.recordCount++;
  }

  splice(
    key: unknown,
    namespace: unknown,
    from: number,
    elements: readonly unknown[],
    start: number,
    end: number,
    timestampsMs?: readonly number[],
  ): void {
    const codec = this.typedCodec();
    this.writeSplices(
      from,
      start,
      end,
      timestampsMs,
      (out) => this.writeAddress(key, namespace, out),
      (index, out) => writeValue(codec, elements[index], out),
    );
  }

  trim(key: unknown, namespace: unknown, count: number): void {
    checkTrimCount(count);
    this.writeTyped(RecordOp.TRIM, this.listed, key, namespace, (out) => out.writeVarint(count));
  }

  touch(key: unknown, namespace: unknown, timestampMs: number): void {
    const fits = this.stamped && !this.keyed && !this.listed;
    this.writeTyped(RecordOp.TOUCH | RECORD_STAMPED, fits, key, namespace, (out) => this.writeStamp(timestampMs, out));
  }

  touchMapEntry(key: unknown, namespace: unknown, mapKey: unknown, timestampMs: number): void {
    const head = RecordOp.TOUCH | RECORD_STAMPED | RECORD_MAP_KEY;
    this.writeTyped(head, this.stamped && this.keyed, key, namespace, (out) => {
      writeKey(this.typedCodec().mapKey as KeySerializer<unknown>, mapKey, out);
      this.writeStamp(timestampMs, out);
    });
  }

  putEncoded(
    key: Uint8Array,
    namespace: Uint8Array,
    mapKey: Uint8Array | undefined,
    value: Uint8Array,
    timestampMs?: number,
  ): void {
    const out = this.beginRecord(this.keyed === (mapKey !== undefined) && !this.listed);
    const start = out.length;
    try {
      out.writeUint8(RecordOp.PUT | (this.keyed ? RECORD_MAP_KEY : 0) | (this.stamped ? RECORD_STAMPED : 0));
      writeEncodedAddress(key, namespace, mapKey, out);
      this.writeStamp(timestampMs, out);
      out.writeLengthPrefixed(value);
    } catch (error) {
      out.truncate(start);
      throw error;
    }
    this.blocks.recordCount++;
  }

  putPath(
    path: Uint8Array,
    keyEnd: number,
    namespaceEnd: number,
    value: Uint8Array,
    valueStart: number,
    valueEnd: number,
    timestampMs?: number,
  ): void {
    const out = this.beginRecord(!this.listed && (this.keyed || namespaceEnd === path.length));
    const start = out.length;
    try {
      out.writeUint8(RecordOp.PUT | (this.keyed ? RECORD_MAP_KEY : 0) | (this.stamped ? RECORD_STAMPED : 0));
      writePart(path, 0, keyEnd, out);
      writePart(path, keyEnd, namespaceEnd, out);
      if (this.keyed) writePart(path, namespaceEnd, path.length, out);
      this.writeStamp(timestampMs, out);
      writePart(value, valueStart, valueEnd, out);
    } catch (error) {
      out.truncate(start);
      throw error;
    }
    this.blocks.recordCount++;
  }

  deleteEncoded(key: Uint8Array, namespace: Uint8Array, mapKey: Uint8Array | undefined): void {
    this.writeEncoded(RecordOp.DELETE, this.keyed === (mapKey !== undefined) && !this.listed, key, namespace, mapKey);
  }

  clearEncoded(key: Uint8Array, namespace: Uint8Array): void {
    this.writeEncoded(RecordOp.CLEAR, this.clearable, key, namespace, undefined);
  }

  spliceEncoded(
    key: Uint8Array,
    namespace: Uint8Array,
    from: number,
    elements: readonly Uint8Array[],
    timestampsMs?: readonly number[],
  ): void {
    this.writeSplices(
      from,
      0,
      elements.length,
      timestampsMs,
      (out) => writeEncodedAddress(key, namespace, undefined, out),
      (index, out) => out.writeLengthPrefixed(elements[index] as Uint8Array),
    );
  }

  trimEncoded(key: Uint8Array, namespace: Uint8Array, count: number): void {
    checkTrimCount(count);
    this.writeEncoded(RecordOp.TRIM, this.listed, key, namespace, undefined, (out) => out.writeVarint(count));
  }

  touchEncoded(key: Uint8Array, namespace: Uint8Array, mapKey: Uint8Array | undefined, timestampMs: number): void {
    const fits = this.stamped && this.keyed === (mapKey !== undefined) && !this.listed;
    this.writeEncoded(RecordOp.TOUCH | RECORD_STAMPED, fits, key, namespace, mapKey, (out) =>
      this.writeStamp(timestampMs, out),
    );
  }

  rawBlock(block: RawBlock): void {
    this.requireOpen();
    invariant(
      block.keyGroup === this.blocks.keyGroup,
      `a block of key group ${block.keyGroup} is written into key group ${this.blocks.keyGroup}`,
    );
    this.blocks.rawBlock(block);
  }

  endBlock(): Promise<void> {
    try {
      this.requireOpen();
      this.blocks.endBlock();
    } catch (error) {
      return Promise.reject(error);
    }
    return this.blocks.out.length >= BLOCK_BYTES_SOFT ? this.flush() : DONE;
  }

  async finish(): Promise<FinishedSegment> {
    this.requireOpen();
    try {
      const keyGroups = this.blocks.finish();
      const lengthBeforeTrailer = this.blocks.lengthBytes;
      const checksum = this.writeFooterAndTrailer(keyGroups, lengthBeforeTrailer);
      await this.flush();
      const lengthBytes = this.blocks.lengthBytes;
      const stream = await this.stream.closeAndGetHandle();
      invariant(stream !== undefined, 'the stream took the bytes of a segment and has no handle to them');
      this.phase = 'finished';
      const { uid, checkpointId, keyGroupRange } = this.header;
      return {
        reference: { uid, stream, lengthBytes, checksum, checkpointId, scope: this.scope, keyGroupRange },
        digests: digestsOf(keyGroups),
        entryCount: this.blocks.recordsEnded,
      };
    } catch (error) {
      await this.abort();
      throw error;
    }
  }

  async abort(): Promise<void> {
    if (this.phase === 'finished') return;
    this.phase = 'aborted';
    this.blocks.discard();
    // The stream takes one call at a time; what became of a running one has been told to whoever awaits it.
    await this.inFlight.catch(() => {});
    await this.stream.close();
  }

  private requireOpen(): void {
    if (this.phase === 'open') return;
    if (this.phase === 'finished' || this.phase === 'aborted') {
      throw new StateError('stream-closed', `the segment was ${this.phase}; open another one`);
    }
    invariant(
      this.phase !== 'flushing',
      'the segment is written to while endBlock() or finish() is under way; await it',
    );
    invariant(false, 'the segment is written to after it failed; abort it');
  }

  private typedCodec(): RecordCodec {
    invariant(this.codec !== undefined, 'entries are given as values, and startState() was given no codec');
    return this.codec;
  }

  private beginRecord(fits: boolean): ByteWriter {
    this.blocks.walkSome();
    return this.placeRecord(fits);
  }

  /** As {@link beginRecord}, where records written before may still be taken back. */
  private placeRecord(fits: boolean): ByteWriter {
    const { blocks } = this;
    if (blocks.blockStart < 0 || blocks.blockIsFull) {
      this.requireOpen();
      blocks.endBlock();
      blocks.beginBlock();
    }
    invariant(fits, 'the record does not fit the kind of the state');
    return blocks.out;
  }

  /** @param head - Op and flags. */
  private writeTyped(
    head: number,
    fits: boolean,
    key: unknown,
    namespace: unknown,
    writeRest?: (out: ByteWriter) => void,
  ): void {
    const out = this.beginRecord(fits);
    const start = out.length;
    try {
      out.writeUint8(head);
      this.writeAddress(key, namespace, out);
      writeRest?.(out);
    } catch (error) {
      out.truncate(start);
      throw error;
    }
    this.blocks.recordCount++;
  }

  /** @param head - Op and flags, but for that of the map key. */
  private writeEncoded(
    head: number,
    fits: boolean,
    key: Uint8Array,
    namespace: Uint8Array,
    mapKey: Uint8Array | undefined,
    writeRest?: (out: ByteWriter) => void,
  ): void {
    const out = this.beginRecord(fits);
    const start = out.length;
    try {
      out.writeUint8(mapKey === undefined ? head : head | RECORD_MAP_KEY);
      writeEncodedAddress(key, namespace, mapKey, out);
      writeRest?.(out);
    } catch (error) {
      out.truncate(start);
      throw error;
    }
    this.blocks.recordCount++;
  }

  private writeSplices(
    from: number,
    start: number,
    end: number,
    timestampsMs: readonly number[] | undefined,
    writeAddress: (out: ByteWriter) => void,
    writeElement: (index: number, out: ByteWriter) => void,
  ): void {
    const { blocks } = this;
    this.beginRecord(this.listed);
    const blocksEnded = blocks.blocksEnded;
    const recordCount = blocks.recordCount;
    const length = blocks.out.length;
    try {
      let index = start;
      do {
        const out = this.placeRecord(true);
        const recordStart = out.length;
        out.writeUint8(this.stamped ? RecordOp.SPLICE | RECORD_STAMPED : RecordOp.SPLICE);
        writeAddress(out);
        out.writeVarint(from + index - start);
        const countAt = out.beginSized();
        const first = index;
        // An address may be longer than a block: every record takes an element along.
        while (index < end && (index === first || out.length - recordStart < BLOCK_BYTES_SOFT)) {
          this.writeStamp(timestampsMs?.[index], out);
          writeElement(index, out);
          index++;
        }
        out.setVarint(countAt, index - first);
        blocks.recordCount++;
      } while (index < end);
    } catch (error) {
      if (blocks.blocksEnded === blocksEnded) {
        blocks.out.truncate(length);
        blocks.recordCount = recordCount;
      } else {
        this.phase = 'failed';
      }
      throw error;
    }
  }

  private writeAddress(key: unknown, namespace: unknown, out: ByteWriter): void {
    const codec = this.typedCodec();
    writeKey(codec.key, key, out);
    if (this.voidNamespace) out.writeUint8(0);
    else writeKey(codec.namespace, namespace, out);
  }

  private writeStamp(timestampMs: number | undefined, out: ByteWriter): void {
    if (this.stamped) {
      invariant(Number.isSafeInteger(timestampMs), `the time stamp of an entry is ${timestampMs}`);
      out.writeSafeInteger(timestampMs as number);
    } else {
      invariant(timestampMs === undefined, 'a time stamp for a state without time to live');
    }
  }

  private flush(): Promise<void> {
    this.phase = 'flushing';
    this.inFlight = this.writeOut();
    return this.inFlight;
  }

  private async writeOut(): Promise<void> {
    try {
      await this.stream.write(this.blocks.out.view());
    } catch (error) {
      if (this.phase === 'flushing') this.phase = 'failed';
      throw error;
    }
    this.blocks.flushed();
    if (this.phase === 'flushing') this.phase = 'open';
    else this.requireOpen();
  }

  private writeFooterAndTrailer(keyGroups: readonly IndexedKeyGroup[], footerOffset: number): number {
    const { out } = this.blocks;
    const uidSeed = uidSeedOf(this.header.uid);
    const footerStart = out.length;
    writeIndex(keyGroups, out);
    const footerLength = out.length - footerStart;
    const footerChecksum = checksum32(out.view(), seedAt(uidSeed, footerOffset), footerStart);
    const trailerStart = out.length;
    out.writeSafeInteger(footerOffset);
    out.writeUint32(footerLength);
    out.writeUint32(footerChecksum);
    const seed = mixSeed(seedAt(uidSeed, footerOffset + footerLength), this.headerChecksum);
    const checksum = checksum32(out.view(), seed, trailerStart);
    out.writeUint32(checksum);
    out.writeUint16(FORMAT_VERSION);
    out.writeUint16(0);
    out.writeBytes(TRAILER_MAGIC);
    return checksum;
  }
}

/** Below this, copying byte by byte takes less time than making a view. */
const VIEW_FROM_BYTES = 48;

/** A part of an array, preceded by its length. */
function writePart(bytes: Uint8Array, start: number, end: number, out: ByteWriter): void {
  const length = end - start;
  out.writeVarint(length);
  if (length >= VIEW_FROM_BYTES) out.writeBytes(bytes.subarray(start, end));
  else for (let at = start; at < end; at++) out.writeUint8(bytes[at] as number);
}

function writeHeader(json: Uint8Array, out: ByteWriter): number {
  out.writeBytes(HEADER_MAGIC);
  out.writeUint16(FORMAT_VERSION);
  out.writeUint16(0);
  out.writeUint32(json.length);
  out.writeBytes(json);
  const checksum = checksum32(out.view(), 0);
  out.writeUint32(checksum);
  return checksum;
}

function checkTrimCount(count: number): void {
  invariant(Number.isSafeInteger(count) && count >= 1 && count <= LIST_LENGTH_MAX, `${count} elements are trimmed`);
}

function writeKey(serializer: KeySerializer<unknown>, key: unknown, out: ByteWriter): void {
  const start = out.beginSized();
  serializer.serializeKey(key, out);
  out.endSized(start);
}

function writeValue(codec: RecordCodec, value: unknown, out: ByteWriter): void {
  const start = out.beginSized();
  codec.value.serialize(value, out);
  out.endSized(start);
}

function writeEncodedAddress(
  key: Uint8Array,
  namespace: Uint8Array,
  mapKey: Uint8Array | undefined,
  out: ByteWriter,
): void {
  out.writeLengthPrefixed(key);
  out.writeLengthPrefixed(namespace);
  if (mapKey !== undefined) out.writeLengthPrefixed(mapKey);
}

function digestsOf(keyGroups: readonly IndexedKeyGroup[]): ReadonlyMap<number, ReadonlyMap<number, Uint8Array>> {
  const digests = new Map<number, Map<number, Uint8Array>>();
  for (const { keyGroup, states } of keyGroups) {
    for (const { stateId, digest } of states) {
      const ofState = digests.get(stateId) ?? new Map<number, Uint8Array>();
      digests.set(stateId, ofState.set(keyGroup, digest));
    }
  }
  return digests;
}
