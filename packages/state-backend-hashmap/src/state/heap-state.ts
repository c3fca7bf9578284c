// What every keyed state on the heap has besides its table: how values are taken in and handed out.

import {
  NamespacedState,
  type NamespacedStateParameters,
  ValuePassing,
  type ValuePassingOptions,
} from '@tidemark/state-core/support';
import type { StateTable } from '../table/state-table.js';
import type { StateTables } from '../table/state-tables.js';

/** What a state on the heap is made of. */
export interface HeapStateParameters<K, T extends StateTable> extends NamespacedStateParameters<K, StateTables<T>> {
  readonly passing: ValuePassingOptions;
}

/** A keyed state on the heap. */
export abstract class HeapState<K, N, V, T extends StateTable> extends NamespacedState<K, N, V, T, StateTables<T>> {
  protected readonly passing: ValuePassing<V>;

  constructor(parameters: HeapStateParameters<K, T>) {
    super(parameters);
    const { currentKey, passing } = parameters;
    this.passing = new ValuePassing(this.name, this.valueSerializer, passing, () => currentKey.key);
  }

  /** @throws StateError `mutation-detected` for a live value that changed since the state took it. */
  verifyUnchanged(value: V): void {
    this.passing.verify(value);
  }
}
