// What a later version may add to a snapshot without an older one minding.

/**
 * Facts that a reader may ignore, as plain JSON by name. A reader that does not know a name keeps the value as it is and
 * writes it again. Whatever a reader must not ignore does not belong here.
 */
export type OptionalFacts = { readonly [name: string]: OptionalFact };

/** Plain JSON. */
export type OptionalFact =
  | string
  | number
  | boolean
  | null
  | readonly OptionalFact[]
  | { readonly [name: string]: OptionalFact };

/** How deep facts may nest. */
const NESTING_MAX: number = 32;

/**
 * Whether a value that came from storage, or is about to go there, is an object of facts: plain JSON with finite numbers,
 * not deeper than 32 levels.
 */
export function isOptionalFacts(value: unknown): value is OptionalFacts {
  return isObject(value) && isFact(value, NESTING_MAX);
}

function isFact(value: unknown, levels: number): value is OptionalFact {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return true;
  if (typeof value === 'number') return Number.isFinite(value);
  if (levels === 0) return false;
  if (Array.isArray(value)) return value.every((element) => isFact(element, levels - 1));
  return isObject(value) && Object.values(value).every((member) => isFact(member, levels - 1));
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
