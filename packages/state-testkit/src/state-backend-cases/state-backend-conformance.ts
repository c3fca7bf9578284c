// The suite for authors of state backends.

import type { StateBackend, StateBackendCapabilities } from '@tidemark/state-core/spi';
import { type ConformanceSuite, conformanceSuite } from '../conformance/conformance-case.js';
import { accumulatingStateCases } from './accumulating-state.cases.js';
import { figuresCases } from './figures.cases.js';
import { incrementalCases } from './incremental.cases.js';
import { incrementalRescaleCases } from './incremental-rescale.cases.js';
import { incrementalRescaleTtlCases } from './incremental-rescale-ttl.cases.js';
import { keyContextCases } from './key-context.cases.js';
import { lazyMigrationCases } from './lazy-migration.cases.js';
import { lifecycleCases } from './lifecycle.cases.js';
import { listStateCases } from './list-state.cases.js';
import { mapStateCases } from './map-state.cases.js';
import { namespaceCases } from './namespace.cases.js';
import { objectReuseCases } from './object-reuse.cases.js';
import { operatorSchemaChangeCases } from './operator-schema-change.cases.js';
import { priorityQueueCases } from './priority-queue.cases.js';
import { priorityQueueSnapshotCases } from './priority-queue-snapshot.cases.js';
import { rescaleCases } from './rescale.cases.js';
import { restoreCases } from './restore.cases.js';
import { rewrittenSchemaCases } from './rewritten-schemas.cases.js';
import { schemaChangeCases } from './schema-change.cases.js';
import { snapshotCases } from './snapshot.cases.js';
import type { StateBackendCase, StateBackendRequirement } from './state-backend-case.js';
import { StateBackendHarness } from './state-backend-harness.js';
import { ttlCases } from './ttl.cases.js';
import { ttlChangeCases } from './ttl-changes.cases.js';
import { ttlIncrementCases } from './ttl-increments.cases.js';
import { ttlSemanticsCases } from './ttl-semantics.cases.js';
import { valueStateCases } from './value-state.cases.js';

/** Every case about state backends. */
export const STATE_BACKEND_CASES: readonly StateBackendCase[] = [
  ...valueStateCases,
  ...listStateCases,
  ...mapStateCases,
  ...accumulatingStateCases,
  ...namespaceCases,
  ...keyContextCases,
  ...snapshotCases,
  ...objectReuseCases,
  ...restoreCases,
  ...schemaChangeCases,
  ...lazyMigrationCases,
  ...operatorSchemaChangeCases,
  ...rewrittenSchemaCases,
  ...rescaleCases,
  ...incrementalCases,
  ...incrementalRescaleCases,
  ...incrementalRescaleTtlCases,
  ...ttlCases,
  ...ttlSemanticsCases,
  ...ttlChangeCases,
  ...ttlIncrementCases,
  ...priorityQueueCases,
  ...priorityQueueSnapshotCases,
  ...figuresCases,
  ...lifecycleCases,
];

/** What {@link stateBackendConformance} is given. */
export interface StateBackendConformanceParameters {
  /** Name of the backend, for the titles. */
  readonly name: string;
  /** Makes a fresh backend for every case. */
  create(): StateBackend;
  /** What the backend declares; cases that need more are skipped and say so. */
  readonly capabilities: StateBackendCapabilities;
}

/**
 * The cases that a state backend must pass.
 *
 * @example
 * register(stateBackendConformance({ name: 'hashmap', create: () => backend, capabilities: backend.capabilities }));
 */
export function stateBackendConformance({
  name,
  create,
  capabilities,
}: StateBackendConformanceParameters): ConformanceSuite {
  return conformanceSuite({
    name: `state backend ${name}`,
    cases: STATE_BACKEND_CASES,
    has: (requirement) => hasAbility(capabilities, requirement),
    createContext: () => new StateBackendHarness(create()),
    closeContext: (harness) => harness.close(),
  });
}

function hasAbility(capabilities: StateBackendCapabilities, requirement: StateBackendRequirement): boolean {
  return requirement === 'concurrentSnapshots'
    ? capabilities.maxConcurrentSnapshots > 1
    : capabilities[requirement] === true;
}
