// A keyed state seen through another object, some of whose calls are watched.
//
//   TS1. Whatever the state has is there, by the same name, and reaches the state itself: `this` stays the state, so that
//        private fields of any kind work.
//   TS2. The state is not changed: who holds it directly calls it directly.

import type { MapStateIterator } from '../state/state.js';

/** A method of a state, bound to it. No method of a state that is watched takes more than two arguments. */
export type StateCall = (a?: unknown, b?: unknown) => unknown;

/** The calls that are watched: from the method as it is to the one that is called instead. */
export type WatchedCalls = ReadonlyMap<string | symbol, (call: StateCall) => StateCall>;

/** An object that behaves as the state does, with some calls watched. */
export function watchedState<S extends object>(state: S, watched: WatchedCalls): S {
  const seen = {};
  for (
    let level: object | null = state;
    level !== null && level !== Object.prototype;
    level = Object.getPrototypeOf(level)
  ) {
    for (const name of Reflect.ownKeys(level)) {
      if (name === 'constructor' || Object.hasOwn(seen, name)) continue;
      const method: unknown = Object.getOwnPropertyDescriptor(level, name)?.value;
      if (typeof method !== 'function') {
        Object.defineProperty(seen, name, { get: () => Reflect.get(state, name), enumerable: true });
        continue;
      }
      const watch = watched.get(name);
      const value =
        watch === undefined
          ? (...args: unknown[]) => method.apply(state, args)
          : watch((a, b) => method.call(state, a, b));
      Object.defineProperty(seen, name, { value });
    }
  }
  return seen as S;
}

/** An iterator over map entries, some of whose steps are watched. */
export class WatchedMapIterator<E, V> implements MapStateIterator<E, V> {
  constructor(
    private readonly iterator: MapStateIterator<E, V>,
    private readonly watchNext: (step: () => unknown) => unknown,
    private readonly watchRemove: (step: () => unknown) => unknown,
  ) {
    // A loop that is left early tells the iterator, where it wants to know.
    if (iterator.return !== undefined)
      this.return = (value) => iterator.return?.(value) as IteratorResult<E, undefined>;
  }

  return?: (value?: unknown) => IteratorResult<E, undefined>;

  next(): IteratorResult<E, undefined> {
    return this.watchNext(() => this.iterator.next()) as IteratorResult<E, undefined>;
  }

  remove(): void {
    this.watchRemove(() => this.iterator.remove());
  }

  setValue(value: V): void {
    this.iterator.setValue(value);
  }

  [Symbol.iterator](): this {
    return this;
  }
}
