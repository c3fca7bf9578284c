// The states of the model: each with random operations that are done to a backend and to plain data alike.
//
//   MD1. What a state holds under a key and namespace is plain data in the model; `undefined` is nothing.
//   MD2. An operation returns what the model holds afterwards, and checks what the state gives on the way.

import {
  AggregatingStateDescriptor,
  FoldingStateDescriptor,
  int32,
  ListStateDescriptor,
  list,
  MapStateDescriptor,
  ReducingStateDescriptor,
  type StateDescriptor,
  string,
  struct,
  ValueStateDescriptor,
} from '@tidemark/state-core';
import type { KeyedStateOf } from '@tidemark/state-core/spi';
import { assertEqual } from '../conformance/assertions.js';
import type { SeededRandom } from './seeded-random.js';

/** A state of the model. */
export interface ModelledState {
  readonly descriptor: StateDescriptor;
  /** Does something at random; returns what the state holds afterwards. */
  operate(state: never, held: unknown, random: SeededRandom): unknown;
  /** What a state holds, as the model would say it. */
  read(state: never): unknown;
}

/** What a state whose namespaces merge can do besides. */
export interface MergingModelledState extends ModelledState {
  /** What is held after the contents were merged in this order. */
  merge(contents: readonly unknown[]): unknown;
}

type Open<D extends StateDescriptor> = KeyedStateOf<number, string, D>;

const boxDescriptor = new ValueStateDescriptor('box', { type: struct({ n: int32, s: string }) });
const plainDescriptor = new ValueStateDescriptor('plain', { type: int32, defaultValue: -1 });
const listDescriptor = new ListStateDescriptor('list', { type: int32 });
const mapDescriptor = new MapStateDescriptor('map', { key: string, value: int32 });
const reducingDescriptor = new ReducingStateDescriptor('reducing', {
  type: list(int32),
  reduce: (a, b) => {
    a.push(...b);
    return a;
  },
});
const aggregatingDescriptor = new AggregatingStateDescriptor('aggregating', {
  type: list(int32),
  aggregate: {
    createAccumulator: (): number[] => [],
    add: (value: number, accumulator) => {
      accumulator.push(value);
      return accumulator;
    },
    getResult: (accumulator) => accumulator.join(),
    merge: (a, b) => {
      a.push(...b);
      return a;
    },
  },
});
const foldingDescriptor = new FoldingStateDescriptor<number, number[]>('folding', {
  type: list(int32),
  initialValue: [0],
  fold: (accumulator, value) => {
    accumulator.push(value);
    return accumulator;
  },
});

const boxes: ModelledState = {
  descriptor: boxDescriptor,
  read: (state: Open<typeof boxDescriptor>) => state.value(),
  operate(state: Open<typeof boxDescriptor>, held, random) {
    assertEqual(state.value(), held, 'value()');
    if (random.chance(0.2)) return state.clear();
    const value = { n: random.below(100), s: 'x'.repeat(random.below(3)) };
    state.update(value);
    const stored = { ...value };
    value.n = -1;
    return stored;
  },
};

const plains: ModelledState = {
  descriptor: plainDescriptor,
  read: (state: Open<typeof plainDescriptor>) => (state.value() === -1 ? undefined : state.value()),
  operate(state: Open<typeof plainDescriptor>, held, random) {
    assertEqual(state.value(), held ?? -1, 'value()');
    const value = random.chance(0.2) ? undefined : random.below(1000);
    state.update(value);
    return value;
  },
};

const lists: MergingModelledState = {
  descriptor: listDescriptor,
  read: (state: Open<typeof listDescriptor>) => emptyToUndefined([...state.get()]),
  operate(state: Open<typeof listDescriptor>, held, random) {
    const elements = Array.from({ length: random.below(4) }, () => random.below(100));
    switch (random.below(8)) {
      case 0:
        state.clear();
        return undefined;
      case 1:
        state.update(elements);
        return emptyToUndefined(elements);
      case 2:
        state.addAll(elements);
        return emptyToUndefined([...((held as number[] | undefined) ?? []), ...elements]);
      default:
        state.add(elements.length);
        return [...((held as number[] | undefined) ?? []), elements.length];
    }
  },
  merge: (contents) => emptyToUndefined(contents.flatMap((content) => (content as number[] | undefined) ?? [])),
};

const maps: ModelledState = {
  descriptor: mapDescriptor,
  read: (state: Open<typeof mapDescriptor>) => emptyToUndefined([...state.entries()].sort()),
  operate(state: Open<typeof mapDescriptor>, held, random) {
    const map = new Map(held as [string, number][] | undefined);
    // Few keys meet the flat form of small maps, many the other one.
    const key = `k${random.below(random.chance(0.5) ? 4 : 30)}`;
    switch (random.below(8)) {
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
        removeSome(state.entries(), map, random);
        break;
      default:
        assertEqual(state.get(key), map.get(key), `get(${key})`);
        state.put(key, random.below(100));
        map.set(key, state.get(key) as number);
    }
    assertEqual(state.isEmpty(), map.size === 0, 'isEmpty()');
    return emptyToUndefined([...map].sort());
  },
};

function removeSome(
  iterator: ReturnType<Open<typeof mapDescriptor>['entries']>,
  map: Map<string, number>,
  random: SeededRandom,
): void {
  for (let next = iterator.next(); !next.done; next = iterator.next()) {
    const [key] = next.value;
    switch (random.below(3)) {
      case 0:
        iterator.remove();
        map.delete(key);
        break;
      case 1:
        iterator.setValue(-5);
        map.set(key, -5);
    }
  }
}

const reducings: MergingModelledState = {
  descriptor: reducingDescriptor,
  read: (state: Open<typeof reducingDescriptor>) => state.get(),
  operate: (state: Open<typeof reducingDescriptor>, held, random) =>
    accumulate(
      held,
      random,
      () => state.clear(),
      (value) => state.add([value]),
    ),
  merge: (contents) => lists.merge(contents),
};

const aggregatings: MergingModelledState = {
  descriptor: aggregatingDescriptor,
  read: (state: Open<typeof aggregatingDescriptor>) => state.get()?.split(',').map(Number),
  operate: (state: Open<typeof aggregatingDescriptor>, held, random) =>
    accumulate(
      held,
      random,
      () => state.clear(),
      (value) => state.add(value),
    ),
  merge: (contents) => lists.merge(contents),
};

const foldings: ModelledState = {
  descriptor: foldingDescriptor,
  read: (state: Open<typeof foldingDescriptor>) => state.get(),
  operate: (state: Open<typeof foldingDescriptor>, held, random) =>
    accumulate(
      held ?? undefined,
      random,
      () => state.clear(),
      (value) => state.add(value),
      [0],
    ),
};

function accumulate(
  held: unknown,
  random: SeededRandom,
  clear: () => void,
  add: (value: number) => void,
  initial: readonly number[] = [],
): unknown {
  if (random.chance(0.15)) {
    clear();
    return undefined;
  }
  const value = random.below(100);
  add(value);
  return [...((held as number[] | undefined) ?? initial), value];
}

function emptyToUndefined<T>(elements: T[]): T[] | undefined {
  return elements.length === 0 ? undefined : elements;
}

/** One state of every sort. */
export const MODELLED_STATES: readonly ModelledState[] = [
  boxes,
  plains,
  lists,
  maps,
  reducings,
  aggregatings,
  foldings,
] as never;

/** Those whose namespaces merge. */
export const MERGING_STATES: readonly MergingModelledState[] = [lists, reducings, aggregatings] as never;
