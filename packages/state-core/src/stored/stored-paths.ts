// Where an entry is in the store: its path as it is, or shortened where it is longer than the store takes.
//
//   state numbers   0 to 32,766       entries: the number of the registration
//                   32,768 + number   full chunks of the lists of that state (stored-lists.ts), of other states blocks of
//                                     restored entries (packed-records.ts)
//                   65,535            what running snapshots still have to see (frozen-views.ts)
//
//   short path      the path                                                     at most plainMax bytes
//   long path       first bytes of the path | hash of all of it (16 bytes)       exactly plainMax + 1 bytes
//
//   bucket          what is stored under a shortened path, for each path that has it:
//                   path length varint | path | value length varint | value
//
//   SP1. The length tells a shortened path from one that is not.
//   SP2. Paths that are shortened to the same share a bucket and are told apart by their bytes: a collision costs time.
//   SP3. Entries are ordered by what they are stored under. Where paths are shortened that is not the order of the paths,
//        except that all of one prefix that is itself not longer than PREFIX stand together. Within a bucket: by path.

import { ByteReader } from '../bytes/byte-reader.js';
import type { ByteWriter } from '../bytes/byte-writer.js';
import { checksum32 } from '../bytes/checksum.js';
import { compareBytes } from '../serialization/key-bytes.js';

/** The state number of the chunks of a state's lists, or of its restored blocks, added to its own. */
export const CHUNKS_OF_STATE: number = 0x8000;
/** The state number of what is put aside for running snapshots. */
export const PRE_IMAGES: number = 0xffff;
/** Bytes in front of a path there: view (4), state (2). */
export const PRE_IMAGE_PREFIX_BYTES: number = 6;

const HASH_BYTES = 16;
/** A store that takes less cannot tell entries apart. */
export const PATH_BYTES_MIN: number = 64;

/** The hash of a long path: {@link HASH_BYTES} bytes. */
export type PathHash = (path: Uint8Array) => Uint8Array;

/** One path of a bucket. The arrays are views of the bucket. */
export interface BucketEntry {
  readonly path: Uint8Array;
  readonly value: Uint8Array;
}

/** The overflow rule of one store. */
export class StoredPaths {
  /** The longest path that is stored as it is, in bytes. */
  readonly plainMax: number;
  private readonly hash: PathHash;

  /** @throws RangeError for a store that takes fewer than 64 bytes. */
  constructor(pathBytesMax: number | undefined, hash: PathHash = hashOfPath) {
    if (pathBytesMax !== undefined && !(pathBytesMax >= PATH_BYTES_MIN)) {
      throw new RangeError(`a keyed store takes paths of ${PATH_BYTES_MIN} bytes at least, not ${pathBytesMax}`);
    }
    this.plainMax = pathBytesMax === undefined ? Number.POSITIVE_INFINITY : pathBytesMax - PRE_IMAGE_PREFIX_BYTES - 1;
    this.hash = hash;
  }

  /** What an entry is stored under (SP3): the path itself unless it is long. */
  storedOf(path: Uint8Array): Uint8Array {
    if (path.length <= this.plainMax) return path;
    const stored = new Uint8Array(this.plainMax + 1);
    stored.set(path.subarray(0, this.prefixMax));
    stored.set(this.hash(path), this.prefixMax);
    return stored;
  }

  /** What all entries begin with in the store whose path begins with `prefix`; others may begin so too. */
  storedPrefixOf(prefix: Uint8Array): Uint8Array {
    return prefix.length <= this.prefixMax ? prefix : prefix.subarray(0, this.prefixMax);
  }

  /** Whether a stored path is a shortened one (SP1). */
  isShortened(stored: Uint8Array): boolean {
    return stored.length > this.plainMax;
  }

  /** So many first bytes of a path say where it stands in the order of the store (SP3). */
  get prefixMax(): number {
    return this.plainMax + 1 - HASH_BYTES;
  }
}

/** The entries of a bucket, ascending by path. @throws StateError of kind `corrupt` for bytes that are no bucket. */
export function readBucket(bytes: Uint8Array): BucketEntry[] {
  const input = new ByteReader(bytes);
  const entries: BucketEntry[] = [];
  do entries.push({ path: input.readLengthPrefixedView(), value: input.readLengthPrefixedView() });
  while (input.remaining > 0);
  return entries;
}

/** Writes a bucket: of the entries there were, with `path` set to a value or, without one, removed. */
export function writeBucket(
  entries: readonly BucketEntry[],
  path: Uint8Array,
  value: Uint8Array | undefined,
  out: ByteWriter,
): void {
  const others = entries.filter((entry) => compareBytes(entry.path, path) !== 0);
  const all = value === undefined ? others : [...others, { path, value }].sort((a, b) => compareBytes(a.path, b.path));
  for (const entry of all) {
    out.writeLengthPrefixed(entry.path);
    out.writeLengthPrefixed(entry.value);
  }
}

/** Four seeds make 128 bits; whoever forges a collision only makes a bucket longer (SP2). */
function hashOfPath(path: Uint8Array): Uint8Array {
  const hash = new Uint8Array(HASH_BYTES);
  const data = new DataView(hash.buffer);
  for (let part = 0; part < 4; part++) data.setUint32(part * 4, checksum32(path, part * 0x9e3779b1));
  return hash;
}

/** Whether bytes begin with a prefix. */
export function beginsWith(bytes: Uint8Array, prefix: Uint8Array): boolean {
  if (bytes.length < prefix.length) return false;
  for (let index = 0; index < prefix.length; index++) if (bytes[index] !== prefix[index]) return false;
  return true;
}
