// From the identities of key and namespace to what is in memory of them.

import type { KeyIdentity } from '../serialization/type-serializer.js';

/** An index over keys and namespaces; without namespaces over keys alone. */
export class CellIndex<T> {
  private readonly plain: Map<KeyIdentity, T> = new Map();
  private readonly spaces: Map<KeyIdentity, Map<KeyIdentity, T>> = new Map();

  constructor(private readonly hasNamespaces: boolean) {}

  get(key: KeyIdentity, namespace: KeyIdentity): T | undefined {
    return this.hasNamespaces ? this.spaces.get(namespace)?.get(key) : this.plain.get(key);
  }

  set(key: KeyIdentity, namespace: KeyIdentity, entry: T): void {
    if (!this.hasNamespaces) {
      this.plain.set(key, entry);
      return;
    }
    const space = this.spaces.get(namespace);
    if (space === undefined) this.spaces.set(namespace, new Map([[key, entry]]));
    else space.set(key, entry);
  }

  delete(key: KeyIdentity, namespace: KeyIdentity): void {
    if (!this.hasNamespaces) {
      this.plain.delete(key);
      return;
    }
    const space = this.spaces.get(namespace);
    if (space?.delete(key) && space.size === 0) this.spaces.delete(namespace);
  }

  *values(): Iterable<T> {
    if (this.hasNamespaces) for (const space of this.spaces.values()) yield* space.values();
    else yield* this.plain.values();
  }
}
