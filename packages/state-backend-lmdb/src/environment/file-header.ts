// What the first record of a file says: which format it has, and whose it is.
//
// The file is never read by another attempt; the header is there so that a file that turns up anywhere (a core dump, a
// disk image, Windows after a crash) can be told apart.

/** Bumped when the layout of lmdb-file.ts or entry-key.ts changes. */
const FORMAT_VERSION: number = 1;

/** JSON in UTF-8. */
export function fileHeader(facts: {
  readonly lineage: string;
  readonly jobId: string;
  readonly operatorIdentifier: string;
  readonly checksums: boolean;
}): Uint8Array {
  return new TextEncoder().encode(JSON.stringify({ format: 'tidemark-lmdb', version: FORMAT_VERSION, ...facts }));
}
