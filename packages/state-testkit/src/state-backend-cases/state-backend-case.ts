// The sort of case that is run against a state backend.

import type { ConformanceCase } from '../conformance/conformance-case.js';
import type { StateBackendHarness } from './state-backend-harness.js';

/** What a case about a state backend may require: the abilities that a backend declares. */
export type StateBackendRequirement =
  | 'incrementalSnapshots'
  | 'liveObjects'
  | 'largerThanMemory'
  | 'orderedIteration'
  | 'asynchronousAccess'
  | 'priorityQueues'
  | 'concurrentSnapshots';

/** A behaviour that every state backend must show. */
export type StateBackendCase = ConformanceCase<StateBackendHarness, StateBackendRequirement>;
