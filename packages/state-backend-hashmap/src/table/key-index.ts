// From the identity of a key and a namespace to whatever a table keeps for the pair.
//
//   KI1. The void namespace costs nothing: one `Map` by key identity.
//   KI2. Other namespaces have a `Map` each, which goes with its last key: programs have few namespaces at a time and many
//        keys in each.

import type { KeyIdentity } from '@tidemark/state-core';

/** Finds what belongs to a key and namespace. */
export interface KeyIndex<E> {
  get(key: KeyIdentity, namespace: KeyIdentity): E | undefined;
  set(key: KeyIdentity, namespace: KeyIdentity, entry: E): void;
  delete(key: KeyIdentity, namespace: KeyIdentity): void;
  clear(): void;
  /** The entries of a namespace, in the order in which they came. */
  entriesOf(namespace: KeyIdentity): Iterable<E>;
}

/** The index of a state in the void namespace. */
export class VoidNamespaceIndex<E> implements KeyIndex<E> {
  private readonly entries: Map<KeyIdentity, E> = new Map();

  get(key: KeyIdentity): E | undefined {
    return this.entries.get(key);
  }

  set(key: KeyIdentity, _namespace: KeyIdentity, entry: E): void {
    this.entries.set(key, entry);
  }

  delete(key: KeyIdentity): void {
    this.entries.delete(key);
  }

  clear(): void {
    this.entries.clear();
  }

  entriesOf(): Iterable<E> {
    return this.entries.values();
  }
}

/** The index of a state with namespaces. */
export class NamespaceIndex<E> implements KeyIndex<E> {
  private readonly namespaces: Map<KeyIdentity, Map<KeyIdentity, E>> = new Map();

  get(key: KeyIdentity, namespace: KeyIdentity): E | undefined {
    return this.namespaces.get(namespace)?.get(key);
  }

  set(key: KeyIdentity, namespace: KeyIdentity, entry: E): void {
    const entries = this.namespaces.get(namespace);
    if (entries === undefined) this.namespaces.set(namespace, new Map([[key, entry]]));
    else entries.set(key, entry);
  }

  delete(key: KeyIdentity, namespace: KeyIdentity): void {
    const entries = this.namespaces.get(namespace);
    if (entries === undefined) return;
    entries.delete(key);
    if (entries.size === 0) this.namespaces.delete(namespace);
  }

  clear(): void {
    this.namespaces.clear();
  }

  entriesOf(namespace: KeyIdentity): Iterable<E> {
    return this.namespaces.get(namespace)?.values() ?? [];
  }
}
