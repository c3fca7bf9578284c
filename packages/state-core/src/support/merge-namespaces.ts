// Merging the entries of several namespaces into one.
//
//   MN1. Sources are taken in order and are empty afterwards; what is in the target already comes first.
//   MN2. A target among the sources takes part once: it is a source like the others.
//   MN3. Everything is computed and stored before anything goes: when a function of the program or a serializer throws, all
//        entries are as before.

/** An entry that takes part in a merge. It stays where it is until everything has been computed (MN3). */
export class MergedEntry<V> {
  /**
   * @param place - Where it stands, a number or an object: tells entries from each other.
   * @param value - Nothing that a running snapshot still has to write.
   * @param copy - The value, or a copy of it, such that changing it in place leaves the entry as it is.
   * @param remove - Takes the entry away.
   */
  constructor(
    readonly place: unknown,
    readonly value: V,
    readonly copy: () => V,
    readonly remove: () => void,
  ) {}
}

/** What merging needs of a state, for its current key. */
export interface NamespaceMerge<N, V> {
  /**
   * The entry of a namespace; `undefined` when there is none. Where {@link join} cannot throw, the entry may be taken away at
   * once: then its value.
   */
  take(namespace: N): MergedEntry<V> | V | undefined;
  /** Joins two values; may change the first in place. */
  join(first: V, second: V): V;
  store(namespace: N, value: V): void;
}

/** Merges the entries of `sources` into `target`. */
export function mergeNamespaces<N, V>(target: N, sources: Iterable<N>, merge: NamespaceMerge<N, V>): void {
  const namespaces = [...sources];
  const entries = new Map<unknown, MergedEntry<V>>();
  let gone = 0;
  const find = (namespace: N): MergedEntry<V> | undefined => {
    const taken = merge.take(namespace);
    if (taken === undefined || taken instanceof MergedEntry) return taken as MergedEntry<V> | undefined;
    return new MergedEntry(--gone, taken, () => taken, nothingLeft);
  };
  for (const namespace of namespaces) {
    const entry = find(namespace);
    if (entry !== undefined && !entries.has(entry.place)) entries.set(entry.place, entry);
  }
  const all = [...entries.values()];
  const [first, ...others] = all;
  if (first === undefined) return;
  let merged = first.value;
  // Whose value `merged` is, as it stands in the state; nobody's once it was computed.
  let owner: MergedEntry<V> | undefined = first;
  for (const entry of others) {
    merged = merge.join(owner === undefined ? merged : owner.copy(), entry.value);
    owner = merged === entry.value ? entry : undefined;
  }
  const existing = find(target);
  if (existing !== undefined && !entries.has(existing.place)) merged = merge.join(existing.copy(), merged);
  merge.store(target, merged);
  for (const { place, remove } of all) if (place !== existing?.place) remove();
}

function nothingLeft(): void {}
