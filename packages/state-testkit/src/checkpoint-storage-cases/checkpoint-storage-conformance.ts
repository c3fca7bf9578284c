// Everything that every checkpoint storage must show.

import type { CheckpointStorageCapabilities } from '@tidemark/state-core/spi';
import { type ConformanceSuite, conformanceSuite } from '../conformance/conformance-case.js';
import type { CheckpointStorageCase } from './checkpoint-storage-case.js';
import { CheckpointStorageHarness, type CheckpointStorageUnderTest } from './checkpoint-storage-harness.js';
import { hostileInputCases } from './hostile-input.cases.js';
import { locationCases } from './location.cases.js';
import { ownershipCases } from './ownership.cases.js';
import { removalCases } from './removal.cases.js';
import { savepointCases } from './savepoint.cases.js';
import { streamCases } from './stream.cases.js';

/** All cases, in the order in which they build on each other. */
export const checkpointStorageCases: readonly CheckpointStorageCase[] = [
  ...streamCases,
  ...locationCases,
  ...ownershipCases,
  ...removalCases,
  ...savepointCases,
  ...hostileInputCases,
];

/** A storage and what it says of itself. */
export interface CheckpointStorageConformanceOptions {
  /** Names the suite in reports. */
  readonly name: string;
  /** What the storage declares; cases that need more are skipped. */
  readonly capabilities: CheckpointStorageCapabilities;
  /** Makes an empty storage for one case. */
  create(): CheckpointStorageUnderTest | Promise<CheckpointStorageUnderTest>;
}

/**
 * The conformance suite of checkpoint storages.
 *
 * @example
 * ```ts
 * import { checkpointStorageConformance } from '@tidemark/state-testkit';
 * import { register } from '@tidemark/state-testkit/vitest';
 *
 * register(checkpointStorageConformance({
 *   name: 'my storage',
 *   capabilities: { durable: false, savepoints: false, externallyAddressable: false, fencing: true },
 *   create: () => ({ storage: new MyCheckpointStorage() }),
 * }));
 * ```
 */
export function checkpointStorageConformance({
  name,
  capabilities,
  create,
}: CheckpointStorageConformanceOptions): ConformanceSuite {
  return conformanceSuite({
    name,
    cases: checkpointStorageCases,
    has: (requirement) => capabilities[requirement],
    createContext: async () => new CheckpointStorageHarness(await create()),
    closeContext: (harness) => harness.close(),
  });
}
