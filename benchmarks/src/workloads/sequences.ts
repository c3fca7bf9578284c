// The keys and values of the state workloads: the same for both sides of a comparison, from one seed, made before any clock
// runs. peers/flink/FlinkPeer.java has the same generator.

/** Entries of each map. */
export const MAP_KEYS = 10;
/** Elements that `listAddAll` adds at a time. */
export const LIST_VALUES = 100;
/** Keys of the workload in which few keys take everything. */
export const HOT_KEYS = 1000;
/** Key groups of every backend. */
export const KEY_GROUPS = 128;

/** The integers from `first` on, `count` of them, in an order that the seed decides. */
export function shuffled(count: number, first: number, seed: number): number[] {
  const order: number[] = [];
  for (let index = 0; index < count; index++) order.push(first + index);
  let random = seed;
  for (let index = count - 1; index > 0; index--) {
    random = (Math.imul(random, 1_664_525) + 1_013_904_223) | 0;
    const other = (random >>> 8) % (index + 1);
    const held = order[index] as number;
    order[index] = order[other] as number;
    order[other] = held;
  }
  return order;
}

/** What all suites run on. */
export interface Sequences {
  /** The keys that have state from the start, in the order in which they are visited. */
  readonly known: readonly number[];
  /** Keys without state, for what adds. */
  readonly fresh: readonly number[];
  /** The known keys as text. */
  readonly names: readonly string[];
  /** Values of map entries, by map key. */
  readonly mapValues: readonly number[];
  /** What `listAddAll` adds. */
  readonly hundred: readonly number[];
  /** What `mapPutAll` puts. */
  readonly ten: ReadonlyMap<number, number>;
}

/** Makes the sequences of one run. */
export function createSequences(keys: number, seed: number): Sequences {
  const known = shuffled(keys, 0, seed);
  const mapValues = Array.from({ length: MAP_KEYS }, (_, index) => index * 1.5 + 0.25);
  return {
    known,
    fresh: shuffled(keys, keys, seed + 1),
    names: known.map((key) => `user-${key}`),
    mapValues,
    hundred: Array.from({ length: LIST_VALUES }, (_, index) => index),
    ten: new Map(mapValues.map((value, index) => [index, value])),
  };
}
