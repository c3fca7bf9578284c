// The options that only the filesystem storage reads. Those it shares with the rest are CheckpointingOptions.

import { type ConfigOption, type ConfigOptionWithDefault, integerOption, stringOption } from '@tidemark/state-core';

/** Options of the filesystem storage beyond `CheckpointingOptions`. */
export const FileSystemCheckpointStorageOptions: {
  readonly ENTROPY_KEY: ConfigOption<string>;
  readonly ENTROPY_LENGTH: ConfigOptionWithDefault<number>;
} = {
  ENTROPY_KEY: stringOption({
    key: 'execution.checkpointing.storage.filesystem.entropy.key',
    description:
      'A marker in the checkpoint directory, such as _entropy_, that is replaced by random characters in the paths of state files and left out of the paths of metadata. It spreads the files of an object store over its partitions.',
  }),
  ENTROPY_LENGTH: integerOption({
    key: 'execution.checkpointing.storage.filesystem.entropy.length',
    defaultValue: 4,
    unit: 'characters',
    minimum: 1,
    maximum: 32,
    description: 'How many random characters replace the entropy marker.',
  }),
};
