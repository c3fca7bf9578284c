// Folds what several segments say of one state in one key group into a full image, without decoding a value.
//
// Owns: what of a chain is still there, and its records. Leaves the choice of what is folded to keyed-snapshot-layers.ts and
// the meaning of records to segment-contract.ts (G4 to G7). A chain of entries that only have to be walked, and ascend, goes
// through chain-merge.ts instead.
//
//   FC1. The newest record of an address wins; CLEAR, RESET, TRIM and TOUCH are applied and gone; lists are joined. What is
//        left is PUT and SPLICE with elements, as their links wrote them: every value keeps the schema it was written under.
//   FC2. One link per schema that is alive, in an order in which applying them gives the state. Only lists take links
//        more: one whose elements go from one schema to another and back, and several that want three schemas in different
//        orders. So what is carried along is bounded by the schemas alive, not by the length of its history.
//   FC3. Records ascend within each block; with `sorted`, throughout each link.
//   FC4. A chain that says something of what it does not hold (a list too short, a stamp without entry) is damaged.
//   FC5. Memory is that of the chain again, for positions; payloads are read where they are.

import { ByteWriter } from '../bytes/byte-writer.js';
import { isStateError, type StateError } from '../error/state-error.js';
import { compareBytes, latin1OfBytes } from '../serialization/key-bytes.js';
import { RECORD_MAP_KEY, RECORD_STAMPED, RecordCursor, STAMP_BYTES } from '../snapshot-format/record-cursor.js';
import { RecordOrder } from '../snapshot-format/record-order.js';
import { BLOCK_ENTRIES_MAX, type RawBlock, RecordOp } from '../snapshot-format/segment-contract.js';
import { damaged, locatedDamage } from '../snapshot-format/segment-damage.js';
import type { StateSchema } from '../snapshot-format/segment-header.js';
import { BLOCK_BYTES_SOFT, describeBlock } from '../snapshot-format/segment-layout.js';
import type { SnapshotContext } from '../state-backend/snapshot-context.js';
import type { RestoredChain, RestoredLink } from './restored-keyed-state.js';
import { storedTimeOf } from './ttl-restamping.js';

/** How a chain is folded. */
export interface FoldOptions {
  /** Sort the records of each link throughout and not only within each block. Default false. */
  readonly sorted?: boolean;
}

/**
 * The chain as a full image: one link per schema alive, empty when nothing is left. The same chain when it is one already.
 *
 * @throws StateError `snapshot-invalid`, `bytes-truncated`, `bytes-invalid` for a damaged chain.
 */
export function foldRawChain(chain: RestoredChain, options: FoldOptions = {}): readonly RestoredLink[] {
  const fold = new RawChainFold(chain, options);
  while (fold.step()) {
    // Synchronously to the end.
  }
  return fold.result;
}

/** {@link foldRawChain} in steps of about a block each. */
export class RawChainFold {
  private readonly work: Generator<void, readonly RestoredLink[], void>;
  private links: readonly RestoredLink[] | undefined;

  constructor(chain: RestoredChain, options: FoldOptions = {}) {
    this.work = fold(chain, options);
  }

  /** Does a step; false when nothing is left to do. @throws as {@link foldRawChain}. */
  step(): boolean {
    if (this.links !== undefined) return false;
    const { done, value } = this.work.next();
    if (done) this.links = value;
    return !done;
  }

  /** What the chain was folded into, once all steps are done. */
  get result(): readonly RestoredLink[] {
    if (this.links === undefined) throw new Error('the chain has not been folded to its end');
    return this.links;
  }
}

/** {@link foldRawChain} in slices. @throws as it, and StateError `checkpoint-aborted`. */
export async function foldRawChainInSlices(
  chain: RestoredChain,
  context: Pick<SnapshotContext, 'shouldYield' | 'yieldNow'>,
): Promise<readonly RestoredLink[]> {
  const folding = new RawChainFold(chain);
  while (folding.step()) if (context.shouldYield()) await context.yieldNow();
  return folding.result;
}

function* fold(chain: RestoredChain, options: FoldOptions): Generator<void, readonly RestoredLink[], void> {
  const [newest] = chain.toReversed();
  const block = newest?.blocks[0];
  if (newest === undefined || block === undefined) return [];
  const where = describeBlock(block, newest.schema.name);
  try {
    const [only] = chain;
    const sorted = options.sorted === true;
    if (chain.length === 1 && only !== undefined && (yield* isImage(only, sorted))) return chain;
    const folded = newest.schema.kind === 'list' ? new FoldedLists() : new FoldedEntries();
    for (const { schema, blocks } of chain) {
      for (const [index, { payload }] of blocks.entries()) {
        const cursor = new RecordCursor(payload);
        for (let count = 0; cursor.next(); count++) {
          if (cursor.op === RecordOp.RESET && index + count > 0) throw brokenChain('has a RESET behind other records');
          folded.apply(cursor, schema);
        }
        yield;
      }
    }
    return yield* writeLinks(folded, block.keyGroup, sorted);
  } catch (error) {
    // What a step says is about the whole chain.
    if (isStateError(error)) throw locatedDamage(error, where);
    throw error;
  }
}

/** Whether a link holds nothing that would have to be folded. */
function* isImage({ blocks, ...link }: RestoredLink, sorted: boolean): Generator<void, boolean, void> {
  if (link.isImage === true && !sorted) return true;
  const order = new RecordOrder();
  let list = NO_BYTES;
  let listEnd = 0;
  for (const { payload } of blocks) {
    const cursor = new RecordCursor(payload);
    while (cursor.next()) {
      if (sorted && !order.accepts(cursor)) return false;
      if (cursor.op === RecordOp.PUT) continue;
      if (cursor.op !== RecordOp.SPLICE || cursor.elementCount === 0) return false;
      const address = payload.subarray(cursor.recordStart + 1, cursor.namespaceEnd);
      // A list that does not begin at its begin wants what is in front of it.
      if (cursor.from !== 0 && (cursor.from !== listEnd || compareBytes(address, list) !== 0)) return false;
      list = address;
      listEnd = cursor.from + cursor.elementCount;
    }
    yield;
  }
  return true;
}

const NO_BYTES: Uint8Array = new Uint8Array(0);

/** Bytes of a payload. */
interface Piece {
  readonly payload: Uint8Array;
  readonly start: number;
  readonly end: number;
}

/** An entry that is there. */
interface Entry extends Piece {
  readonly schema: StateSchema;
  /** A newer stamp than the one in the record. */
  stampMs: number | undefined;
}

/** Elements that stand together, in one payload and under one schema. */
interface Run extends Piece {
  readonly schema: StateSchema;
  readonly count: number;
}

interface List {
  /** The record that the address is copied from: key and namespace. */
  readonly address: Piece;
  runs: Run[];
  length: number;
}

/** One address in one link. */
interface Unit {
  /** A record of the address: whoever sorts finds its parts in it. */
  readonly address: Piece;
  readonly write: (out: RecordSink) => void;
}

interface Folded {
  apply(cursor: RecordCursor, schema: StateSchema): void;
  /** What is left. @param linkOf - The link of a schema, from `lowest` on, that a unit goes to. */
  units(linkOf: (schema: StateSchema, lowest: number) => number): Iterable<readonly [link: number, unit: Unit]>;
}

/** Values, accumulators, map entries, queue elements: everything that PUT sets. */
class FoldedEntries implements Folded {
  /** By key and namespace, then by map key. */
  private owners: Map<string, Map<string, Entry>> = new Map();

  apply(cursor: RecordCursor, schema: StateSchema): void {
    const { bytes, op } = cursor;
    if (op === RecordOp.RESET) {
      this.owners = new Map();
      return;
    }
    const owner = latin1OfBytes(bytes.subarray(cursor.recordStart + 1, cursor.namespaceEnd));
    const mapKey = cursor.hasMapKey ? latin1OfBytes(bytes.subarray(cursor.mapKeyStart, cursor.mapKeyEnd)) : '';
    const entries = this.owners.get(owner);
    switch (op) {
      case RecordOp.PUT: {
        const entry = { payload: bytes, start: cursor.recordStart, end: cursor.recordEnd, schema, stampMs: undefined };
        if (entries === undefined) this.owners.set(owner, new Map([[mapKey, entry]]));
        else entries.set(mapKey, entry);
        return;
      }
      case RecordOp.DELETE:
        entries?.delete(mapKey);
        if (entries?.size === 0) this.owners.delete(owner);
        return;
      case RecordOp.CLEAR:
        this.owners.delete(owner);
        return;
      case RecordOp.TOUCH: {
        const entry = entries?.get(mapKey);
        if (entry === undefined || storedTimeOf(entry.schema) !== storedTimeOf(schema))
          throw brokenChain('gives a time stamp to an entry that it does not hold');
        entry.stampMs = cursor.timestampMs;
        return;
      }
      default:
        throw brokenChain('has a record of a list');
    }
  }

  *units(linkOf: (schema: StateSchema, lowest: number) => number): Iterable<readonly [link: number, unit: Unit]> {
    for (const entries of this.owners.values()) {
      for (const entry of entries.values()) {
        yield [linkOf(entry.schema, 0), { address: entry, write: (out) => out.entry(entry) }];
      }
    }
  }
}

class FoldedLists implements Folded {
  private lists: Map<string, List> = new Map();

  apply(cursor: RecordCursor, schema: StateSchema): void {
    const { bytes, op } = cursor;
    if (op === RecordOp.RESET) {
      this.lists = new Map();
      return;
    }
    const address = latin1OfBytes(bytes.subarray(cursor.recordStart + 1, cursor.namespaceEnd));
    const list = this.lists.get(address);
    switch (op) {
      case RecordOp.SPLICE:
        this.splice(address, list, cursor, schema);
        return;
      case RecordOp.TRIM:
        if (list === undefined || list.length < cursor.trimCount)
          throw brokenChain(`removes ${cursor.trimCount} elements from a list of ${list?.length ?? 0}`);
        list.runs = cut(list.runs, cursor.trimCount, list.length);
        list.length -= cursor.trimCount;
        if (list.length === 0) this.lists.delete(address);
        return;
      case RecordOp.CLEAR:
        this.lists.delete(address);
        return;
      default:
        throw brokenChain('has a record of something else than a list');
    }
  }

  *units(linkOf: (schema: StateSchema, lowest: number) => number): Iterable<readonly [link: number, unit: Unit]> {
    for (const { address, runs } of this.lists.values()) {
      let lowest = 0;
      let from = 0;
      for (let first = 0; first < runs.length; ) {
        const { schema } = runs[first] as Run;
        let end = first;
        let count = 0;
        for (; runs[end]?.schema === schema; end++) count += (runs[end] as Run).count;
        const [start, together] = [from, runs.slice(first, end)];
        const link = linkOf(schema, lowest);
        yield [link, { address, write: (out) => out.elements(address, start, together) }];
        // What stands behind it in the list must stand in a later link.
        lowest = link + 1;
        from += count;
        first = end;
      }
    }
  }

  private splice(address: string, before: List | undefined, cursor: RecordCursor, schema: StateSchema): void {
    const { bytes, from, elementCount, recordStart } = cursor;
    const held = before?.length ?? 0;
    if (from > held) throw brokenChain(`continues a list at element ${from}, of which it holds ${held}`);
    const start = cursor.recordEnd;
    while (cursor.nextElement()) {
      // To the end of the record.
    }
    const length = from + elementCount;
    if (length === 0) {
      this.lists.delete(address);
      return;
    }
    const list = before ?? {
      address: { payload: bytes, start: recordStart, end: cursor.namespaceEnd },
      runs: [],
      length: 0,
    };
    if (from < held) list.runs = cut(list.runs, 0, from);
    if (elementCount > 0) {
      list.runs.push({ payload: bytes, start, end: cursor.recordEnd, schema, count: elementCount });
    }
    list.length = length;
    if (before === undefined) this.lists.set(address, list);
  }
}

/** The elements from `start` to `end` of what runs hold. */
function cut(runs: readonly Run[], start: number, end: number): Run[] {
  const kept: Run[] = [];
  let at = 0;
  for (const run of runs) {
    const from = Math.max(start - at, 0);
    const to = Math.min(end - at, run.count);
    at += run.count;
    if (from >= to) continue;
    kept.push(from === 0 && to === run.count ? run : partOf(run, from, to));
  }
  return kept;
}

function partOf(run: Run, from: number, to: number): Run {
  const { payload, schema } = run;
  let { start } = run;
  const stampBytes = schema.ttl ? STAMP_BYTES : 0;
  for (let index = 0; index < from; index++) start = endOfPart(payload, start + stampBytes);
  let end = start;
  for (let index = from; index < to; index++) end = endOfPart(payload, end + stampBytes);
  return { payload, start, end, schema, count: to - from };
}

/** Writes records into blocks. */
class RecordSink {
  readonly blocks: RawBlock[] = [];
  private readonly keyGroup: number;
  private readonly schema: StateSchema;
  private readonly out: ByteWriter = new ByteWriter();
  private entryCount = 0;

  constructor(keyGroup: number, schema: StateSchema) {
    this.keyGroup = keyGroup;
    this.schema = schema;
  }

  entry({ payload, start, end, stampMs }: Entry): void {
    const { out } = this;
    const recordStart = out.length;
    out.writeBytes(payload.subarray(start, end));
    if (stampMs !== undefined) {
      const cursor = new RecordCursor(payload, start, end);
      cursor.next();
      const stampAt = recordStart + (cursor.hasMapKey ? cursor.mapKeyEnd : cursor.namespaceEnd) - start;
      out.setUint32(stampAt, Math.floor(stampMs / 4294967296) >>> 0);
      out.setUint32(stampAt + 4, stampMs >>> 0);
    }
    this.endRecord();
  }

  elements(address: Piece, from: number, runs: readonly Run[]): void {
    let next = from;
    for (let first = 0; first < runs.length; ) {
      let end = first;
      let count = 0;
      let bytes = 0;
      while (end < runs.length && bytes < BLOCK_BYTES_SOFT) {
        const run = runs[end++] as Run;
        count += run.count;
        bytes += run.end - run.start;
      }
      const { out } = this;
      out.writeUint8(this.schema.ttl ? RecordOp.SPLICE | RECORD_STAMPED : RecordOp.SPLICE);
      out.writeBytes(address.payload.subarray(address.start + 1, address.end));
      out.writeVarint(next);
      out.writeVarint(count);
      for (const run of runs.slice(first, end)) out.writeBytes(run.payload.subarray(run.start, run.end));
      this.endRecord();
      next += count;
      first = end;
    }
  }

  endBlock(): void {
    if (this.entryCount === 0) return;
    const { keyGroup, schema, entryCount, out } = this;
    this.blocks.push({ keyGroup, stateId: schema.id, entryCount, payload: out.toBytes() });
    out.reset();
    this.entryCount = 0;
  }

  private endRecord(): void {
    this.entryCount++;
    if (this.entryCount >= BLOCK_ENTRIES_MAX || this.out.length >= BLOCK_BYTES_SOFT) this.endBlock();
  }
}

function* writeLinks(
  folded: Folded,
  keyGroup: number,
  sorted: boolean,
): Generator<void, readonly RestoredLink[], void> {
  const links: OpenLink[] = [];
  const linkOf = (schema: StateSchema, lowest: number): number => {
    let index = lowest;
    while (index < links.length && links[index]?.schema !== schema) index++;
    if (index === links.length) links.push({ schema, sink: new RecordSink(keyGroup, schema), pending: [] });
    return index;
  };
  for (const [index, unit] of folded.units(linkOf)) {
    const link = links[index] as OpenLink;
    link.pending.push(unit);
    if (sorted || link.pending.length < BLOCK_ENTRIES_MAX) continue;
    writePending(link);
    yield;
  }
  for (const link of links) {
    writePending(link);
    yield;
  }
  return links.map(({ schema, sink }) => ({ schema, blocks: sink.blocks, isImage: true }));
}

interface OpenLink {
  readonly schema: StateSchema;
  readonly sink: RecordSink;
  pending: Unit[];
}

function writePending(link: OpenLink): void {
  for (const { write } of sort(link.pending)) write(link.sink);
  // Where only blocks are sorted what comes next may begin anywhere.
  link.sink.endBlock();
  link.pending = [];
}

function sort(units: readonly Unit[]): readonly Unit[] {
  const keyed = units.map((unit) => ({ unit, parts: partsOf(unit.address) }));
  keyed.sort(({ parts: a }, { parts: b }) => {
    for (let index = 0; index < a.length; index++) {
      const order = compareBytes(a[index] as Uint8Array, b[index] as Uint8Array);
      if (order !== 0) return order;
    }
    return 0;
  });
  return keyed.map(({ unit }) => unit);
}

/** Key, namespace and, where there is one, map key of a record that a cursor has walked over. */
function partsOf({ payload, start }: Piece): readonly Uint8Array[] {
  const count = ((payload[start] as number) & RECORD_MAP_KEY) === 0 ? 2 : 3;
  const parts: Uint8Array[] = [];
  for (let at = start + 1; parts.length < count; ) {
    const end = endOfPart(payload, at);
    // With its length in front the order would be another one.
    parts.push(payload.subarray(startOfPart(payload, at), end));
    at = end;
  }
  return parts;
}

function startOfPart(payload: Uint8Array, at: number): number {
  let start = at;
  while ((payload[start++] as number) >= 0x80) {
    // The last byte of the length has its high bit clear.
  }
  return start;
}

/** Where a part ends whose length stands at a position that a cursor has been to. */
function endOfPart(payload: Uint8Array, start: number): number {
  let at = start;
  let length = 0;
  for (let factor = 1; ; factor *= 128) {
    const byte = payload[at++] as number;
    length += (byte & 0x7f) * factor;
    if (byte < 0x80) return at + length;
  }
}

/** A chain that says something of what it does not hold, or what no writer says. */
export function brokenChain(what: string): StateError {
  return damaged('snapshot-invalid', 'the chain', `it ${what}; a segment is missing or of another snapshot`);
}
