// Decodes the records of a block with serializers.
//
//   BD1. Every part is decoded within the bounds that its record gives it, to its last byte; a serializer that stops
//        early or reads on means damaged bytes or another schema.
//   BD2. What is wrong with the bytes is a StateError of kind `corrupt` that names state and key group. What the visitor
//        throws is passed on as it is.

import { ByteReader } from '../bytes/byte-reader.js';
import { InvariantViolation } from '../error/invariant.js';
import { isStateError, type StateError } from '../error/state-error.js';
import type { ValueReader } from '../serialization/type-serializer.js';
import { RecordCursor } from './record-cursor.js';
import { misplaced } from './record-walk.js';
import { type RawBlock, RecordOp, type RecordReader, type RecordVisitor } from './segment-contract.js';
import { damaged, locatedDamage } from './segment-damage.js';
import { describeBlock } from './segment-layout.js';

/**
 * Decodes a block and hands its records to the visitor in their order. Synchronous; a block is small enough for a slice.
 *
 * @throws StateError `bytes-truncated`, `bytes-invalid`, `snapshot-invalid` for a malformed block; errors of other kinds
 * that a serializer throws, and whatever the visitor throws.
 */
export function decodeBlock<K, N, UK, V>(
  block: RawBlock,
  reader: RecordReader<K, N, UK, V>,
  visitor: RecordVisitor<K, N, UK, V>,
): void {
  const decoder = new BlockDecoder(block, reader);
  let remaining = block.entryCount;
  while (decoder.next()) {
    remaining--;
    const fault = misplaced(decoder.cursor, visitor, block.entryCount - remaining);
    if (fault !== undefined) throw decoder.malformed(fault);
    decoder.visit(visitor);
  }
  if (remaining !== 0)
    throw decoder.malformed(`it holds ${block.entryCount - remaining} records instead of ${block.entryCount}`);
}

class BlockDecoder<K, N, UK, V> {
  private readonly block: RawBlock;
  private readonly reader: RecordReader<K, N, UK, V>;
  readonly cursor: RecordCursor;
  private readonly input: ByteReader;

  private key!: K;
  private namespace!: N;
  private mapKey: UK | undefined;
  private value!: V;
  private elements: V[] = [];
  private timestampMs: number | undefined;
  private timestampsMs: number[] | undefined;

  constructor(block: RawBlock, reader: RecordReader<K, N, UK, V>) {
    this.block = block;
    this.reader = reader;
    this.cursor = new RecordCursor(block.payload);
    this.input = new ByteReader(block.payload);
  }

  /** Decodes the next record; false at the end. */
  next(): boolean {
    try {
      if (!this.cursor.next()) return false;
      this.decode();
      return true;
    } catch (error) {
      throw this.located(error);
    }
  }

  visit(visitor: RecordVisitor<K, N, UK, V>): void {
    const { key, namespace, mapKey } = this;
    switch (this.cursor.op) {
      case RecordOp.PUT:
        visitor.put(key, namespace, mapKey, this.value, this.timestampMs);
        return;
      case RecordOp.DELETE:
        visitor.delete(key, namespace, mapKey);
        return;
      case RecordOp.CLEAR:
        visitor.clear(key, namespace);
        return;
      case RecordOp.RESET:
        visitor.reset();
        return;
      case RecordOp.SPLICE:
        visitor.splice(key, namespace, this.cursor.from, this.elements, this.timestampsMs);
        return;
      case RecordOp.TRIM:
        visitor.trim?.(key, namespace, this.cursor.trimCount);
        return;
      case RecordOp.TOUCH:
        visitor.touch?.(key, namespace, mapKey, this.cursor.timestampMs);
    }
  }

  malformed(what: string): StateError {
    return damaged('snapshot-invalid', this.where(), what);
  }

  private decode(): void {
    const { cursor, reader } = this;
    const { op } = cursor;
    if (op === RecordOp.RESET) return;
    this.key = this.readKey(reader.key, cursor.keyStart, cursor.keyEnd);
    this.namespace = this.readKey(reader.namespace, cursor.namespaceStart, cursor.namespaceEnd);
    if (op === RecordOp.PUT || op === RecordOp.DELETE || op === RecordOp.TOUCH) {
      const { mapKey } = reader;
      if (cursor.hasMapKey !== (mapKey !== undefined))
        throw this.malformed('a record with a map key too many or too few');
      this.mapKey = mapKey === undefined ? undefined : this.readKey(mapKey, cursor.mapKeyStart, cursor.mapKeyEnd);
    }
    if (op === RecordOp.PUT) {
      this.checkStamped();
      this.timestampMs = cursor.stamped ? cursor.timestampMs : undefined;
      this.value = this.readValue();
    } else if (op === RecordOp.SPLICE) {
      this.checkStamped();
      this.decodeElements();
    } else if (op === RecordOp.TOUCH) {
      this.checkStamped();
    }
  }

  private decodeElements(): void {
    const { cursor } = this;
    // Not of the announced length: arrays grow with what is really there.
    const elements: V[] = [];
    const timestampsMs: number[] | undefined = cursor.stamped ? [] : undefined;
    while (cursor.nextElement()) {
      timestampsMs?.push(cursor.timestampMs);
      elements.push(this.readValue());
    }
    this.elements = elements;
    this.timestampsMs = timestampsMs;
  }

  private checkStamped(): void {
    if (this.cursor.stamped !== this.reader.ttl) throw this.malformed('a record with a time stamp too many or too few');
  }

  private readKey<T>(serializer: { deserializeKey(input: ByteReader): T }, start: number, end: number): T {
    const { input } = this;
    input.seek(start);
    const key = serializer.deserializeKey(input);
    if (input.position !== end)
      throw this.malformed(`a key of ${end - start} bytes ends at byte ${input.position - start}`);
    return key;
  }

  private readValue(): V {
    const { cursor, input } = this;
    const serializer: ValueReader<V> = this.reader.value;
    input.seek(cursor.valueStart);
    const value = serializer.deserialize(input);
    if (input.position !== cursor.valueEnd) {
      throw this.malformed(
        `a value of ${cursor.valueEnd - cursor.valueStart} bytes ends at byte ${input.position - cursor.valueStart}`,
      );
    }
    return value;
  }

  private located(error: unknown): unknown {
    if (error instanceof InvariantViolation) return error;
    if (!isStateError(error))
      return damaged('snapshot-invalid', this.where(), 'a serializer failed on its bytes', error);
    return locatedDamage(error, this.where());
  }

  private where(): string {
    return describeBlock(this.block, this.reader.stateName);
  }
}
