// Whether a value belongs to a primitive type, decided in a few instructions: what a state can afford at every write.
//
//   PC1. A value that passes is taken by the serializer of the type. One that does not is shown to the serializer, which has
//        the last word and the words.
//   PC2. One function for all types and numbers for their names: a call through an object would cost more than the check.

/** The types that are checked, by the name in their schemas; the numbers are for {@link isOfPrimitive} alone. */
const PRIMITIVES: Readonly<Record<string, number>> = { int32: 1, safeInteger: 2, float64: 3, string: 4, boolean: 5 };

/** Stands for every other type. */
export const NO_PRIMITIVE: number = 0;

/** The number of a type, or {@link NO_PRIMITIVE}. */
export function primitiveOf(type: string): number {
  return Object.hasOwn(PRIMITIVES, type) ? (PRIMITIVES[type] as number) : NO_PRIMITIVE;
}

/** Whether a value belongs to a type with this number (PC1). */
export function isOfPrimitive(primitive: number, value: unknown): boolean {
  if (primitive === NO_PRIMITIVE) return true;
  if (typeof value === 'number') {
    if (primitive === 1) return (value | 0) === value;
    return primitive === 3 || (primitive === 2 && Number.isSafeInteger(value));
  }
  return typeof value === 'string' ? primitive === 4 : typeof value === 'boolean' && primitive === 5;
}
