// What the tables of a state need to know of its time to live.

import type { KeyedStateRegistration, ValuePassingOptions } from '@tidemark/state-core/support';
import type { TableTtl } from '../table/slot-stamps.js';

/** The time to live of a state as its tables take it; nothing for a state without. */
export function tableTtlOf(
  { kind, ttl, valueSerializer }: KeyedStateRegistration,
  { objectReuse }: ValuePassingOptions,
): { readonly ttl?: TableTtl } {
  if (ttl === undefined) return {};
  // Accumulators are changed in place, other values where the program holds them.
  const isAccumulator = kind === 'reducing' || kind === 'aggregating' || kind === 'folding';
  const mayChangeInPlace = !valueSerializer.isImmutableType && (isAccumulator || objectReuse);
  return {
    ttl: {
      policy: ttl,
      perElement: kind === 'list',
      copy: mayChangeInPlace ? (value) => valueSerializer.copy(value) : undefined,
    },
  };
}
