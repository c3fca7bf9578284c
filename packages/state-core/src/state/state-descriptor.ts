// A state by name, type and function: what a program declares before it restores.
//
//   D1. A descriptor is immutable plain structure; `kind` tells the sort, so that descriptors of another installed copy
//       of the core are understood.
//   D2. A default value is copied whenever it is handed out; it is never stored.

import { StateError } from '../error/state-error.js';
import { isKeySerializer, type KeySerializer, type TypeSerializer } from '../serialization/type-serializer.js';
import type { AggregatingState, FoldingState, ListState, MapState, ReducingState, ValueState } from './state.js';
import type { AggregateFunction, FoldFunction, ReduceFunction } from './state-functions.js';
import { StateTtlConfig } from './state-ttl-config.js';

// What each descriptor takes besides its name, for messages.
const VALUE_OPTIONS: string = '{ type: float64, defaultValue: 0 }';
const LIST_OPTIONS: string = '{ type: string }';
const MAP_OPTIONS: string = '{ key: string, value: int32 }';
const REDUCING_OPTIONS: string = '{ type: int32, reduce: (a, b) => a + b }';
const AGGREGATING_OPTIONS: string = '{ type: struct({ … }), aggregate: { createAccumulator, add, getResult, merge } }';
const FOLDING_OPTIONS: string = '{ type: int32, initialValue: 0, fold: (sum, value) => sum + value }';

/** The sorts of keyed state, as they are named in snapshots. */
export type StateKind = 'value' | 'list' | 'map' | 'reducing' | 'aggregating' | 'folding';

/** Settings that every descriptor takes. */
export interface StateDescriptorOptions {
  /** Time to live. Default none. */
  readonly ttl?: StateTtlConfig;
}

/** What reading a value state gives: `T` when there is a default value, else `T | undefined`. */
export type ValueOrDefault<T, D> = undefined extends D ? T | undefined : T;

/**
 * Describes a {@link ValueState}.
 *
 * @typeParam D - The type of the default value; `undefined` when there is none.
 * @throws TypeError for an empty name or a missing type.
 * @example
 * const total = new ValueStateDescriptor('total', { type: float64, defaultValue: 0 });
 */
export class ValueStateDescriptor<T, D extends T | undefined = undefined> {
  readonly kind: 'value' = 'value';
  readonly name: string;
  readonly ttl: StateTtlConfig;
  readonly type: TypeSerializer<T>;
  readonly defaultValue: D;

  constructor(
    name: string,
    options: StateDescriptorOptions & { readonly type: TypeSerializer<T>; readonly defaultValue?: D },
  ) {
    this.name = checkStateName(name);
    checkOptions(options, this, VALUE_OPTIONS);
    this.type = checkSerializer(options.type, 'type', `the value of state '${name}'`, VALUE_OPTIONS);
    this.defaultValue = options.defaultValue as D;
    this.ttl = options.ttl ?? StateTtlConfig.DISABLED;
  }
}

/** Describes a {@link ListState}; `type` is that of the elements. @throws TypeError for an empty name or a missing type. */
export class ListStateDescriptor<T> {
  readonly kind: 'list' = 'list';
  readonly name: string;
  readonly ttl: StateTtlConfig;
  readonly type: TypeSerializer<T>;

  constructor(name: string, options: StateDescriptorOptions & { readonly type: TypeSerializer<T> }) {
    this.name = checkStateName(name);
    checkOptions(options, this, LIST_OPTIONS);
    this.type = checkSerializer(options.type, 'type', `the elements of state '${name}'`, LIST_OPTIONS);
    this.ttl = options.ttl ?? StateTtlConfig.DISABLED;
  }
}

/**
 * Describes a {@link MapState}. Map keys compare by value, so their type must be usable as a key.
 *
 * @throws TypeError for an empty name or a missing type.
 * @throws StateError `key-type-unsupported` for a map key type whose values have no canonical bytes.
 */
export class MapStateDescriptor<UK, UV> {
  readonly kind: 'map' = 'map';
  readonly name: string;
  readonly ttl: StateTtlConfig;
  readonly key: KeySerializer<UK>;
  readonly value: TypeSerializer<UV>;

  constructor(
    name: string,
    options: StateDescriptorOptions & { readonly key: KeySerializer<UK>; readonly value: TypeSerializer<UV> },
  ) {
    this.name = checkStateName(name);
    checkOptions(options, this, MAP_OPTIONS);
    this.key = checkKeySerializer(options.key, 'key', `the map keys of state '${name}'`, MAP_OPTIONS);
    this.value = checkSerializer(options.value, 'value', `the map values of state '${name}'`, MAP_OPTIONS);
    this.ttl = options.ttl ?? StateTtlConfig.DISABLED;
  }
}

/** Describes a {@link ReducingState}. @throws TypeError for an empty name, a missing type or a missing function. */
export class ReducingStateDescriptor<T> {
  readonly kind: 'reducing' = 'reducing';
  readonly name: string;
  readonly ttl: StateTtlConfig;
  readonly type: TypeSerializer<T>;
  readonly reduce: ReduceFunction<T>;

  constructor(
    name: string,
    options: StateDescriptorOptions & { readonly type: TypeSerializer<T>; readonly reduce: ReduceFunction<T> },
  ) {
    this.name = checkStateName(name);
    checkOptions(options, this, REDUCING_OPTIONS);
    this.type = checkSerializer(options.type, 'type', `the value of state '${name}'`, REDUCING_OPTIONS);
    this.reduce = checkFunction(options.reduce, 'reduce', `the reduce function of state '${name}'`, REDUCING_OPTIONS);
    this.ttl = options.ttl ?? StateTtlConfig.DISABLED;
  }
}

/**
 * Describes an {@link AggregatingState}; `type` is that of the accumulator.
 *
 * @throws TypeError for an empty name, a missing type or a missing function.
 */
export class AggregatingStateDescriptor<IN, ACC, OUT> {
  readonly kind: 'aggregating' = 'aggregating';
  readonly name: string;
  readonly ttl: StateTtlConfig;
  readonly type: TypeSerializer<ACC>;
  readonly aggregate: AggregateFunction<IN, ACC, OUT>;

  constructor(
    name: string,
    options: StateDescriptorOptions & {
      readonly type: TypeSerializer<ACC>;
      readonly aggregate: AggregateFunction<IN, ACC, OUT>;
    },
  ) {
    this.name = checkStateName(name);
    checkOptions(options, this, AGGREGATING_OPTIONS);
    this.type = checkSerializer(options.type, 'type', `the accumulator of state '${name}'`, AGGREGATING_OPTIONS);
    checkFunction(
      options.aggregate?.add,
      'aggregate.add',
      `the aggregate function of state '${name}'`,
      AGGREGATING_OPTIONS,
    );
    this.aggregate = options.aggregate;
    this.ttl = options.ttl ?? StateTtlConfig.DISABLED;
  }
}

/**
 * Describes a {@link FoldingState}; `type` is that of the accumulator. Legacy: use {@link AggregatingStateDescriptor}.
 *
 * @throws TypeError for an empty name, a missing type or a missing function.
 */
export class FoldingStateDescriptor<T, ACC> {
  readonly kind: 'folding' = 'folding';
  readonly name: string;
  readonly ttl: StateTtlConfig;
  readonly type: TypeSerializer<ACC>;
  readonly initialValue: ACC;
  readonly fold: FoldFunction<T, ACC>;

  constructor(
    name: string,
    options: StateDescriptorOptions & {
      readonly type: TypeSerializer<ACC>;
      readonly initialValue: ACC;
      readonly fold: FoldFunction<T, ACC>;
    },
  ) {
    this.name = checkStateName(name);
    checkOptions(options, this, FOLDING_OPTIONS);
    this.type = checkSerializer(options.type, 'type', `the accumulator of state '${name}'`, FOLDING_OPTIONS);
    this.initialValue = options.initialValue;
    this.fold = checkFunction(options.fold, 'fold', `the fold function of state '${name}'`, FOLDING_OPTIONS);
    this.ttl = options.ttl ?? StateTtlConfig.DISABLED;
  }
}

// A descriptor of any types: `any` because the functions in it are contravariant in what they take.
/** Any keyed state descriptor. */
export type StateDescriptor =
  // biome-ignore lint/suspicious/noExplicitAny: variance, see above.
  | ValueStateDescriptor<any, any>
  // biome-ignore lint/suspicious/noExplicitAny: variance, see above.
  | ListStateDescriptor<any>
  // biome-ignore lint/suspicious/noExplicitAny: variance, see above.
  | MapStateDescriptor<any, any>
  // biome-ignore lint/suspicious/noExplicitAny: variance, see above.
  | ReducingStateDescriptor<any>
  // biome-ignore lint/suspicious/noExplicitAny: variance, see above.
  | AggregatingStateDescriptor<any, any, any>
  // biome-ignore lint/suspicious/noExplicitAny: variance, see above.
  | FoldingStateDescriptor<any, any>;

/** The state that a descriptor describes. */
export type StateOf<D> =
  D extends ValueStateDescriptor<infer T, infer V>
    ? ValueState<T, ValueOrDefault<T, V>>
    : D extends ListStateDescriptor<infer T>
      ? ListState<T>
      : D extends MapStateDescriptor<infer UK, infer UV>
        ? MapState<UK, UV>
        : D extends ReducingStateDescriptor<infer T>
          ? ReducingState<T>
          : D extends AggregatingStateDescriptor<infer IN, infer _ACC, infer OUT>
            ? AggregatingState<IN, OUT>
            : D extends FoldingStateDescriptor<infer T, infer ACC>
              ? FoldingState<T, ACC>
              : never;

/** The serializer of what a descriptor stores: of the elements for lists, of the map values for maps. */
export function valueSerializerOf(descriptor: StateDescriptor): TypeSerializer<unknown> {
  return descriptor.kind === 'map' ? descriptor.value : descriptor.type;
}

function checkStateName(name: string): string {
  if (typeof name !== 'string' || name.length === 0)
    throw new TypeError('a state needs a name: a string that is not empty');
  return name;
}

function checkOptions(options: unknown, { kind, name }: { kind: StateKind; name: string }, takes: string): void {
  if (typeof options === 'object' && options !== null) return;
  throw new TypeError(`the ${kind} state '${name}' needs options; the descriptor takes ${takes}`);
}

function checkSerializer<T>(
  serializer: TypeSerializer<T>,
  option: string,
  what: string,
  takes: string,
): TypeSerializer<T> {
  if (typeof serializer?.serialize !== 'function') {
    throw new TypeError(
      `${what}: a type is missing in the option '${option}'; the descriptor takes ${takes}; import types from the package of the core`,
    );
  }
  return serializer;
}

function checkKeySerializer<T>(
  serializer: KeySerializer<T>,
  option: string,
  what: string,
  takes: string,
): KeySerializer<T> {
  checkSerializer(serializer, option, what, takes);
  if (!isKeySerializer(serializer)) {
    const { typeName } = serializer as TypeSerializer<T>;
    throw new StateError(
      'key-type-unsupported',
      `${what} cannot be of type ${typeName}: its values have no canonical bytes to compare by; use a string, a number, a tuple or a struct of such`,
      { details: { typeName } },
    );
  }
  return serializer;
}

function checkFunction<F extends (...args: never[]) => unknown>(
  value: F,
  option: string,
  what: string,
  takes: string,
): F {
  if (typeof value !== 'function') {
    throw new TypeError(`${what} is missing: give it in the option '${option}'; the descriptor takes ${takes}`);
  }
  return value;
}
