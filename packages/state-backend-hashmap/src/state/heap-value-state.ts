// Value state on the heap.

import type { InternalValueState } from '@tidemark/state-core/spi';
import { HeapKeyState } from './heap-key-state.js';

/** One live value per key and namespace. */
export class HeapValueState<K, N, T> extends HeapKeyState<K, N, T> implements InternalValueState<K, N, T> {
  value(): T | undefined {
    const table = this.table();
    const slot = table.find(this.currentKey.identity, this.namespaceIdentity);
    if (slot < 0) return this.copyOfDefault();
    return this.passing.copyOut(table.values[slot] as T, table, slot);
  }

  update(value: T | undefined): void {
    if (value === undefined) this.clear();
    else this.store(this.table(), this.passing.copyIn(value));
  }

  private copyOfDefault(): T | undefined {
    const { descriptor } = this.registration;
    if (descriptor.kind !== 'value' || descriptor.defaultValue === undefined) return undefined;
    // Also with object reuse: the default belongs to the descriptor, which other keys read from too.
    return this.valueSerializer.copy(descriptor.defaultValue as T);
  }
}
