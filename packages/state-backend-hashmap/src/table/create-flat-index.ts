// Which keys have an index of their own.

import type { KeySerializer } from '@tidemark/state-core';
import { IntegerIndex } from './integer-index.js';
import type { KeyIndex } from './key-index.js';
import { TextIndex } from './text-index.js';

/** Keys of these types are identified by an integer. */
const INTEGER_TYPES: ReadonlySet<string> = new Set(['int32', 'safeInteger']);

/**
 * A flat index of the void namespace for keys of this type; `undefined` for types that have none.
 *
 * @param places - Has the key at each place that the index leads to.
 */
export function createFlatIndex(
  key: KeySerializer<unknown>,
  places: { readonly keys: readonly unknown[] },
): KeyIndex<number> | undefined {
  const { type } = key.snapshot();
  if (INTEGER_TYPES.has(type)) return new IntegerIndex(places);
  return type === 'string' ? new TextIndex(places) : undefined;
}
