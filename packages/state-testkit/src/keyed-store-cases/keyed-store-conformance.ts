// The suite for authors of keyed stores: tier one.

import { type ConformanceSuite, conformanceSuite } from '../conformance/conformance-case.js';
import { entryCases } from './entry.cases.js';
import type { KeyedStoreCase, KeyedStoreRequirement } from './keyed-store-case.js';
import { KeyedStoreHarness, type KeyedStoreUnderTest } from './keyed-store-harness.js';
import { scanCases } from './scan.cases.js';
import { storeLifeCases } from './store-life.cases.js';

/** Every case about keyed stores. */
export const KEYED_STORE_CASES: readonly KeyedStoreCase[] = [...entryCases, ...scanCases, ...storeLifeCases];

/** What {@link keyedStoreConformance} is given. */
export interface KeyedStoreConformanceParameters {
  /** Names the suite in reports. */
  readonly name: string;
  /** What the store has; cases that need more are skipped. */
  readonly capabilities: Readonly<Record<KeyedStoreRequirement, boolean>>;
  /** Makes what one case opens its stores with. */
  create(): KeyedStoreUnderTest | Promise<KeyedStoreUnderTest>;
}

/**
 * The cases that a keyed store must pass: what a tier-one backend brings. The backend on top of it has the suite of state
 * backends as well.
 *
 * @example
 * ```ts
 * import { keyedStoreConformance } from '@tidemark/state-testkit';
 * import { register } from '@tidemark/state-testkit/vitest';
 *
 * register(keyedStoreConformance({
 *   name: 'my store',
 *   capabilities: { batch: false, scratch: false, failingPuts: false },
 *   create: () => ({ open: () => new MyStore() }),
 * }));
 * ```
 */
export function keyedStoreConformance({
  name,
  capabilities,
  create,
}: KeyedStoreConformanceParameters): ConformanceSuite {
  return conformanceSuite({
    name: `keyed store ${name}`,
    cases: KEYED_STORE_CASES,
    has: (requirement) => capabilities[requirement] === true,
    createContext: async () => new KeyedStoreHarness(await create()),
    closeContext: (harness) => harness.close(),
  });
}
