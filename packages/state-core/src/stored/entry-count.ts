// How many entries a state has in a key group: what the store has, corrected by what is in memory.

import type { CellTable } from './cell-table.js';
import type { PathWriter } from './path-writer.js';
import type { StoredTable } from './stored-table.js';

const CHUNK = 256;
const NO_BYTES: Uint8Array = new Uint8Array(0);

/** How often the store may still be asked, over all tables. */
export interface LooksLeft {
  looks: number;
}

/**
 * Entries of a state in a key group, those of maps one by one.
 *
 * @param left - Where it is used up the answer is `undefined`. Absent: there is no limit.
 */
export function entryCountOf(table: CellTable, paths: PathWriter, left?: LooksLeft): number | undefined {
  const { stored } = table;
  if (stored.entryCount === undefined && left !== undefined && pathsUnder(stored, NO_BYTES, left) === undefined)
    return undefined;
  let count = stored.entryCount ?? stored.countEntries();
  for (const owner of table.owners.values()) {
    if (owner.clearing === undefined) continue;
    const hidden = pathsUnder(stored, owner.prefix(paths), left);
    if (hidden === undefined) return undefined;
    // Whatever is in memory of it is not in the store, or goes from there first.
    count += owner.live - hidden;
  }
  for (const cell of table.newest()) {
    if (cell.dirtyEpoch === 0 || cell.isCounted) continue;
    if (cell.there === undefined) {
      if (left !== undefined && --left.looks < 0) return undefined;
      cell.there = stored.has(cell.encode(paths));
    }
    count += (cell.isPresent ? 1 : 0) - (cell.there ? 1 : 0);
  }
  return count;
}

function pathsUnder(stored: StoredTable, prefix: Uint8Array, left: LooksLeft | undefined): number | undefined {
  let count = 0;
  let after: Uint8Array | undefined;
  for (;;) {
    const found = stored.scanPaths(prefix, after, CHUNK);
    count += found.length;
    if (left !== undefined) {
      left.looks -= found.length + 1;
      if (left.looks < 0) return undefined;
    }
    if (found.length < CHUNK) return count;
    after = found.at(-1)?.path;
  }
}
