// What may be a part of a tuple, list, set, map, nullable or optional: every serializer but an optional one, because
// undefined is never a stored element.

import type { KeySerializer, TypeSerializer } from './type-serializer.js';

/** The serializer of a part that always has a value. `optional(...)` is for fields of structs only. */
export type ElementSerializer<T> = TypeSerializer<T> & { readonly isOptional?: never };

/** @throws TypeError for something that is no serializer, and for an optional one. */
export function checkElement(element: TypeSerializer<unknown>, of: string): void {
  checkSerializer(element, of);
  if (isOptionalSerializer(element)) {
    throw new TypeError(
      `optional(...) is for fields of structs; a ${of} takes nullable(...) where a part may be missing`,
    );
  }
}

/** @throws TypeError for something that is no serializer. */
export function checkSerializer(value: TypeSerializer<unknown>, of: string): void {
  if (typeof value !== 'object' || value === null || typeof value.serialize !== 'function') {
    throw new TypeError(
      `a ${of} is made of serializers such as int32 or string, not of ${value === null ? 'null' : typeof value}`,
    );
  }
}

/** Whether this is the serializer of an optional field. */
export function isOptionalSerializer(serializer: TypeSerializer<unknown>): boolean {
  return (serializer as { readonly isOptional?: unknown }).isOptional === true;
}

/** The serializers of keys among the parts of a key: all of them, since the whole is one. */
export function asKeySerializers(parts: readonly TypeSerializer<unknown>[]): readonly KeySerializer<unknown>[] {
  return parts as readonly KeySerializer<unknown>[];
}

/** The sum of the sizes when every part has one; undefined otherwise. */
export function fixedLengthOf(parts: readonly TypeSerializer<unknown>[]): number | undefined {
  let sum = 0;
  for (const { fixedLength } of parts) {
    if (fixedLength === undefined) return undefined;
    sum += fixedLength;
  }
  return sum;
}
