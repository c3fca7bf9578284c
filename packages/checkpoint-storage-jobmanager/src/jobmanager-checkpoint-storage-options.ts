// The options that only the jobmanager storage reads. Those it shares with the rest are CheckpointingOptions.

import { type ConfigOptionWithDefault, memorySizeOption } from '@tidemark/state-core';

/** Options of the jobmanager storage beyond `CheckpointingOptions`. */
export const JobManagerCheckpointStorageOptions: {
  readonly MAX_STATE_SIZE: ConfigOptionWithDefault<number>;
  readonly MAX_CHECKPOINT_SIZE: ConfigOptionWithDefault<number>;
} = {
  MAX_STATE_SIZE: memorySizeOption({
    key: 'execution.checkpointing.storage.jobmanager.max-state-size',
    defaultValue: '5 mb',
    minimum: 1,
    description: 'The largest state stream of one subtask that is kept in memory. A larger one fails the checkpoint.',
  }),
  MAX_CHECKPOINT_SIZE: memorySizeOption({
    key: 'execution.checkpointing.storage.jobmanager.max-checkpoint-size',
    defaultValue: '256 mb',
    minimum: 1,
    description:
      'The largest checkpoint, all its states together, that is kept in memory. A larger one fails, the program goes on.',
  }),
};
