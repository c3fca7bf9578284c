// The states with one stamped value per key and namespace. That an expired value is found or not is up to the table; here
// is what reading one does that may be given once more.

import { HeapAggregatingState } from './heap-aggregating-state.js';
import { HeapFoldingState } from './heap-folding-state.js';
import { HeapReducingState } from './heap-reducing-state.js';
import { HeapValueState } from './heap-value-state.js';

/** Value state with time to live. */
export class TtlHeapValueState<K, N, T> extends HeapValueState<K, N, T> {
  override value(): T | undefined {
    const value = super.value();
    if (this.registration.ttl?.returnsExpired) this.dropReturned();
    return value;
  }
}

/** Reducing state with time to live. */
export class TtlHeapReducingState<K, N, T> extends HeapReducingState<K, N, T> {
  override get(): T | undefined {
    const value = super.get();
    this.dropReturned();
    return value;
  }

  override getInternal(): T | undefined {
    const value = super.getInternal();
    this.dropReturned();
    return value;
  }
}

/** Aggregating state with time to live. */
export class TtlHeapAggregatingState<K, N, IN, ACC, OUT> extends HeapAggregatingState<K, N, IN, ACC, OUT> {
  override get(): OUT | undefined {
    const result = super.get();
    this.dropReturned();
    return result;
  }

  override getInternal(): ACC | undefined {
    const accumulator = super.getInternal();
    this.dropReturned();
    return accumulator;
  }
}

/** Folding state with time to live. */
export class TtlHeapFoldingState<K, N, T, ACC> extends HeapFoldingState<K, N, T, ACC> {
  override get(): ACC | undefined {
    const accumulator = super.get();
    this.dropReturned();
    return accumulator;
  }

  override getInternal(): ACC | undefined {
    const accumulator = super.getInternal();
    this.dropReturned();
    return accumulator;
  }
}
