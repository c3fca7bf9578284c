// The sort of case that is run against a checkpoint storage.

import type { ConformanceCase } from '../conformance/conformance-case.js';
import type { CheckpointStorageHarness } from './checkpoint-storage-harness.js';

/** What a case about a checkpoint storage may require: the abilities that a storage declares. */
export type CheckpointStorageRequirement = 'durable' | 'savepoints' | 'externallyAddressable' | 'fencing';

/** A behaviour that every checkpoint storage must show. */
export type CheckpointStorageCase = ConformanceCase<CheckpointStorageHarness, CheckpointStorageRequirement>;
