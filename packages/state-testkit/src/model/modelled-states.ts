// The states of the exact model: each with random operations that are done to a backend and to plain data alike.
//
//   MD1. What a state holds under a key and namespace is plain data in the model; `undefined` is nothing.
//   MD2. An operation returns what the model holds afterwards, and checks what the state gives on the way.
//   MD3. Where values are copied the model changes what it handed over and what it was handed: nobody may notice.

import {
  AggregatingStateDescriptor,
  FoldingStateDescriptor,
  int32,
  ListStateDescriptor,
  list,
  MapStateDescriptor,
  ReducingStateDescriptor,
  type StateDescriptor,
  type StateTtlConfig,
  string,
  struct,
  ValueStateDescriptor,
} from '@tidemark/state-core';
import type { KeyedStateOf } from '@tidemark/state-core/spi';
import { assertEqual } from '../conformance/assertions.js';
import type { SeededRandom } from '../fault/seeded-random.js';

/** A state of the model. */
export interface ModelledState {
  readonly descriptor: StateDescriptor;
  /** Does something at random; returns what the state holds afterwards. */
  operate(state: never, held: unknown, random: SeededRandom): unknown;
  /** What a state holds, as the model would say it. */
  read(state: never): unknown;
  /** What is held after the contents were merged in this order; absent where namespaces do not merge. */
  merge?(contents: readonly unknown[]): unknown;
}

/** How the states of a run are. */
export interface ModelledStateOptions {
  /** Whether values pass without copies: then nothing is changed that was handed over (MD3). */
  readonly isReusing: boolean;
  /** The time to live of a state, if any. */
  ttlOf(name: string): StateTtlConfig | undefined;
}

type Open<D> = KeyedStateOf<unknown, unknown, D>;

interface Box {
  n: number;
  s: string;
}

const BOX = struct({ n: int32, s: string });

/** One state of every kind, and of values both of the sort that is copied and of the sort that is not. */
export function createModelledStates(options: ModelledStateOptions): readonly ModelledState[] {
  return [
    boxes(options),
    plains(options),
    lists(options),
    boxLists(options),
    maps(options),
    reducings(options),
    aggregatings(options),
    foldings(options),
  ] as never;
}

function settings(name: string, { ttlOf }: ModelledStateOptions): { readonly ttl?: StateTtlConfig } {
  const ttl = ttlOf(name);
  return ttl === undefined ? {} : { ttl };
}

function newBox(random: SeededRandom): Box {
  return { n: random.below(100), s: 'x'.repeat(random.below(3)) };
}

/** Changes a value that is the caller's own (MD3). */
function spoil(box: Box | undefined, { isReusing }: ModelledStateOptions): void {
  if (box !== undefined && !isReusing) box.n = -1;
}

function boxes(options: ModelledStateOptions): ModelledState {
  const descriptor = new ValueStateDescriptor('box', { type: BOX, ...settings('box', options) });
  return {
    descriptor,
    read: (state: Open<typeof descriptor>) => state.value(),
    operate(state: Open<typeof descriptor>, held: unknown, random: SeededRandom) {
      const found = state.value() as Box | undefined;
      assertEqual(found, held, 'value()');
      spoil(found, options);
      if (random.chance(0.2)) return held;
      if (random.chance(0.2)) return state.clear();
      const value = newBox(random);
      const stored = { ...value };
      state.update(value);
      spoil(value, options);
      return stored;
    },
  } as never;
}

function plains(options: ModelledStateOptions): ModelledState {
  const descriptor = new ValueStateDescriptor('plain', {
    type: int32,
    defaultValue: -1,
    ...settings('plain', options),
  });
  return {
    descriptor,
    read: (state: Open<typeof descriptor>) => (state.value() === -1 ? undefined : state.value()),
    operate(state: Open<typeof descriptor>, held: unknown, random: SeededRandom) {
      assertEqual(state.value(), held ?? -1, 'value()');
      const value = random.chance(0.2) ? undefined : random.below(1000);
      state.update(value as never);
      return value;
    },
  } as never;
}

function lists(options: ModelledStateOptions): ModelledState {
  const descriptor = new ListStateDescriptor('list', { type: int32, ...settings('list', options) });
  return {
    descriptor,
    merge,
    read: (state: Open<typeof descriptor>) => emptyToUndefined([...state.get()]),
    operate: (state: Open<typeof descriptor>, held: unknown, random: SeededRandom) =>
      operateList(state as never, held as number[] | undefined, random, () => random.below(100)),
  } as never;
}

function boxLists(options: ModelledStateOptions): ModelledState {
  const descriptor = new ListStateDescriptor('boxes', { type: BOX, ...settings('boxes', options) });
  return {
    descriptor,
    merge,
    read: (state: Open<typeof descriptor>) => emptyToUndefined([...state.get()]),
    operate(state: Open<typeof descriptor>, held: unknown, random: SeededRandom) {
      if (random.chance(0.2)) for (const box of state.get()) spoil(box, options);
      const added: Box[] = [];
      const next = () => {
        const box = newBox(random);
        added.push(box);
        return box;
      };
      const after = operateList(state as never, held as Box[] | undefined, random, next);
      const stored = after?.map((box) => ({ ...box }));
      for (const box of added) spoil(box, options);
      return stored;
    },
  } as never;
}

interface AnyList<T> {
  add(element: T): void;
  addAll(elements: readonly T[]): void;
  update(elements: readonly T[]): void;
  clear(): void;
}

function operateList<T>(
  state: AnyList<T>,
  held: readonly T[] | undefined,
  random: SeededRandom,
  next: () => T,
): T[] | undefined {
  const elements = Array.from({ length: random.below(4) }, next);
  switch (random.below(8)) {
    case 0:
      state.clear();
      return undefined;
    case 1:
      state.update(elements);
      return emptyToUndefined(elements);
    case 2:
      state.addAll(elements);
      return emptyToUndefined([...(held ?? []), ...elements]);
    default: {
      const element = next();
      state.add(element);
      return [...(held ?? []), element];
    }
  }
}

function maps(options: ModelledStateOptions): ModelledState {
  const descriptor = new MapStateDescriptor('map', { key: string, value: BOX, ...settings('map', options) });
  return {
    descriptor,
    read: (state: Open<typeof descriptor>) => sorted(state.entries()),
    operate(state: Open<typeof descriptor>, held: unknown, random: SeededRandom) {
      const map = new Map(held as [string, Box][] | undefined);
      // Few keys meet the flat form of small maps, many the other one.
      const key = `k${random.below(random.chance(0.5) ? 4 : 30)}`;
      switch (random.below(9)) {
        case 0:
          state.clear();
          map.clear();
          break;
        case 1:
        case 2:
          state.remove(key);
          map.delete(key);
          break;
        case 3:
          removeSome(state.entries() as never, map, random);
          break;
        case 4: {
          const all = Array.from({ length: random.below(4) }, (_, index) => [`k${index}`, newBox(random)] as const);
          state.putAll(all.map(([each, box]) => [each, { ...box }]));
          for (const [each, box] of all) map.set(each, box);
          break;
        }
        default: {
          const found = state.get(key);
          assertEqual(found, map.get(key), `get(${key})`);
          spoil(found, options);
          const box = newBox(random);
          map.set(key, { ...box });
          state.put(key, box);
          spoil(box, options);
        }
      }
      assertEqual(state.isEmpty(), map.size === 0, 'isEmpty()');
      assertEqual(state.contains(key), map.has(key), `contains(${key})`);
      return sorted(map);
    },
  } as never;
}

interface AnyMapIterator {
  next(): IteratorResult<readonly [string, Box]>;
  remove(): void;
  setValue(value: Box): void;
}

function removeSome(iterator: AnyMapIterator, map: Map<string, Box>, random: SeededRandom): void {
  for (let next = iterator.next(); !next.done; next = iterator.next()) {
    const [key] = next.value;
    switch (random.below(3)) {
      case 0:
        iterator.remove();
        map.delete(key);
        break;
      case 1:
        iterator.setValue({ n: -5, s: '' });
        map.set(key, { n: -5, s: '' });
    }
  }
}

function sorted(entries: Iterable<readonly [string, Box]>): unknown {
  return emptyToUndefined([...entries].sort(([a], [b]) => (a < b ? -1 : 1)));
}

function append(a: number[], b: readonly number[]): number[] {
  a.push(...b);
  return a;
}

function reducings(options: ModelledStateOptions): ModelledState {
  const descriptor = new ReducingStateDescriptor<number[]>('reducing', {
    type: list(int32),
    reduce: append,
    ...settings('reducing', options),
  });
  return {
    descriptor,
    merge,
    read: (state: Open<typeof descriptor>) => state.get(),
    operate: (state: Open<typeof descriptor>, held: unknown, random: SeededRandom) =>
      accumulate(held, random, state as never, (value) => state.add([value])),
  } as never;
}

function aggregatings(options: ModelledStateOptions): ModelledState {
  const descriptor = new AggregatingStateDescriptor<number, number[], string>('aggregating', {
    type: list(int32),
    aggregate: {
      createAccumulator: (): number[] => [],
      add: (value: number, accumulator) => append(accumulator, [value]),
      getResult: (accumulator) => accumulator.join(),
      merge: append,
    },
    ...settings('aggregating', options),
  });
  return {
    descriptor,
    merge,
    read: (state: Open<typeof descriptor>) => state.get()?.split(',').map(Number),
    operate: (state: Open<typeof descriptor>, held: unknown, random: SeededRandom) =>
      accumulate(held, random, state as never, (value) => state.add(value)),
  } as never;
}

function foldings(options: ModelledStateOptions): ModelledState {
  const descriptor = new FoldingStateDescriptor<number, number[]>('folding', {
    type: list(int32),
    initialValue: [0],
    fold: (accumulator, value) => append(accumulator, [value]),
    ...settings('folding', options),
  });
  return {
    descriptor,
    read: (state: Open<typeof descriptor>) => state.get(),
    operate: (state: Open<typeof descriptor>, held: unknown, random: SeededRandom) =>
      accumulate(held, random, state as never, (value) => state.add(value), [0]),
  } as never;
}

function accumulate(
  held: unknown,
  random: SeededRandom,
  state: { clear(): void },
  add: (value: number) => void,
  initial: readonly number[] = [],
): unknown {
  if (random.chance(0.15)) {
    state.clear();
    return undefined;
  }
  const value = random.below(100);
  add(value);
  return [...((held as number[] | undefined) ?? initial), value];
}

function merge(contents: readonly unknown[]): unknown {
  return emptyToUndefined(contents.flatMap((content) => (content as unknown[] | undefined) ?? []));
}

function emptyToUndefined<T>(elements: T[]): T[] | undefined {
  return elements.length === 0 ? undefined : elements;
}
