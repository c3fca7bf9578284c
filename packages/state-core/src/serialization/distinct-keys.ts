// The keys of one set or map, each at most once by value: a Set of JavaScript tells two equal Dates or structs apart, the
// stored form does not, so that such a collection could be written and never read back.

import type { KeyIdentity, KeySerializer } from './type-serializer.js';

/** Types whose JavaScript values are equal for a Set exactly when they are equal as keys. */
const DISTINCT_BY_NATURE: ReadonlySet<string> = new Set([
  'boolean',
  'int32',
  'safeInteger',
  'int64',
  'float64',
  'string',
  'bigint',
  'literal',
]);

/** Watches the keys of one collection; undefined for types that need no watching. */
export interface DistinctKeys<K> {
  /** Whether the key is new. */
  add(key: K): boolean;
}

/** A watch for one collection. */
export function distinctKeys<K>(serializer: KeySerializer<K>): DistinctKeys<K> | undefined {
  if (DISTINCT_BY_NATURE.has(serializer.snapshot().type)) return undefined;
  const seen = new Set<KeyIdentity>();
  return {
    add(key: K): boolean {
      const size = seen.size;
      return seen.add(serializer.identity(key)).size > size;
    },
  };
}
