// What every keyed state over a store has: its table at the current key and namespace.
//
//   TS1. An access without key, after close, or without namespace throws before anything is looked up.
//   TS2. What was found for a key counts until another key or namespace is chosen or the cell leaves its index. So does what
//        was read past the cells, until a cell comes to the table.

import type { KeyIdentity, KeySerializer, TypeSerializer } from '../serialization/type-serializer.js';
import { VOID_NAMESPACE } from '../state/namespace.js';
import type { StateKind } from '../state/state-descriptor.js';
import type { InternalKvState } from '../state-backend/internal-state.js';
import type { CurrentKey } from '../support/keyed-current-key.js';
import type { KeyedStateRegistration } from '../support/keyed-state-registry.js';
import type { TtlPolicy } from '../support/ttl-policy.js';
import type { ValuePassing } from '../support/value-passing.js';
import type { CellCache } from './cell-cache.js';
import type { CellTable } from './cell-table.js';
import type { CellTables } from './cell-tables.js';

/** Stands for "no key was looked up". */
const NO_SELECTION = -1;

/** What a state is made of. */
export interface StoredStateParameters<K, V> {
  readonly currentKey: CurrentKey<K>;
  readonly keySerializer: KeySerializer<K>;
  readonly cache: CellCache;
  readonly tables: CellTables;
  readonly passing: ValuePassing<V>;
}

/** A keyed state over a store. */
export abstract class StoredState<K, N, V> implements InternalKvState<K, N, V> {
  readonly name: string;
  readonly kind: StateKind;
  readonly keySerializer: KeySerializer<K>;
  readonly namespaceSerializer: KeySerializer<N>;
  readonly valueSerializer: TypeSerializer<V>;

  protected readonly currentKey: CurrentKey<K>;
  protected readonly registration: KeyedStateRegistration;
  protected readonly passing: ValuePassing<V>;
  protected readonly cache: CellCache;
  protected readonly tables: CellTables;
  protected readonly ttl: TtlPolicy | undefined;
  protected namespace: N | undefined = undefined;
  protected namespaceIdentity: KeyIdentity = 0;
  /** The choice of key that what is remembered was found for (TS2). */
  protected foundSelection: number = NO_SELECTION;
  /** The table of that key. */
  protected foundTable: CellTable | undefined = undefined;

  /** The choice of key that what was read past the cells last was read for. */
  protected fetchedSelection: number = NO_SELECTION;

  constructor({ currentKey, keySerializer, cache, tables, passing }: StoredStateParameters<K, V>) {
    const { registration } = tables;
    this.name = registration.name;
    this.kind = registration.kind;
    this.keySerializer = keySerializer;
    this.namespaceSerializer = registration.namespaceSerializer as KeySerializer<N>;
    this.valueSerializer = registration.valueSerializer as TypeSerializer<V>;
    this.currentKey = currentKey;
    this.registration = registration;
    this.passing = passing;
    this.cache = cache;
    this.tables = tables;
    this.ttl = registration.ttl;
    if (isVoidNamespace(registration)) this.namespace = VOID_NAMESPACE as N;
  }

  abstract clear(): void;

  setCurrentNamespace(namespace: N): void {
    if (namespace === undefined || namespace === null) throw new TypeError('a namespace must not be null or undefined');
    this.namespace = namespace;
    this.namespaceIdentity = this.namespaceSerializer.identity(namespace);
    this.forgetFound();
  }

  /** Does something in another namespace than the chosen one. */
  protected inNamespace<R>(namespace: N, work: () => R): R {
    const { namespace: outer, namespaceIdentity } = this;
    this.setCurrentNamespace(namespace);
    try {
      return work();
    } finally {
      this.namespace = outer;
      this.namespaceIdentity = namespaceIdentity;
      this.forgetFound();
    }
  }

  private forgetFound(): void {
    this.foundSelection = NO_SELECTION;
    this.fetchedSelection = NO_SELECTION;
  }

  /** The table of the current key. @throws StateError `no-current-key`, `backend-closed`, `restore-failed`. */
  protected table(): CellTable {
    const { keyGroup } = this.currentKey;
    if (keyGroup < 0) throw this.currentKey.unavailable();
    if (this.namespace === undefined) {
      throw new TypeError(`state '${this.name}' has namespaces: call setCurrentNamespace(namespace) before it is used`);
    }
    return this.tables.open(keyGroup);
  }

  /** What comes before every access of a program. */
  protected beginAccess(): void {
    if (this.tables.onAccess !== undefined) this.tables.onAccess();
  }

  /** Comes before every change. @throws StateError of the store. */
  protected makeRoom(): void {
    const { cache } = this;
    if (cache.usedBytes >= cache.budgetBytes) cache.makeRoom();
  }

  /** A namespace that may be kept. */
  protected ownNamespace(namespace: N): N {
    const { namespaceSerializer } = this;
    return namespaceSerializer.isImmutableType ? namespace : namespaceSerializer.copy(namespace);
  }

  /** The time for entries of the current key. */
  protected nowMs(policy: TtlPolicy): number {
    return policy.nowMs(this.currentKey.keyGroup);
  }
}

/** Whether a state is plain keyed state. */
export function isVoidNamespace({ schema }: KeyedStateRegistration): boolean {
  return schema.namespace.type === 'void-namespace';
}
