// Compression of blocks, as a decorator that is handed in: the core brings none.

/** Compresses the payload of blocks. */
export interface SnapshotCompression {
  /** Name in the header of segments, by which a reader finds the decompressor. */
  readonly name: string;
  compress(bytes: Uint8Array): Uint8Array;
  /** @param sizeBytes - Length of the result, which a correct block has exactly. @throws when the bytes are damaged. */
  decompress(bytes: Uint8Array, sizeBytes: number): Uint8Array;
}
