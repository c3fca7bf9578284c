// The suites for authors of factories.

import type {
  CheckpointStorage,
  CheckpointStorageFactory,
  StateBackend,
  StateBackendFactory,
} from '@tidemark/state-core/spi';
import { type ConformanceSuite, conformanceSuite } from '../conformance/conformance-case.js';
import { checkpointStorageFactoryCases, stateBackendFactoryCases } from './factory.cases.js';
import { type FactoryCase, FactoryHarness, type FactoryUnderTest } from './factory-case.js';

/** What {@link stateBackendFactoryConformance} is given. */
export interface FactoryConformanceParameters<F extends StateBackendFactory | CheckpointStorageFactory>
  extends FactoryUnderTest<F> {
  /** Names the suite in reports. Default: the name of the factory. */
  readonly name?: string;
}

/**
 * The cases that the factory of a state backend must pass.
 *
 * @example
 * ```ts
 * register(stateBackendFactoryConformance({
 *   factory: stateBackendFactory,
 *   config: {},
 *   invalid: [{ config: { 'state.backend.mine.port': 'none' }, words: ['state.backend.mine.port', 'none'] }],
 * }));
 * ```
 */
export function stateBackendFactoryConformance(
  parameters: FactoryConformanceParameters<StateBackendFactory>,
): ConformanceSuite {
  return suiteOf<StateBackend>(parameters, stateBackendFactoryCases, 'state backend factory');
}

/** The cases that the factory of a checkpoint storage must pass. */
export function checkpointStorageFactoryConformance(
  parameters: FactoryConformanceParameters<CheckpointStorageFactory>,
): ConformanceSuite {
  return suiteOf<CheckpointStorage>(parameters, checkpointStorageFactoryCases, 'checkpoint storage factory');
}

function suiteOf<S extends StateBackend | CheckpointStorage>(
  parameters: FactoryConformanceParameters<StateBackendFactory | CheckpointStorageFactory>,
  cases: readonly FactoryCase<S>[],
  sort: string,
): ConformanceSuite {
  return conformanceSuite({
    name: `${sort} ${parameters.name ?? parameters.factory.name}`,
    cases,
    has: () => (parameters.invalid?.length ?? 0) > 0,
    createContext: () => new FactoryHarness<S>(parameters),
    closeContext: (harness) => harness.close(),
  });
}
