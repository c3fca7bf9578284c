// A list in memory: the end that the store does not have yet, and all of it where it was read.
//
//   values      [ .................................................. ]   appended to or replaced, never changed otherwise
//               ^ 0        ^ storedCount     ^ start                 ^ end
//
//   LC1. The store has the first `storedCount` of `values`. This cell writes from `start` to `end`; what is between them an
//        elder writes.
//   LC2. Whole: `values` is the list. Else what the store has comes before it.
//   LC3. With `mustClear` the store's list goes first: then the cell is whole.
//   LC4. With `trimming` as many elements go from the front of the store's list, before this cell appends: `start` counts
//        from what is left then. Only a whole list is trimmed.
//   LC5. The array is shared by elder and successor; the elder remembers its end.

import { type CellWriting, KeyCell } from './cell.js';
import type { PathWriter } from './path-writer.js';

/** Elements handed to the store at once: so many bytes as estimated, and so many at most. */
const PIECE_BYTES = 64 * 1024;
const PIECE_ELEMENTS_MAX = 4096;
/** Longer lists are cleared and appended to. */
const REPLACED_AT_ONCE = 64;

/** The list of a key and namespace. */
export class ListCell extends KeyCell {
  values: unknown[] = [];
  /** As long as `values`; `undefined` without time to live. */
  stampsMs: number[] | undefined = undefined;
  start = 0;
  storedCount = 0;
  isWhole = false;
  mustClear = false;
  /** Elements to be removed from the front of the store's list before anything is appended. */
  trimming = 0;
  /** Of an elder: how much of `values` is its own (LC5). */
  frozenEnd = -1;
  /** How long the store's list was before an append that may have got lost; -1 when none did. */
  uncertainFrom = -1;
  private lengthAfterAppend = 0;
  private appended = 0;
  private cleared = false;
  private trimmed = false;
  private storedBefore = -1;

  get end(): number {
    return this.frozenEnd < 0 ? this.values.length : this.frozenEnd;
  }

  override get isPresent(): boolean {
    return !this.isWhole || this.values.length > 0;
  }

  override get isKeptClean(): boolean {
    return this.isWhole && this.values.length > 0;
  }

  override succeed(): ListCell {
    const { table, keyIdentity, namespaceIdentity, key, namespace, there } = this;
    const next = new ListCell(table, keyIdentity, namespaceIdentity, key, namespace, undefined, there);
    this.frozenEnd = this.values.length;
    next.values = this.values;
    next.stampsMs = this.stampsMs;
    next.start = this.frozenEnd;
    next.storedCount = this.storedCount;
    next.isWhole = this.isWhole;
    return next;
  }

  /** Replaces the list. Takes the arrays. */
  replace(values: unknown[], stampsMs: number[] | undefined): void {
    this.values = values;
    this.stampsMs = stampsMs ?? (this.table.ttl && []);
    this.start = 0;
    this.storedCount = 0;
    this.isWhole = true;
    this.mustClear = this.there !== false || this.elder !== undefined;
    this.trimming = 0;
    this.uncertainFrom = -1;
  }

  /** Whether {@link trim} can do it. */
  canTrim(count: number): boolean {
    return count < this.start && this.uncertainFrom < 0 && this.table.stored.trim !== undefined;
  }

  /** Leaves what remains without the first `count` elements. Takes the arrays. */
  trim(count: number, values: unknown[], stampsMs: number[] | undefined): void {
    this.values = values;
    this.stampsMs = stampsMs;
    this.start -= count;
    this.storedCount = Math.max(0, this.storedCount - count);
    this.trimming += this.mustClear ? 0 : count;
  }

  /** Puts what the store has in front. Takes the arrays. */
  complete(stored: unknown[], stampsMs: number[] | undefined): void {
    const { storedCount } = this;
    const missing = stored.length - storedCount;
    for (let index = storedCount; index < this.values.length; index++) {
      stored.push(this.values[index]);
      stampsMs?.push(this.stampsMs?.[index] as number);
    }
    this.values = stored;
    this.stampsMs = stampsMs;
    this.start += missing;
    this.storedCount += missing;
    this.isWhole = true;
  }

  override write(path: Uint8Array, epoch: number, limit: number): CellWriting {
    const { stored } = this.table;
    if (this.mustClear && this.replaceStored(path, epoch)) return 'done';
    if (this.mustClear) {
      if (this.there !== false && !stored.clear(path, epoch, limit)) return 'more';
      this.mustClear = false;
      this.cleared = true;
      this.there = false;
    }
    if (this.trimming > 0) {
      stored.trim?.(path, this.trimming, epoch);
      this.trimming = 0;
      this.trimmed = true;
    }
    if (this.uncertainFrom >= 0) this.findOut(path);
    const { end } = this;
    if (this.start < end) {
      const next = Math.min(end, this.start + this.pieceElements);
      for (let index = this.start; index < next; index++) this.table.verify(this.values[index]);
      this.lengthAfterAppend = stored.append(path, this.values, this.start, next, this.stampsMs, epoch);
      this.appended += next - this.start;
      this.start = next;
      if (next < end) return 'more';
    }
    return 'done';
  }

  override wrote(): void {
    this.setThere(this.end > 0 || !this.isWhole);
    this.storedBefore = this.storedCount;
    // What was found out of an append that may have got lost can be more than what is its own.
    this.setStored(Math.max(this.start, this.end));
  }

  override partWritten(): void {
    // Whoever reads before the rest is written must not put these elements behind themselves.
    if (this.appended > 0) this.setStored(Math.max(this.storedCount, this.start));
    this.forgetBatch();
  }

  override unsettle(paths: PathWriter): void {
    super.unsettle(paths);
    if (this.storedBefore >= 0) this.setStored(this.storedBefore);
    if (this.cleared || this.trimmed) {
      // All of it once more does no harm.
      this.mustClear = true;
      this.start = 0;
    } else if (this.appended > 0 && this.isToBeginAnew()) {
      this.start -= this.appended;
    } else if (this.appended > 0) {
      this.start -= this.appended;
      this.uncertainFrom = this.lengthAfterAppend - this.appended;
      // Readers have to know as well. Where the store cannot be read either, they meet its error.
      try {
        this.findOut(this.encode(paths));
      } catch {}
    }
    this.forgetBatch();
  }

  /** What is written to the store at once, in elements. */
  private get pieceElements(): number {
    const elementBytes = this.sizeBytes / Math.max(1, this.values.length);
    return Math.max(1, Math.min(PIECE_ELEMENTS_MAX, Math.floor(PIECE_BYTES / Math.max(1, elementBytes))));
  }

  private forgetBatch(): void {
    this.appended = 0;
    this.cleared = false;
    this.trimmed = false;
    this.storedBefore = -1;
  }

  /** Whether an elder clears the list once more: nothing of what was appended after it stays. */
  private isToBeginAnew(): boolean {
    for (
      let elder = this.elder as ListCell | undefined;
      elder !== undefined;
      elder = elder.elder as ListCell | undefined
    )
      if (elder.mustClear || elder.cleared || elder.trimmed) return true;
    return false;
  }

  /** Puts a short list into the place of what the store has; false where that takes more. */
  private replaceStored(path: Uint8Array, epoch: number): boolean {
    const { stored } = this.table;
    const { values, start, end } = this;
    if (this.there === false || this.frozenEnd >= 0 || start !== 0 || end === 0 || end > REPLACED_AT_ONCE) return false;
    if (this.trimming > 0 || this.uncertainFrom >= 0 || stored.replace === undefined) return false;
    for (let index = 0; index < end; index++) this.table.verify(values[index]);
    if (!stored.replace(path, values, 0, end, this.stampsMs, epoch)) return false;
    this.mustClear = false;
    this.cleared = true;
    this.lengthAfterAppend = end;
    this.appended += end;
    this.start = end;
    return true;
  }

  private setStored(count: number): void {
    this.storedCount = count;
    const { values } = this;
    for (let next = this.successor as ListCell | undefined; next !== undefined; next = next.successor as ListCell) {
      if (next.values === values) next.storedCount = count;
    }
  }

  private findOut(path: Uint8Array): void {
    const { stored } = this.table;
    const length = stored.listLength?.(path) ?? stored.readList(path)?.values.length ?? 0;
    const written = Math.max(0, length - this.uncertainFrom);
    this.uncertainFrom = -1;
    this.start += written;
    if (written > 0) this.setStored(Math.max(this.storedCount, this.start));
  }
}
