// Folding state on the heap. Legacy, as in Flink before 1.12.

import type { FoldingStateDescriptor } from '@tidemark/state-core';
import type { InternalFoldingState } from '@tidemark/state-core/spi';
import { changeAccumulator } from './accumulator.js';
import { HeapKeyState } from './heap-key-state.js';

/** One live accumulator per key and namespace, into which added values are folded. */
export class HeapFoldingState<K, N, T, ACC>
  extends HeapKeyState<K, N, ACC>
  implements InternalFoldingState<K, N, T, ACC>
{
  get(): ACC | undefined {
    const table = this.table();
    const slot = table.find(this.currentKey.identity, this.namespaceIdentity);
    return slot < 0 ? undefined : this.passing.copyOut(table.values[slot] as ACC, table, slot);
  }

  add(value: T): void {
    const table = this.table();
    if (value === undefined) {
      this.clear();
      return;
    }
    const { fold, initialValue } = this.registration.descriptor as FoldingStateDescriptor<T, ACC>;
    const slot = table.find(this.currentKey.identity, this.namespaceIdentity);
    if (slot < 0) {
      const initial = this.valueSerializer.copy(initialValue);
      this.store(table, this.accepted(fold(initial, value), initial));
    } else {
      changeAccumulator(table, slot, this.passing, (old) => this.accepted(fold(old, value), old));
    }
  }

  /** What is stored of an accumulator: one that the function did not get from the state may be the program's own. */
  private accepted(accumulator: ACC, given: ACC): ACC {
    return accumulator === given && !this.passing.isLive ? accumulator : this.passing.copyIn(accumulator);
  }
}
