// Walks through JSON that came from storage, believes nothing of it, and says where it is wrong.
//
//   J1. Only own properties count, and only those whose names are asked for: `__proto__` in the text is a name like any
//       other, and is refused like any other unknown name.
//   J2. Every failure is made by `fail` and carries the path of the value: `$.operators[0].parallelism`.
//   J3. Nothing is allocated beyond what the parsed JSON already takes.

import type { StateError } from '../error/state-error.js';

/** Makes the error for a value that is not what it should be. */
export type PlainDataFailure = (message: string) => StateError;

/** One value of parsed JSON and where it stands. */
export class PlainDataReader {
  private readonly value: unknown;
  private readonly path: string;
  private readonly fail: PlainDataFailure;

  constructor(value: unknown, fail: PlainDataFailure, path = '$') {
    this.value = value;
    this.fail = fail;
    this.path = path;
  }

  /** The error that this value is not right. */
  failure(what: string): StateError {
    return this.fail(`${this.path} ${what}`);
  }

  /** Refuses everything but an object with no other names than these. */
  object(names: readonly string[]): this {
    const record = this.record();
    for (const name of Object.keys(record)) {
      if (!names.includes(name)) throw this.failure(`has a field ${shown(name)} that this version does not know`);
    }
    return this;
  }

  /** A field that must be there. */
  field(name: string): PlainDataReader {
    const field = this.optionalField(name);
    if (field === undefined) throw this.failure(`has no ${name}`);
    return field;
  }

  /** A field, or `undefined` when it is not there. */
  optionalField(name: string): PlainDataReader | undefined {
    const record = this.record();
    return Object.hasOwn(record, name)
      ? new PlainDataReader(record[name], this.fail, `${this.path}.${name}`)
      : undefined;
  }

  list(): PlainDataReader[] {
    const { value } = this;
    if (!Array.isArray(value)) throw this.failure('is not a list');
    return value.map((element: unknown, index) => new PlainDataReader(element, this.fail, `${this.path}[${index}]`));
  }

  /** As {@link list}, where no two elements have the same `identity`. */
  uniqueList(what: string, identity: (element: PlainDataReader) => string | number): PlainDataReader[] {
    const elements = this.list();
    const seen = new Set<string | number>();
    for (const element of elements) {
      const id = identity(element);
      if (seen.has(id)) throw element.failure(`has the ${what} ${shown(id)} of an element before it`);
      seen.add(id);
    }
    return elements;
  }

  boolean(): boolean {
    if (typeof this.value !== 'boolean') throw this.failure('is not true or false');
    return this.value;
  }

  /** An integer from `min` to `max`, both inclusive. */
  integer(min: number, max: number = Number.MAX_SAFE_INTEGER): number {
    const { value } = this;
    if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < min || value > max) {
      throw this.failure(`is ${shown(value)}, not an integer from ${min} to ${max}`);
    }
    return value;
  }

  /** A number that is neither infinite nor beyond `limit` in either direction. */
  number(limit: number): number {
    const { value } = this;
    if (typeof value !== 'number' || !(Math.abs(value) <= limit))
      throw this.failure(`is ${shown(value)}, not a number up to ${limit}`);
    return value;
  }

  text(): string {
    if (typeof this.value !== 'string') throw this.failure('is not text');
    return this.value;
  }

  nonEmptyText(): string {
    const text = this.text();
    if (text === '') throw this.failure('is empty');
    return text;
  }

  /** Text of the form of `pattern`, which `what` describes. */
  matching(pattern: RegExp, what: string): string {
    const text = this.text();
    if (!pattern.test(text)) throw this.failure(`is ${shown(text)}, not ${what}`);
    return text;
  }

  oneOf<T extends string>(words: readonly T[]): T {
    const word = words.find((known) => known === this.value);
    if (word === undefined) throw this.failure(`is ${shown(this.value)}, not one of ${words.join(', ')}`);
    return word;
  }

  /** The value as it is, when it is of the type that `what` describes. */
  satisfying<T>(check: (value: unknown) => value is T, what: string): T {
    if (!check(this.value)) throw this.failure(`is not ${what}`);
    return this.value;
  }

  /** What `check` makes of the value; its errors get the path. */
  checked<T>(check: (value: unknown) => T): T {
    try {
      return check(this.value);
    } catch (error) {
      throw this.failure(`is not valid: ${error instanceof Error ? error.message : String(error)}`);
    }
  }

  private record(): Record<string, unknown> {
    const { value } = this;
    if (typeof value !== 'object' || value === null || Array.isArray(value)) throw this.failure('is not an object');
    return value as Record<string, unknown>;
  }
}

function shown(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value.length > 60 ? `${value.slice(0, 60)}...` : value);
  return typeof value === 'object' && value !== null ? 'an object' : String(value);
}
