// Entries of a scan, not decoded, one after another in one array that is used again and again.
//
//   EC1. What a chunk holds is its own: the store may do what it wants afterwards.
//   EC2. Positions count until the chunk is filled anew; a reader until another is asked for.
//   EC3. A chunk also keeps the prefix that it is filled for, in an array that is used again for the next of that length.

import { ByteReader } from '../bytes/byte-reader.js';

const CAPACITY_BYTES = 1024;
/** Below this a loop is faster than a call of `set`. */
const LOOP_BYTES_MAX = 48;
const PREFIX_BYTES_MAX = 128;

/** Entries in the order of the store. */
export class EntryChunk {
  bytes: Uint8Array = new Uint8Array(CAPACITY_BYTES);
  /** Number of entries. */
  length = 0;
  /** Of the longest path so far; 0 in an empty chunk. */
  longestPath = 0;
  /** Of each entry: where the path begins, where it ends and the value begins, where that ends. */
  private readonly positions: number[] = [];
  private end = 0;
  private readonly prefixes: (Uint8Array | undefined)[] = [];
  private readonly reader: ByteReader = new ByteReader(this.bytes);

  /** Adds an entry that lies in somebody else's arrays. */
  readonly take = (
    path: Uint8Array,
    pathStart: number,
    pathEnd: number,
    value: Uint8Array,
    valueStart: number,
    valueEnd: number,
  ): void => {
    const start = this.end;
    const middle = start + pathEnd - pathStart;
    const end = middle + valueEnd - valueStart;
    if (end > this.bytes.length) this.grow(end);
    const { bytes, positions } = this;
    copyInto(bytes, start, path, pathStart, pathEnd);
    copyInto(bytes, middle, value, valueStart, valueEnd);
    const at = this.length * 3;
    positions[at] = start;
    positions[at + 1] = middle;
    positions[at + 2] = end;
    this.length++;
    this.end = end;
    if (middle - start > this.longestPath) this.longestPath = middle - start;
  };

  clear(): void {
    this.length = 0;
    this.end = 0;
    this.longestPath = 0;
  }

  pathStart(index: number): number {
    return this.positions[index * 3] as number;
  }

  /** Where the path ends and the value begins. */
  pathEnd(index: number): number {
    return this.positions[index * 3 + 1] as number;
  }

  valueEnd(index: number): number {
    return this.positions[index * 3 + 2] as number;
  }

  /** Reads a path from `skipped` bytes on. */
  readPath(index: number, skipped: number): ByteReader {
    return ByteReader.renew(this.reader, this.bytes, this.pathStart(index) + skipped, this.pathEnd(index));
  }

  readValue(index: number): ByteReader {
    return ByteReader.renew(this.reader, this.bytes, this.pathEnd(index), this.valueEnd(index));
  }

  /** A copy of a prefix, valid until the next one is kept. */
  keepPrefix(prefix: Uint8Array): Uint8Array {
    const { length } = prefix;
    if (length > PREFIX_BYTES_MAX) return prefix.slice();
    let kept = this.prefixes[length];
    if (kept === undefined) {
      kept = new Uint8Array(length);
      this.prefixes[length] = kept;
    }
    copyInto(kept, 0, prefix, 0, length);
    return kept;
  }

  /** A copy of a path. */
  pathOf(index: number): Uint8Array {
    return this.bytes.slice(this.pathStart(index), this.pathEnd(index));
  }

  private grow(lengthBytes: number): void {
    const larger = new Uint8Array(Math.max(lengthBytes, this.bytes.length * 2));
    larger.set(this.bytes);
    this.bytes = larger;
  }
}

function copyInto(target: Uint8Array, at: number, source: Uint8Array, start: number, end: number): void {
  if (end - start > LOOP_BYTES_MAX) {
    target.set(source.subarray(start, end), at);
    return;
  }
  const shift = at - start;
  for (let index = start; index < end; index++) target[index + shift] = source[index] as number;
}
