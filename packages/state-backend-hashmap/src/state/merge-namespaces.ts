// Merging the entries of several namespaces into one.
//
//   MN1. Sources are taken in order and are empty afterwards; what is in the target already comes first.
//   MN2. A target among the sources takes part once: it is a source like the others.

/** What merging needs of a state, for its current key. */
export interface NamespaceMerge<N, V> {
  /** Takes the entry of a namespace away; `undefined` when there is none. */
  take(namespace: N): V | undefined;
  /** Joins two values; may change the first in place. */
  join(first: V, second: V): V;
  store(namespace: N, value: V): void;
}

/** Merges the entries of `sources` into `target`. */
export function mergeNamespaces<N, V>(target: N, sources: Iterable<N>, merge: NamespaceMerge<N, V>): void {
  let merged: V | undefined;
  for (const source of sources) {
    const value = merge.take(source);
    if (value !== undefined) merged = merged === undefined ? value : merge.join(merged, value);
  }
  if (merged === undefined) return;
  const existing = merge.take(target);
  merge.store(target, existing === undefined ? merged : merge.join(existing, merged));
}
