// How values go in and out of a state: as they are, copied, or live.
//
//   VP1. Values of immutable types pass as they are.
//   VP2. Other values are copied in and out, so that nothing a program holds is ever part of the state.
//   VP3. With `state.object-reuse` they pass as they are too, and a value that a running snapshot still has to write is
//        replaced by a copy before the program gets it: the snapshot keeps the original.
//   VP4. A value that is not of the type of the state is refused before anything of it is stored, where finding out costs next
//        to nothing: primitives are checked, and what cannot be copied is shown to the serializer. What is wrong deep in an
//        object is found when it is written.
//   VP5. With `state.check-mutation` as well, a live value that changed since the state took it is found when it is handed
//        out or written to a snapshot.

import { ByteWriter } from '../bytes/byte-writer.js';
import { isStateError, StateError } from '../error/state-error.js';
import { kindOfValue } from '../serialization/refusal.js';
import type { TypeSerializer } from '../serialization/type-serializer.js';
import { MutationCheck } from './keyed-mutation-check.js';
import { isOfPrimitive, primitiveOf } from './primitive-check.js';

/** The settings of {@link ValuePassing}. */
export interface ValuePassingOptions {
  /** `state.object-reuse`. */
  readonly objectReuse: boolean;
  /** `state.check-mutation`. */
  readonly checkMutation: boolean;
}

/** Places of live values, which snapshots may still have to write. */
export interface LivePlaces {
  readonly values: unknown[];
  isAwaitedBySnapshot(place: number): boolean;
  /** Comes before the first change of a place after a freeze: a snapshot keeps what stands there. */
  touch(place: number): unknown;
}

/** Passes the values of one state in and out. */
export class ValuePassing<T> {
  /** Whether values are copied in and out (VP2). */
  readonly copies: boolean;
  /** Whether the program holds what the state stores, and may change it (VP3). */
  readonly isLive: boolean;
  private readonly stateName: string;
  private readonly serializer: TypeSerializer<T>;
  private readonly currentKey: (() => unknown) | undefined;
  private readonly primitive: number;
  private readonly mutationCheck: MutationCheck<T> | undefined;

  /** @param currentKey - The key that is written under, for messages. */
  constructor(
    stateName: string,
    serializer: TypeSerializer<T>,
    options: ValuePassingOptions,
    currentKey?: () => unknown,
  ) {
    this.stateName = stateName;
    this.serializer = serializer;
    this.currentKey = currentKey;
    this.primitive = primitiveOf(serializer.snapshot().type);
    this.copies = !serializer.isImmutableType && !options.objectReuse;
    this.isLive = !serializer.isImmutableType && options.objectReuse;
    this.mutationCheck = this.isLive && options.checkMutation ? new MutationCheck(stateName, serializer) : undefined;
  }

  /** What the state stores of a value that the program gives. @throws StateError `value-not-serializable` (VP4). */
  copyIn(value: T): T {
    if (this.copies) return this.copyGiven(value);
    if (!isOfPrimitive(this.primitive, value)) this.refuse(value);
    this.mutationCheck?.accept(value);
    return value;
  }

  /** A value that a function of the program computed and nobody else holds. @throws StateError `value-not-serializable` (VP4). */
  checked(value: T): T {
    if (!isOfPrimitive(this.primitive, value)) this.refuse(value);
    return value;
  }

  /** What the program gets of the value in a place. @throws StateError `mutation-detected`. */
  copyOut(value: T, places: LivePlaces, place: number): T {
    if (this.copies) return this.serializer.copy(value);
    if (!this.isLive) return value;
    this.mutationCheck?.verify(value);
    if (!places.isAwaitedBySnapshot(place)) return value;
    places.touch(place);
    const copy = this.copyIn(this.serializer.copy(value));
    places.values[place] = copy;
    return copy;
  }

  /** A value that the state may change in place although it was in a place that a snapshot keeps. */
  detach(value: T): T {
    return this.serializer.isImmutableType ? value : this.serializer.copy(value);
  }

  /** @throws StateError `mutation-detected`. */
  verify(value: T): void {
    this.mutationCheck?.verify(value);
  }

  private copyGiven(value: T): T {
    try {
      return this.serializer.copy(value);
    } catch (error) {
      this.refuse(value);
      throw error;
    }
  }

  /** @throws StateError `value-not-serializable` when the serializer does not take the value either. */
  private refuse(value: T): void {
    try {
      this.serializer.serialize(value, new ByteWriter());
    } catch (error) {
      if (!isStateError(error, 'value-not-serializable')) throw error;
      const key = this.currentKey?.();
      const where = key === undefined ? '' : ` under key ${inWords(key)}`;
      throw new StateError(
        error.code,
        `state '${this.stateName}' was given a value${where} that its type does not take: ${error.message}\nThe state is as it was: convert the value first, or declare the state with a type that takes it.`,
        { details: { ...error.details, stateName: this.stateName, key }, cause: error },
      );
    }
  }
}

function inWords(key: unknown): string {
  return typeof key === 'number' || typeof key === 'bigint' || typeof key === 'boolean'
    ? String(key)
    : kindOfValue(key);
}
