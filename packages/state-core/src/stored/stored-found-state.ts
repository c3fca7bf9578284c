// A keyed state that remembers what it found in memory at the current key and namespace (TS2 of stored-state.ts).

import type { CellTable } from './cell-table.js';
import { StoredState } from './stored-state.js';

/** What an index leads to. */
export interface Found {
  /** False from the moment on when the index leads elsewhere or nowhere. */
  readonly isIndexed: boolean;
}

/** A keyed state with one thing in memory per key and namespace. */
export abstract class StoredFoundState<K, N, V, F extends Found> extends StoredState<K, N, V> {
  protected found: F | undefined = undefined;

  /** Looks into a table at the current key and namespace. */
  protected abstract lookInto(table: CellTable): F | undefined;

  /** What is in memory at the current key and namespace, when there is something. @throws as {@link table}. */
  protected find(): F | undefined {
    const { currentKey } = this;
    const { selection } = currentKey;
    if (this.foundSelection === selection) {
      const { found } = this;
      if (found?.isIndexed) return found;
    }
    const table = this.table();
    const found = this.lookInto(table);
    this.foundSelection = selection;
    this.foundTable = table;
    this.found = found;
    return found;
  }
}
