// Reducing state on the heap.

import type { ReduceFunction, ReducingStateDescriptor } from '@tidemark/state-core';
import type { InternalReducingState } from '@tidemark/state-core/spi';
import { mergeNamespaces } from '@tidemark/state-core/support';
import { changeAccumulator } from './accumulator.js';
import { HeapKeyState } from './heap-key-state.js';

/** One live value per key and namespace, into which added values are reduced. */
export class HeapReducingState<K, N, T> extends HeapKeyState<K, N, T> implements InternalReducingState<K, N, T> {
  get(): T | undefined {
    const table = this.table();
    const slot = table.find(this.currentKey.identity, this.namespaceIdentity);
    return slot < 0 ? undefined : this.passing.copyOut(table.values[slot] as T, table, slot);
  }

  add(value: T): void {
    const table = this.table();
    if (value === undefined) {
      this.clear();
      return;
    }
    const slot = table.find(this.currentKey.identity, this.namespaceIdentity);
    // Of what is not stored as it is, the result is looked at.
    const given = slot >= 0 && this.valueSerializer.isImmutableType ? value : this.passing.copyIn(value);
    if (slot < 0) this.store(table, given);
    else changeAccumulator(table, slot, this.passing, (old) => this.accepted(this.reduce(old, given)));
  }

  mergeNamespaces(target: N, sources: Iterable<N>): void {
    mergeNamespaces<N, T>(target, sources, {
      take: (namespace) => this.takeFrom(namespace),
      join: (first, second) => this.accepted(this.reduce(first, second)),
      store: (namespace, value) => this.storeIn(namespace, value),
    });
  }

  private get reduce(): ReduceFunction<T> {
    return (this.registration.descriptor as ReducingStateDescriptor<T>).reduce;
  }

  /** What a function of the program returned, as the state keeps it. */
  private accepted(value: T): T {
    return this.passing.isLive ? this.passing.copyIn(value) : this.passing.checked(value);
  }
}
