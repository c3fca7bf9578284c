// Many writes together, where the store can do that.

import type { KeyedStore } from '../state-backend/keyed-store.js';

/** Runs `write` in a batch of the store. */
export function inBatch(store: KeyedStore, write: () => void): void {
  if (store.batch === undefined) write();
  else store.batch(write);
}
