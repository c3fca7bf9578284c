// What every keyed state on the heap has: its table at the current key and namespace.
//
//   HS1. An access without key, after close, or without namespace throws before anything is looked up.

import type { KeyIdentity, KeySerializer, StateKind, TypeSerializer } from '@tidemark/state-core';
import { type InternalKvState, VOID_NAMESPACE } from '@tidemark/state-core/spi';
import type { CurrentKey, EntriesRegistration, KeyedStateRegistration } from '@tidemark/state-core/support';
import { ValuePassing, type ValuePassingOptions } from '@tidemark/state-core/support';
import type { StateTable } from '../table/state-table.js';
import type { StateTables } from '../table/state-tables.js';

/** What a state on the heap is made of. */
export interface HeapStateParameters<K, T extends StateTable> {
  readonly currentKey: CurrentKey<K>;
  readonly keySerializer: KeySerializer<K>;
  readonly tables: StateTables<T>;
  readonly passing: ValuePassingOptions;
}

/** A keyed state on the heap. */
export abstract class HeapState<K, N, V, T extends StateTable> implements InternalKvState<K, N, V> {
  readonly name: string;
  readonly kind: StateKind;
  readonly keySerializer: KeySerializer<K>;
  readonly namespaceSerializer: KeySerializer<N>;
  readonly valueSerializer: TypeSerializer<V>;

  protected readonly currentKey: CurrentKey<K>;
  protected readonly registration: KeyedStateRegistration;
  protected readonly passing: ValuePassing<V>;
  protected namespace: N | undefined = undefined;
  protected namespaceIdentity: KeyIdentity = 0;
  protected readonly tables: StateTables<T>;

  constructor({ currentKey, keySerializer, tables, passing }: HeapStateParameters<K, T>) {
    const { registration } = tables;
    this.name = registration.name;
    this.kind = registration.kind;
    this.keySerializer = keySerializer;
    this.namespaceSerializer = registration.namespaceSerializer as KeySerializer<N>;
    this.valueSerializer = registration.valueSerializer as TypeSerializer<V>;
    this.currentKey = currentKey;
    this.registration = registration;
    this.tables = tables;
    this.passing = new ValuePassing(this.name, this.valueSerializer, passing, () => currentKey.key);
    if (isVoidNamespace(registration)) this.namespace = VOID_NAMESPACE as N;
  }

  abstract clear(): void;

  setCurrentNamespace(namespace: N): void {
    if (namespace === undefined || namespace === null) throw new TypeError('a namespace must not be null or undefined');
    this.namespace = namespace;
    this.namespaceIdentity = this.namespaceSerializer.identity(namespace);
  }

  /** @throws StateError `mutation-detected` for a live value that changed since the state took it. */
  verifyUnchanged(value: V): void {
    this.passing.verify(value);
  }

  /** The table of the current key. @throws StateError `no-current-key`, `backend-closed`, `restore-failed`. */
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
