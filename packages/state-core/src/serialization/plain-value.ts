// What json and msgpack have in common: values made of plain parts, walked with a bound on their depth.
//
//   J1. Nothing is changed on the way: what would come back different is refused when written and when copied.
//   J2. Nesting is bounded, so that neither a value nor hostile bytes exhaust the call stack.
//   J3. A property of any name, `__proto__` included, is data.

import { isStateError } from '../error/state-error.js';
import { fieldStep, refusalWithin, refuse, refuseValue } from './refusal.js';
import { defineField } from './struct-codec.js';

/** The deepest nesting of arrays and objects in a json or msgpack value. */
export const NESTING_MAX: number = 256;

/** How the parts of one format are walked. */
export interface PlainFormat {
  /** For messages: `JSON`, `MessagePack`. */
  readonly name: string;
  /**
   * A copy of a part that is no array and no plain object.
   *
   * @param copyPart - Copies a part of it, `step` being the way there.
   * @throws StateError `value-not-serializable` for what the format does not hold.
   */
  copyLeaf(value: unknown, copyPart: (part: unknown, step: string) => unknown): unknown;
  /** @throws StateError `value-not-serializable` for a property name that the format does not hold. */
  checkName(name: string): void;
}

/**
 * A deep copy, made of what the format holds and nothing else (J1): walking and checking are one.
 *
 * @throws StateError `value-not-serializable` with the path of the first part that would come back different.
 */
export function copyPlainValue(value: unknown, format: PlainFormat): unknown {
  if (typeof value !== 'object' || value === null) return format.copyLeaf(value, refuseParts);
  return new PlainWalk(format).copy(value);
}

function refuseParts(): never {
  throw new TypeError('a primitive has no parts');
}

class PlainWalk {
  private readonly format: PlainFormat;
  private readonly ancestors: object[] = [];
  private readonly copyPart: (part: unknown, step: string) => unknown;

  constructor(format: PlainFormat) {
    this.format = format;
    this.copyPart = (part, step) => this.within(part, step);
  }

  copy(value: unknown): unknown {
    if (typeof value !== 'object' || value === null) return this.format.copyLeaf(value, this.copyPart);
    if (this.ancestors.includes(value)) throw refuse(`${this.format.name} values`, 'a value inside itself');
    if (this.ancestors.length >= NESTING_MAX)
      throw refuse(`at most ${NESTING_MAX} levels of nesting`, 'a deeper value');
    this.ancestors.push(value);
    const copied = this.copyObject(value);
    this.ancestors.pop();
    return copied;
  }

  private copyObject(value: object): unknown {
    if (Array.isArray(value)) return this.copyArray(value);
    if (!isPlainObject(value)) return this.format.copyLeaf(value, this.copyPart);
    const copied = {};
    for (const name of Object.keys(value)) {
      this.format.checkName(name);
      defineField(copied, name, this.within((value as Record<string, unknown>)[name], fieldStep(name)));
    }
    if (Object.getOwnPropertySymbols(value).length > 0)
      throw refuse('properties named by strings', 'a property named by a symbol');
    return copied;
  }

  private copyArray(value: readonly unknown[]): unknown[] {
    const copied = new Array<unknown>(value.length);
    for (let index = 0; index < value.length; index++) copied[index] = this.within(value[index], `[${index}]`);
    return copied;
  }

  private within(part: unknown, step: string): unknown {
    if (typeof part !== 'object' || part === null) {
      // Most parts are primitives that every format holds.
      if (part === null || typeof part === 'boolean') return part;
    }
    try {
      return this.copy(part);
    } catch (error) {
      throw isStateError(error) ? refusalWithin(error, step) : error;
    }
  }
}

/** Whether an object has no class: made by a literal, by JSON.parse or by Object.create(null). */
export function isPlainObject(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || prototype === Object.prototype;
}

/** The refusal of something that has no form in a format. */
export function refuseForeign(format: string, value: unknown): Error {
  return refuseValue(`a value that ${format} keeps as it is`, value);
}
