// What a chain of entries says, walked in the order of addresses without being folded into records of its own.
//
//   image         a1 ---- a2 ---- a3 ---- a5 ...
//   increment             a2              a5 ...       one run per link; at an address, older links are applied first
//   increment                     a3 ...
//
//   CM1. Only what ascends throughout each of its links can be merged, and only PUT, DELETE and TOUCH: open() gives nothing for
//        all else, and fold-raw-chain.ts folds it. What can be merged means the same either way (FC1 and FC4 there).
//   CM2. Whoever opened a merge has read every record: bytes that are no records are found before the first entry is given out.
//   CM3. Memory is that of the payloads of the chain, which are read once, and a cursor per link.

import { isStateError } from '../error/state-error.js';
import { compareByteRanges } from '../serialization/key-bytes.js';
import { RecordCursor } from '../snapshot-format/record-cursor.js';
import { RecordOrder } from '../snapshot-format/record-order.js';
import { RecordOp } from '../snapshot-format/segment-contract.js';
import { locatedDamage } from '../snapshot-format/segment-damage.js';
import type { StateSchema } from '../snapshot-format/segment-header.js';
import { describeBlock } from '../snapshot-format/segment-layout.js';
import { brokenChain } from './fold-raw-chain.js';
import type { RestoredChain } from './restored-keyed-state.js';
import { storedTimeOf } from './ttl-restamping.js';

/**
 * Opens the merge of a chain in steps of a block; `undefined` for a chain that cannot be merged (CM1).
 *
 * @throws StateError `bytes-truncated`, `bytes-invalid` for a damaged chain.
 */
export function* openChainMerge(chain: RestoredChain): Generator<void, ChainMerge | undefined, void> {
  const where = whereIs(chain);
  const isOneImage = chain.length === 1 && chain[0]?.isImage === true;
  const runs: Run[] = [];
  try {
    for (const { schema, blocks } of chain) {
      const order = new RecordOrder();
      const payloads: Uint8Array[] = [];
      for (const { payload } of blocks) {
        const cursor = new RecordCursor(payload);
        while (cursor.next()) {
          const { op } = cursor;
          const isOfEntry = op === RecordOp.PUT || (!isOneImage && (op === RecordOp.DELETE || op === RecordOp.TOUCH));
          if (!isOfEntry || !order.accepts(cursor)) return undefined;
        }
        payloads.push(payload);
        yield;
      }
      const run = new Run(runs.length, schema, payloads);
      if (run.advance()) runs.push(run);
    }
  } catch (error) {
    throw located(error, where);
  }
  return new ChainMerge(runs, where);
}

/** The entries that are left of a chain, ascending by key, namespace and map key. */
export class ChainMerge {
  /** Where the entry stands that {@link next} came to: its PUT. */
  cursor: RecordCursor = new RecordCursor(new Uint8Array(0));
  private stamp: number | undefined = undefined;
  private entrySchema: StateSchema | undefined = undefined;
  /** A heap: the lowest address first, and of one address the oldest link. */
  private readonly heap: Run[];
  /** The first of all runs but the top one. */
  private challenger: Run | undefined = undefined;
  /** Taken from the heap, with their last record used. */
  private readonly taken: Run[] = [];
  private isTopUsed = false;

  /** @param runs - Each at its first record. */
  constructor(
    runs: Run[],
    private readonly where: string,
  ) {
    this.heap = runs;
    for (let at = (runs.length >> 1) - 1; at >= 0; at--) this.siftDown(at);
    this.findChallenger();
  }

  /** The time stamp of the entry in milliseconds; only where its record has one. */
  get stampMs(): number {
    return this.stamp ?? this.cursor.timestampMs;
  }

  /** The schema that the entry was written under. */
  get schema(): StateSchema {
    if (this.entrySchema === undefined) throw new Error('no entry has been come to');
    return this.entrySchema;
  }

  /**
   * Moves to the next entry; false at the end.
   *
   * @throws StateError `snapshot-invalid` for a chain that is damaged.
   */
  next(): boolean {
    try {
      for (;;) {
        this.goOn();
        const [top] = this.heap;
        if (top === undefined) return false;
        const { challenger } = this;
        if (challenger !== undefined && compareAddresses(top.cursor, challenger.cursor) === 0) {
          if (this.applyAll(top)) return true;
          continue;
        }
        this.isTopUsed = true;
        const { op } = top.cursor;
        if (op === RecordOp.DELETE) continue;
        if (op !== RecordOp.PUT) throw stampWithoutEntry();
        this.cursor = top.cursor;
        this.entrySchema = top.schema;
        this.stamp = undefined;
        return true;
      }
    } catch (error) {
      throw located(error, this.where);
    }
  }

  /** Past the records that were used. */
  private goOn(): void {
    const { heap, taken } = this;
    if (this.isTopUsed) {
      this.isTopUsed = false;
      const top = heap[0] as Run;
      const { challenger } = this;
      if (!top.advance()) {
        this.pop();
      } else if (challenger !== undefined && compareRuns(top, challenger) > 0) {
        this.siftDown(0);
        this.findChallenger();
      }
    }
    if (taken.length === 0) return;
    for (const run of taken) if (run.advance()) this.push(run);
    taken.length = 0;
    this.findChallenger();
  }

  /** Applies everything said of the address of the top run, oldest first. @returns Whether an entry is left. */
  private applyAll(top: Run): boolean {
    const { heap, taken } = this;
    let entry: Run | undefined;
    let stampMs: number | undefined;
    for (let run: Run | undefined = top; run !== undefined && this.isSame(run, top); run = heap[0]) {
      this.pop();
      taken.push(run);
      const { op } = run.cursor;
      if (op === RecordOp.TOUCH) {
        if (entry === undefined || storedTimeOf(entry.schema) !== storedTimeOf(run.schema)) throw stampWithoutEntry();
        stampMs = run.cursor.timestampMs;
      } else {
        entry = op === RecordOp.PUT ? run : undefined;
        stampMs = undefined;
      }
    }
    if (entry === undefined) return false;
    this.cursor = entry.cursor;
    this.entrySchema = entry.schema;
    this.stamp = stampMs;
    return true;
  }

  private isSame(run: Run, top: Run): boolean {
    return run === top || compareAddresses(run.cursor, top.cursor) === 0;
  }

  private push(run: Run): void {
    const { heap } = this;
    let at = heap.length;
    heap.push(run);
    while (at > 0) {
      const parent = (at - 1) >> 1;
      const above = heap[parent] as Run;
      if (compareRuns(above, run) <= 0) break;
      heap[at] = above;
      at = parent;
    }
    heap[at] = run;
  }

  private pop(): void {
    const { heap } = this;
    const last = heap.pop();
    if (last !== undefined && heap.length > 0) {
      heap[0] = last;
      this.siftDown(0);
    }
    this.findChallenger();
  }

  private siftDown(start: number): void {
    const { heap } = this;
    const run = heap[start] as Run;
    let at = start;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= heap.length) break;
      if (child + 1 < heap.length && compareRuns(heap[child + 1] as Run, heap[child] as Run) < 0) child++;
      if (compareRuns(run, heap[child] as Run) <= 0) break;
      heap[at] = heap[child] as Run;
      at = child;
    }
    heap[at] = run;
  }

  private findChallenger(): void {
    const [, left, right] = this.heap;
    this.challenger = right === undefined || (left !== undefined && compareRuns(left, right) < 0) ? left : right;
  }
}

/** The records of one link. */
class Run {
  readonly cursor: RecordCursor = new RecordCursor(new Uint8Array(0));
  private nextPayload = 0;

  constructor(
    /** Links that are older have a lower one. */
    readonly age: number,
    readonly schema: StateSchema,
    private readonly payloads: readonly Uint8Array[],
  ) {}

  /** Moves to the next record; false at the end. */
  advance(): boolean {
    while (!this.cursor.next()) {
      const payload = this.payloads[this.nextPayload++];
      if (payload === undefined) return false;
      this.cursor.reset(payload);
    }
    return true;
  }
}

function compareRuns(a: Run, b: Run): number {
  return compareAddresses(a.cursor, b.cursor) || a.age - b.age;
}

function compareAddresses(a: RecordCursor, b: RecordCursor): number {
  const byKey = compareByteRanges(a.bytes, a.keyStart, a.keyEnd, b.bytes, b.keyStart, b.keyEnd);
  if (byKey !== 0) return byKey;
  const byNamespace = compareByteRanges(
    a.bytes,
    a.namespaceStart,
    a.namespaceEnd,
    b.bytes,
    b.namespaceStart,
    b.namespaceEnd,
  );
  if (byNamespace !== 0) return byNamespace;
  if (!a.hasMapKey || !b.hasMapKey) return Number(a.hasMapKey) - Number(b.hasMapKey);
  return compareByteRanges(a.bytes, a.mapKeyStart, a.mapKeyEnd, b.bytes, b.mapKeyStart, b.mapKeyEnd);
}

function whereIs(chain: RestoredChain): string {
  const newest = chain.at(-1);
  const block = newest?.blocks[0];
  return newest === undefined || block === undefined ? 'the chain' : describeBlock(block, newest.schema.name);
}

function located(error: unknown, where: string): unknown {
  return isStateError(error) ? locatedDamage(error, where) : error;
}

function stampWithoutEntry(): unknown {
  return brokenChain('gives a time stamp to an entry that it does not hold');
}
