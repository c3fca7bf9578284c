// Aggregating state on the heap.

import type { AggregateFunction, AggregatingStateDescriptor } from '@tidemark/state-core';
import type { InternalAggregatingState } from '@tidemark/state-core/spi';
import { mergeNamespaces } from '@tidemark/state-core/support';
import { changeAccumulator } from './accumulator.js';
import { HeapKeyState } from './heap-key-state.js';

/** One live accumulator per key and namespace; reading gives the result of the aggregation. */
export class HeapAggregatingState<K, N, IN, ACC, OUT>
  extends HeapKeyState<K, N, ACC>
  implements InternalAggregatingState<K, N, IN, ACC, OUT>
{
  /** Whether a result was an object, which may be the accumulator or share parts of it. */
  private givesObjects = false;

  get(): OUT | undefined {
    const table = this.table();
    const slot = table.find(this.currentKey.identity, this.namespaceIdentity);
    if (slot < 0) return undefined;
    const accumulator = table.values[slot] as ACC;
    if (!this.passing.copies) return this.aggregate.getResult(this.passing.copyOut(accumulator, table, slot));
    if (!this.givesObjects) {
      const result = this.aggregate.getResult(accumulator);
      if (typeof result !== 'object' || result === null) return result;
      this.givesObjects = true;
    }
    return this.aggregate.getResult(this.valueSerializer.copy(accumulator));
  }

  add(value: IN): void {
    const table = this.table();
    if (value === undefined) {
      this.clear();
      return;
    }
    const { aggregate } = this;
    const slot = table.find(this.currentKey.identity, this.namespaceIdentity);
    if (slot < 0) {
      const created = aggregate.createAccumulator();
      this.store(table, this.accepted(aggregate.add(value, created), created));
    } else {
      changeAccumulator(table, slot, this.passing, (old) => this.accepted(aggregate.add(value, old), old));
    }
  }

  mergeNamespaces(target: N, sources: Iterable<N>): void {
    mergeNamespaces<N, ACC>(target, sources, {
      take: (namespace) => this.takeFrom(namespace),
      join: (first, second) => this.accepted(this.aggregate.merge(first, second), first),
      store: (namespace, value) => this.storeIn(namespace, value),
    });
  }

  private get aggregate(): AggregateFunction<IN, ACC, OUT> {
    return (this.registration.descriptor as AggregatingStateDescriptor<IN, ACC, OUT>).aggregate;
  }

  /** What is stored of an accumulator: one that the function did not get from the state may be the program's own. */
  private accepted(accumulator: ACC, given: ACC): ACC {
    return accumulator === given && !this.passing.isLive ? accumulator : this.passing.copyIn(accumulator);
  }
}
