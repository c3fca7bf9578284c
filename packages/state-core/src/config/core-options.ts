// All options of the core in one list.

import { CheckpointingOptions } from './checkpointing-options.js';
import type { ConfigOption } from './config-option.js';
import { TaskManagerOptions } from './managed-memory-options.js';
import { PipelineOptions } from './pipeline-options.js';
import { StateBackendOptions } from './state-backend-options.js';
import { StateOptions } from './state-options.js';
import { StateRecoveryOptions } from './state-recovery-options.js';

/** Every option that the core defines, in the order of the documentation. */
export const CORE_OPTIONS: readonly ConfigOption<unknown>[] = Object.freeze([
  ...Object.values(StateBackendOptions),
  ...Object.values(StateOptions),
  ...Object.values(CheckpointingOptions),
  ...Object.values(StateRecoveryOptions),
  ...Object.values(PipelineOptions),
  ...Object.values(TaskManagerOptions),
]);
