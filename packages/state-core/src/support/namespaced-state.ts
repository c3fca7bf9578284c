// What a keyed state has wherever its entries are kept: its names and types, and its table at the current key and namespace.
//
// Owns: the chosen namespace. Leaves the key to keyed-current-key.ts, and to the backend what a table is.
//
//   NS1. An access without key, after close, or without namespace throws before anything is looked up.
//   NS2. Plain keyed state has its one namespace from the start.

import type { KeyIdentity, KeySerializer, TypeSerializer } from '../serialization/type-serializer.js';
import { VOID_NAMESPACE } from '../state/namespace.js';
import type { StateKind } from '../state/state-descriptor.js';
import type { InternalKvState } from '../state-backend/internal-state.js';
import type { CurrentKey } from './keyed-current-key.js';
import type { EntriesRegistration, KeyedStateRegistration } from './keyed-state-registry.js';

/** What a {@link NamespacedState} is made of. */
export interface NamespacedStateParameters<K, S> {
  readonly currentKey: CurrentKey<K>;
  readonly keySerializer: KeySerializer<K>;
  readonly tables: S;
}

/** Where the entries of a state are, by key group. */
export interface TablesByKeyGroup<T> {
  readonly registration: KeyedStateRegistration;
  /** The table of a key group of the range. @throws StateError `restore-failed` and what else the backend throws. */
  open(keyGroup: number): T;
}

/**
 * A keyed state.
 *
 * @typeParam K - Key. @typeParam N - Namespace. @typeParam V - What is stored. @typeParam T - A table.
 * @typeParam S - The tables.
 */
export abstract class NamespacedState<K, N, V, T, S extends TablesByKeyGroup<T>> implements InternalKvState<K, N, V> {
  readonly name: string;
  readonly kind: StateKind;
  readonly keySerializer: KeySerializer<K>;
  readonly namespaceSerializer: KeySerializer<N>;
  readonly valueSerializer: TypeSerializer<V>;

  protected readonly currentKey: CurrentKey<K>;
  protected readonly registration: KeyedStateRegistration;
  protected readonly tables: S;
  protected namespace: N | undefined = undefined;
  protected namespaceIdentity: KeyIdentity = 0;

  constructor({ currentKey, keySerializer, tables }: NamespacedStateParameters<K, S>) {
    const { registration } = tables;
    this.name = registration.name;
    this.kind = registration.kind;
    this.keySerializer = keySerializer;
    this.namespaceSerializer = registration.namespaceSerializer as KeySerializer<N>;
    this.valueSerializer = registration.valueSerializer as TypeSerializer<V>;
    this.currentKey = currentKey;
    this.registration = registration;
    this.tables = tables;
    if (isVoidNamespace(registration)) this.namespace = VOID_NAMESPACE as N;
  }

  abstract clear(): void;

  setCurrentNamespace(namespace: N): void {
    if (namespace === undefined || namespace === null) throw new TypeError('a namespace must not be null or undefined');
    this.namespace = namespace;
    this.namespaceIdentity = this.namespaceSerializer.identity(namespace);
  }

  /** The table of the current key. @throws StateError `no-current-key`, `backend-closed`, and as {@link TablesByKeyGroup.open}. */
  protected table(): T {
    const { keyGroup } = this.currentKey;
    if (keyGroup < 0) throw this.currentKey.unavailable();
    if (this.namespace === undefined) {
      throw new TypeError(`state '${this.name}' has namespaces: call setCurrentNamespace(namespace) before it is used`);
    }
    return this.tables.open(keyGroup);
  }
}

/** Whether a state is plain keyed state. */
export function isVoidNamespace({ schema }: EntriesRegistration): boolean {
  return schema.namespace.type === 'void-namespace';
}
