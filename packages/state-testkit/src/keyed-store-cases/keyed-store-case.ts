// The sort of case that is run against a keyed store.

import type { ConformanceCase } from '../conformance/conformance-case.js';
import type { KeyedStoreHarness } from './keyed-store-harness.js';

/**
 * What a case about a keyed store may require.
 *
 * - `batch`, `scratch`: the store has `batch`, `openScratch`.
 * - `failingPuts`: whoever runs the suite can make a put fail.
 */
export type KeyedStoreRequirement = 'batch' | 'scratch' | 'failingPuts';

/** A behaviour that every keyed store must show. */
export type KeyedStoreCase = ConformanceCase<KeyedStoreHarness, KeyedStoreRequirement>;
