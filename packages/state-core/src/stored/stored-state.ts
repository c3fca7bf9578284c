// What every keyed state over a store has besides its table: what was found for the current key, and the room for changes.
//
//   TS1. An access without key, after close, or without namespace throws before anything is looked up (NS1 of
//        namespaced-state.ts).
//   TS2. What was found for a key counts until another key or namespace is chosen or the cell leaves its index. So does what
//        was read past the cells, until a cell comes to the table.

import { isStateError } from '../error/state-error.js';
import { NamespacedState, type NamespacedStateParameters } from '../support/namespaced-state.js';
import type { TtlPolicy } from '../support/ttl-policy.js';
import type { ValuePassing } from '../support/value-passing.js';
import type { CellCache } from './cell-cache.js';
import type { CellTable } from './cell-table.js';
import type { CellTables } from './cell-tables.js';

/** Stands for "no key was looked up". */
const NO_SELECTION = -1;

/** What a state is made of. */
export interface StoredStateParameters<K, V> extends NamespacedStateParameters<K, CellTables> {
  readonly cache: CellCache;
  readonly passing: ValuePassing<V>;
}

/** A keyed state over a store. */
export abstract class StoredState<K, N, V> extends NamespacedState<K, N, V, CellTable, CellTables> {
  protected readonly passing: ValuePassing<V>;
  protected readonly cache: CellCache;
  protected readonly ttl: TtlPolicy | undefined;
  /** The choice of key that what is remembered was found for (TS2). */
  protected foundSelection: number = NO_SELECTION;
  /** The table of that key. */
  protected foundTable: CellTable | undefined = undefined;
  /** The choice of key that what was read past the cells last was read for. */
  protected fetchedSelection: number = NO_SELECTION;

  constructor(parameters: StoredStateParameters<K, V>) {
    super(parameters);
    this.passing = parameters.passing;
    this.cache = parameters.cache;
    this.ttl = this.registration.ttl;
  }

  override setCurrentNamespace(namespace: N): void {
    super.setCurrentNamespace(namespace);
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

  /** What comes before every access of a program. */
  protected beginAccess(): void {
    if (this.tables.onAccess !== undefined) this.tables.onAccess();
  }

  /** Comes before every change. @throws StateError of the store. */
  protected makeRoom(): void {
    const { cache } = this;
    if (cache.usedBytes >= cache.budgetBytes) cache.makeRoom();
  }

  /**
   * Comes before a read that may change something: a time stamp that is renewed, an entry whose time is up. Who reads needs no
   * room in the store; who writes meets the error.
   */
  protected makeRoomToRead(): void {
    const { cache } = this;
    if (cache.usedBytes >= cache.budgetBytes) roomToRead(cache);
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

/** As {@link CellCache.makeRoom}, as far as the store takes what has to be written. Returns whether there is room. */
export function roomToRead(cache: CellCache): boolean {
  try {
    cache.makeRoom();
    return true;
  } catch (error) {
    if (!isStateError(error)) throw error;
    return false;
  }
}
