// Digests computed away from a segment: of blocks, and of entries that a test or an inspection tool holds in its hands.

import { ByteWriter } from '../bytes/byte-writer.js';
import { EntryDigest } from './entry-digest.js';
import { RECORD_MAP_KEY, RECORD_STAMPED, RecordCursor } from './record-cursor.js';
import { type RawBlock, RecordOp } from './segment-contract.js';
import { locatedDamage } from './segment-damage.js';
import { describeBlock } from './segment-layout.js';

interface EntryAddress {
  readonly key: Uint8Array;
  readonly namespace: Uint8Array;
}

/** One entry as it counts in a digest. Every part is canonical bytes; stamps are in milliseconds. */
export type LogicalEntry =
  | (EntryAddress & {
      readonly sort: 'entry';
      readonly mapKey?: Uint8Array;
      readonly value: Uint8Array;
      readonly timestampMs?: number;
    })
  | (EntryAddress & {
      readonly sort: 'element';
      /** Position in the list. */
      readonly index: number;
      readonly value: Uint8Array;
      readonly timestampMs?: number;
    })
  | (EntryAddress & { readonly sort: 'deletion'; readonly mapKey?: Uint8Array })
  | (EntryAddress & { readonly sort: 'clearing' })
  /** A list, of a state with or without time to live, cut to `from` elements to which nothing is appended. */
  | (EntryAddress & { readonly sort: 'cut'; readonly from: number; readonly ttl: boolean })
  /** A list that loses `count` elements from its front. */
  | (EntryAddress & { readonly sort: 'trim'; readonly count: number })
  | (EntryAddress & { readonly sort: 'touch'; readonly mapKey?: Uint8Array; readonly timestampMs: number })
  | { readonly sort: 'reset' };

/** The digest of entries of one state in one key group, in any order. */
export function digestOfEntries(entries: Iterable<LogicalEntry>): Uint8Array<ArrayBuffer> {
  const digest = new EntryDigest();
  const cursor = new RecordCursor(new Uint8Array(0));
  const out = new ByteWriter();
  for (const entry of entries) {
    out.reset();
    writeEntry(entry, out);
    cursor.reset(out.view());
    cursor.next();
    digest.add(cursor);
  }
  return digest.toBytes();
}

/**
 * The digest of blocks of one state in one key group, as the writer of a segment computes it.
 *
 * @throws StateError `bytes-truncated`, `bytes-invalid` for malformed blocks.
 */
export function digestOfBlocks(blocks: Iterable<RawBlock>): Uint8Array<ArrayBuffer> {
  const digest = new EntryDigest();
  const cursor = new RecordCursor(new Uint8Array(0));
  for (const block of blocks) {
    try {
      cursor.reset(block.payload);
      while (cursor.next()) digest.add(cursor);
    } catch (error) {
      throw locatedDamage(error, describeBlock(block, undefined));
    }
  }
  return digest.toBytes();
}

function writeEntry(entry: LogicalEntry, out: ByteWriter): void {
  switch (entry.sort) {
    case 'reset':
      out.writeUint8(RecordOp.RESET);
      return;
    case 'clearing':
      writeAddress(RecordOp.CLEAR, entry, undefined, out);
      return;
    case 'deletion':
      writeAddress(RecordOp.DELETE, entry, entry.mapKey, out);
      return;
    case 'cut':
      writeAddress(entry.ttl ? RecordOp.SPLICE | RECORD_STAMPED : RecordOp.SPLICE, entry, undefined, out);
      out.writeVarint(entry.from);
      out.writeVarint(0);
      return;
    case 'trim':
      writeAddress(RecordOp.TRIM, entry, undefined, out);
      out.writeVarint(entry.count);
      return;
    case 'touch':
      writeAddress(RecordOp.TOUCH | RECORD_STAMPED, entry, entry.mapKey, out);
      out.writeSafeInteger(entry.timestampMs);
      return;
    case 'element':
      writeAddress(RecordOp.SPLICE | stampFlag(entry.timestampMs), entry, undefined, out);
      out.writeVarint(entry.index);
      out.writeVarint(1);
      writeStampedValue(entry.value, entry.timestampMs, out);
      return;
    case 'entry':
      writeAddress(RecordOp.PUT | stampFlag(entry.timestampMs), entry, entry.mapKey, out);
      writeStampedValue(entry.value, entry.timestampMs, out);
  }
}

function stampFlag(timestampMs: number | undefined): number {
  return timestampMs === undefined ? 0 : RECORD_STAMPED;
}

function writeAddress(op: number, address: EntryAddress, mapKey: Uint8Array | undefined, out: ByteWriter): void {
  out.writeUint8(mapKey === undefined ? op : op | RECORD_MAP_KEY);
  out.writeLengthPrefixed(address.key);
  out.writeLengthPrefixed(address.namespace);
  if (mapKey !== undefined) out.writeLengthPrefixed(mapKey);
}

function writeStampedValue(value: Uint8Array, timestampMs: number | undefined, out: ByteWriter): void {
  if (timestampMs !== undefined) out.writeSafeInteger(timestampMs);
  out.writeLengthPrefixed(value);
}
