// Reducing, aggregating and folding state over a store. The accumulator in a cell of the epoch may be changed in place; one
// that waits in an earlier epoch is copied once.

import type {
  AggregatingStateDescriptor,
  FoldingStateDescriptor,
  ReducingStateDescriptor,
} from '../state/state-descriptor.js';
import type { AggregateFunction, ReduceFunction } from '../state/state-functions.js';
import type {
  InternalAggregatingState,
  InternalFoldingState,
  InternalReducingState,
} from '../state-backend/internal-state.js';
import { mergeNamespaces } from '../support/merge-namespaces.js';
import { StoredKeyState } from './stored-key-state.js';
import { NOTHING } from './stored-table.js';

abstract class StoredAccumulatingState<K, N, V> extends StoredKeyState<K, N, V> {
  override getInternal(): V | undefined {
    const accumulator = super.getInternal();
    this.dropReturned();
    return accumulator;
  }

  /** What a function of the program returned, as the state keeps it: one that it did not get from the state may be the program's own. */
  protected accepted(accumulator: V, given: V): V {
    return accumulator === given && !this.passing.isLive ? accumulator : this.passing.copyIn(accumulator);
  }
}

/** One value per key and namespace, into which added values are reduced. */
export class StoredReducingState<K, N, T>
  extends StoredAccumulatingState<K, N, T>
  implements InternalReducingState<K, N, T>
{
  get(): T | undefined {
    const value = this.readForProgram();
    this.dropReturned();
    return value === NOTHING ? undefined : (value as T);
  }

  add(value: T): void {
    this.table();
    if (value === undefined) {
      this.clear();
      return;
    }
    const given = this.passing.copyIn(value);
    this.accumulate(
      () => given,
      (old) => this.reduced(this.reduce(old, given)),
    );
  }

  mergeNamespaces(target: N, sources: Iterable<N>): void {
    this.table();
    mergeNamespaces<N, T>(target, sources, {
      take: (namespace) => this.takeFrom(namespace),
      join: (first, second) => this.reduced(this.reduce(first, second)),
      store: (namespace, value) => this.storeIn(namespace, value),
    });
  }

  private get reduce(): ReduceFunction<T> {
    return (this.registration.descriptor as ReducingStateDescriptor<T>).reduce;
  }

  private reduced(value: T): T {
    return this.passing.isLive ? this.passing.copyIn(value) : value;
  }
}

/** One accumulator per key and namespace; reading gives the result of the aggregation. */
export class StoredAggregatingState<K, N, IN, ACC, OUT>
  extends StoredAccumulatingState<K, N, ACC>
  implements InternalAggregatingState<K, N, IN, ACC, OUT>
{
  /** Whether a result was an object, which may be the accumulator or share parts of it. */
  private givesObjects = false;

  get(): OUT | undefined {
    // Results that are no objects share nothing with the accumulator.
    const mayShare = this.givesObjects || !this.passing.copies;
    const accumulator = mayShare ? this.readForProgram() : this.read();
    if (accumulator === NOTHING) return undefined;
    let result = this.aggregate.getResult(accumulator as ACC);
    if (!mayShare && typeof result === 'object' && result !== null) {
      this.givesObjects = true;
      result = this.aggregate.getResult(this.valueSerializer.copy(accumulator as ACC));
    }
    this.dropReturned();
    return result;
  }

  add(value: IN): void {
    this.table();
    if (value === undefined) {
      this.clear();
      return;
    }
    const { aggregate } = this;
    this.accumulate(
      () => {
        const created = aggregate.createAccumulator();
        return this.accepted(aggregate.add(value, created), created);
      },
      (old) => this.accepted(aggregate.add(value, old), old),
    );
  }

  mergeNamespaces(target: N, sources: Iterable<N>): void {
    this.table();
    mergeNamespaces<N, ACC>(target, sources, {
      take: (namespace) => this.takeFrom(namespace),
      join: (first, second) => this.accepted(this.aggregate.merge(first, second), first),
      store: (namespace, value) => this.storeIn(namespace, value),
    });
  }

  private get aggregate(): AggregateFunction<IN, ACC, OUT> {
    return (this.registration.descriptor as AggregatingStateDescriptor<IN, ACC, OUT>).aggregate;
  }
}

/** One accumulator per key and namespace, into which added values are folded. Legacy, as in Flink before 1.12. */
export class StoredFoldingState<K, N, T, ACC>
  extends StoredAccumulatingState<K, N, ACC>
  implements InternalFoldingState<K, N, T, ACC>
{
  get(): ACC | undefined {
    const accumulator = this.readForProgram();
    this.dropReturned();
    return accumulator === NOTHING ? undefined : (accumulator as ACC);
  }

  add(value: T): void {
    this.table();
    if (value === undefined) {
      this.clear();
      return;
    }
    const { fold, initialValue } = this.registration.descriptor as FoldingStateDescriptor<T, ACC>;
    this.accumulate(
      () => {
        const initial = this.valueSerializer.copy(initialValue);
        return this.accepted(fold(initial, value), initial);
      },
      (old) => this.accepted(fold(old, value), old),
    );
  }
}
