// What stands in a slot without a value.

/** Stands in a slot without a value. */
export const ABSENT: unique symbol = Symbol('absent');
