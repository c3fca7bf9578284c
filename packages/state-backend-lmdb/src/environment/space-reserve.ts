// Disk space for a file, taken before it is needed.
//
// LMDB does not survive a write that fails for want of space: the process is killed by a corrupted heap, at once or later.
// So it never gets to see one: what a transaction may need at most is written as zeros at the end of the file first.
//
//      0                      used                    reserved
//      +----------------------+-----------------------+
//      | pages of LMDB        | zeros, taken          |      a transaction may claim what is between the two
//      +----------------------+-----------------------+
//
//   SR1. A claim that is granted is on disk: overwriting it cannot fail for want of space (on file systems that copy on
//        write it can; then the file counts as broken).
//   SR2. A claim that is refused changes nothing. What was reserved until then stays.
//   SR3. Removing needs pages too: the last EMERGENCY_PAGES are kept for it.
//   SR4. Nor does LMDB survive that it cannot map what it has outgrown, at twice the size, beside the map that it has. So
//        no page is reserved that would make it, unless there is address space for that.

import { ftruncateSync, writeSync } from 'node:fs';
import { mappableBytes } from './address-space.js';
import { addressSpaceFull, fileFull, localFileError } from './local-file-errors.js';

/** What only claims for removing may take. */
export const EMERGENCY_PAGES: number = 256;

/** What is taken beyond what is needed: the first touch of a page costs 2 to 15 us, whoever asked for it waits. */
const STEP_BYTES: number = 128 * 1024;
const CHUNK_BYTES: number = 1024 * 1024;
/** LMDB rounds the sizes of maps up to this. */
const MAP_STEP_BYTES: number = 256 * 1024;
const ZEROS: Uint8Array = new Uint8Array(CHUNK_BYTES);

/** Space at the end of one file. */
export class SpaceReserve {
  private readonly descriptor: number;
  private readonly path: string;
  private readonly pageBytes: number;
  private readonly limitPages: number;
  private readonly pagesUsed: () => number;
  private readonly pagesFree: () => number;
  private readonly mapBytes: () => number;
  private readonly mappableBytes: () => number;
  /** Pages that are on disk. */
  private reservedPages: number;
  /** Pages that may be in use at most, without the claims of the running transaction. */
  private usedPages = Number.POSITIVE_INFINITY;
  private claimedPages = 0;
  private claimedInARow = 0;

  constructor(settings: {
    readonly descriptor: number;
    readonly path: string;
    readonly pageBytes: number;
    readonly fileBytes: number;
    readonly limitBytes: number;
    /** Pages up to the last that was ever written. Asked for often. */
    readonly pagesUsed: () => number;
    /** How many of those hold nothing. */
    readonly pagesFree: () => number;
    /** What LMDB has mapped of the file, or may map without asking. */
    readonly mapBytes: () => number;
    /** What it could map besides. */
    readonly mappableBytes?: () => number;
  }) {
    this.descriptor = settings.descriptor;
    this.path = settings.path;
    this.pageBytes = settings.pageBytes;
    this.limitPages = Math.floor(settings.limitBytes / settings.pageBytes);
    this.pagesUsed = settings.pagesUsed;
    this.pagesFree = settings.pagesFree;
    this.mapBytes = settings.mapBytes;
    this.mappableBytes = settings.mappableBytes ?? mappableBytes;
    this.reservedPages = Math.floor(settings.fileBytes / settings.pageBytes);
  }

  /** Takes space for the first transactions. @throws as {@link claim}. */
  begin(): void {
    if (EMERGENCY_PAGES > this.reservedPages) this.extend(EMERGENCY_PAGES);
  }

  /**
   * Claims pages for what the running transaction is about to write.
   *
   * @param inARow - How many of them must lie next to each other.
   * @throws StateError `storage-no-space`, `storage-io-failed`.
   */
  claim(pages: number, inARow: number, kept: number = EMERGENCY_PAGES): void {
    const claimed = this.claimedPages + pages;
    const claimedInARow = this.claimedInARow + inARow;
    if (this.usedPages + claimed + kept > this.reservedPages) this.reserve(claimed, claimedInARow, kept);
    this.claimedPages = claimed;
    this.claimedInARow = claimedInARow;
  }

  /** The running transaction has ended. */
  settle(): void {
    this.usedPages += this.claimedPages;
    this.claimedPages = 0;
    this.claimedInARow = 0;
  }

  private reserve(claimed: number, claimedInARow: number, kept: number): void {
    const usedPages = this.pagesUsed();
    this.usedPages = usedPages;
    const needed = usedPages + claimed + kept;
    if (needed <= this.reservedPages) return;
    try {
      this.extend(needed);
    } catch (error) {
      // What was removed can be used again; how it lies is not known, so it serves only what needs no neighbours.
      const fits = claimed - claimedInARow + kept <= this.pagesFree() / 2;
      const inARowFits = usedPages + claimedInARow <= this.reservedPages;
      if (!fits || !inARowFits) throw error;
    }
  }

  private extend(neededPages: number): void {
    if (neededPages > this.limitPages) throw fileFull(this.path, this.limitPages * this.pageBytes);
    const neededBytes = neededPages * this.pageBytes;
    const pages = this.mapped(
      neededPages,
      Math.min(this.limitPages, neededPages + Math.ceil(STEP_BYTES / this.pageBytes)),
    );
    const start = this.reservedPages * this.pageBytes;
    let at = start;
    try {
      while (at < pages * this.pageBytes) {
        const written = writeSync(this.descriptor, ZEROS, 0, Math.min(CHUNK_BYTES, pages * this.pageBytes - at), at);
        if (written === 0) throw Object.assign(new Error('nothing could be written'), { code: 'ENOSPC' });
        at += written;
      }
    } catch (error) {
      if (at >= neededBytes) {
        this.reservedPages = Math.floor(at / this.pageBytes);
        return;
      }
      // Given back, so that whoever has filled the disk is not kept from going on by what is of no use here.
      ftruncateSync(this.descriptor, start);
      throw localFileError(error, 'extend', this.path);
    }
    this.reservedPages = pages;
  }

  /** As many of `pages` as LMDB can map. @throws StateError `storage-no-space` when those are not the needed ones. */
  private mapped(neededPages: number, pages: number): number {
    const pagesMapped = Math.floor(this.mapBytes() / this.pageBytes);
    if (pages < pagesMapped) return pages;
    const nextMapBytes = 2 * pages * this.pageBytes + MAP_STEP_BYTES;
    const freeBytes = this.mappableBytes();
    if (nextMapBytes <= freeBytes) return pages;
    if (neededPages < pagesMapped) return pagesMapped - 1;
    throw addressSpaceFull(this.path, nextMapBytes, freeBytes);
  }
}
