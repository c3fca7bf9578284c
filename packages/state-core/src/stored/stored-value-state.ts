// Value state over a store.

import type { InternalValueState } from '../state-backend/internal-state.js';
import { StoredKeyState } from './stored-key-state.js';
import { NOTHING } from './stored-table.js';

/** One value per key and namespace. */
export class StoredValueState<K, N, T> extends StoredKeyState<K, N, T> implements InternalValueState<K, N, T> {
  value(): T | undefined {
    const value = this.readForProgram();
    if (this.ttl !== undefined) this.dropReturned();
    return value === NOTHING ? this.copyOfDefault() : (value as T);
  }

  update(value: T | undefined): void {
    if (value === undefined) this.clear();
    else this.store(this.passing.copyIn(value));
  }

  private copyOfDefault(): T | undefined {
    const { descriptor } = this.registration;
    if (descriptor.kind !== 'value' || descriptor.defaultValue === undefined) return undefined;
    // Also with object reuse: the default belongs to the descriptor, which other keys read from too.
    return this.valueSerializer.copy(descriptor.defaultValue as T);
  }
}
