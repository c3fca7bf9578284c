// The options of checkpoints and their storage, under the names of Flink's constants.

import {
  booleanOption,
  type ConfigOption,
  type ConfigOptionWithDefault,
  durationOption,
  enumOption,
  integerOption,
  memorySizeOption,
  stringOption,
} from './config-option.js';

/** How a checkpoint relates to the records in flight. */
export type CheckpointingMode = 'EXACTLY_ONCE' | 'AT_LEAST_ONCE';

/** What becomes of the retained checkpoints when a job ends. */
export type ExternalizedCheckpointRetention =
  | 'NO_EXTERNALIZED_CHECKPOINTS'
  | 'DELETE_ON_CANCELLATION'
  | 'RETAIN_ON_CANCELLATION';

/** When checkpoints are taken, where they go and how many are kept. Options of one storage live in its package. */
export const CheckpointingOptions: {
  readonly CHECKPOINT_STORAGE: ConfigOption<string>;
  readonly CHECKPOINTS_DIRECTORY: ConfigOption<string>;
  readonly SAVEPOINT_DIRECTORY: ConfigOption<string>;
  readonly CREATE_CHECKPOINT_SUB_DIR: ConfigOptionWithDefault<boolean>;
  readonly MAX_RETAINED_CHECKPOINTS: ConfigOptionWithDefault<number>;
  readonly FS_SMALL_FILE_THRESHOLD: ConfigOptionWithDefault<number>;
  readonly FS_WRITE_BUFFER_SIZE: ConfigOptionWithDefault<number>;
  readonly INCREMENTAL_CHECKPOINTS: ConfigOptionWithDefault<boolean>;
  readonly SNAPSHOT_COMPRESSION: ConfigOptionWithDefault<boolean>;
  readonly CHECKPOINTING_INTERVAL: ConfigOption<number>;
  readonly CHECKPOINTING_TIMEOUT: ConfigOptionWithDefault<number>;
  readonly CHECKPOINTING_CONSISTENCY_MODE: ConfigOptionWithDefault<CheckpointingMode>;
  readonly MAX_CONCURRENT_CHECKPOINTS: ConfigOptionWithDefault<number>;
  readonly MIN_PAUSE_BETWEEN_CHECKPOINTS: ConfigOptionWithDefault<number>;
  readonly TOLERABLE_FAILURE_NUMBER: ConfigOptionWithDefault<number>;
  readonly EXTERNALIZED_CHECKPOINT_RETENTION: ConfigOptionWithDefault<ExternalizedCheckpointRetention>;
} = {
  CHECKPOINT_STORAGE: stringOption({
    key: 'execution.checkpointing.storage',
    deprecatedKeys: ['state.checkpoint-storage'],
    description:
      'The checkpoint storage: a short name (jobmanager, filesystem, or any word that names a package @tidemark/checkpoint-storage-<word>), a package, or a path relative to the configuration file. Not set: filesystem when a checkpoint directory is set, else jobmanager.',
  }),
  CHECKPOINTS_DIRECTORY: stringOption({
    key: 'execution.checkpointing.dir',
    deprecatedKeys: ['state.checkpoints.dir', 'state.backend.fs.checkpointdir'],
    description: 'The directory of checkpoint data and metadata: a path or a URI.',
  }),
  SAVEPOINT_DIRECTORY: stringOption({
    key: 'execution.checkpointing.savepoint-dir',
    deprecatedKeys: ['state.savepoints.dir', 'savepoints.state.backend.fs.dir'],
    description: 'The directory of savepoints for which none is given: a path or a URI.',
  }),
  CREATE_CHECKPOINT_SUB_DIR: booleanOption({
    key: 'execution.checkpointing.create-subdir',
    deprecatedKeys: ['state.checkpoints.create-subdir'],
    defaultValue: true,
    description: 'Whether a directory named by the job id is put under the checkpoint directory.',
  }),
  MAX_RETAINED_CHECKPOINTS: integerOption({
    key: 'execution.checkpointing.num-retained',
    deprecatedKeys: ['state.checkpoints.num-retained'],
    defaultValue: 1,
    unit: 'checkpoints',
    minimum: 1,
    description: 'How many completed checkpoints are kept. openState keeps 3 when this is not set.',
  }),
  FS_SMALL_FILE_THRESHOLD: memorySizeOption({
    key: 'execution.checkpointing.data-inline-threshold',
    deprecatedKeys: ['state.storage.fs.memory-threshold', 'state.backend.fs.memory-threshold'],
    defaultValue: '20 kb',
    maximum: '1 mb',
    description: 'State streams up to this size are kept inside the metadata of the checkpoint, not in a file.',
  }),
  FS_WRITE_BUFFER_SIZE: memorySizeOption({
    key: 'execution.checkpointing.write-buffer-size',
    deprecatedKeys: ['state.storage.fs.write-buffer-size', 'state.backend.fs.write-buffer-size'],
    defaultValue: '4 kb',
    description: 'Write buffer of a file; the larger of this and the inline threshold is used.',
  }),
  INCREMENTAL_CHECKPOINTS: booleanOption({
    key: 'execution.checkpointing.incremental',
    deprecatedKeys: ['state.backend.incremental'],
    defaultValue: false,
    description: 'Whether a checkpoint stores only what changed since an earlier one, where the backend can.',
  }),
  SNAPSHOT_COMPRESSION: booleanOption({
    key: 'execution.checkpointing.snapshot-compression',
    defaultValue: false,
    description:
      'Whether snapshots are compressed. Not used by openState: this version writes them without compression.',
  }),
  CHECKPOINTING_INTERVAL: durationOption({
    key: 'execution.checkpointing.interval',
    minimum: '10 ms',
    description:
      'Time from the start of one periodic checkpoint to the start of the next. Not set: none is periodic. Not used by openState: it takes a checkpoint when the program asks.',
  }),
  CHECKPOINTING_TIMEOUT: durationOption({
    key: 'execution.checkpointing.timeout',
    defaultValue: '10 min',
    minimum: '10 ms',
    description: 'A checkpoint that has not completed within this time is aborted.',
  }),
  CHECKPOINTING_CONSISTENCY_MODE: enumOption({
    key: 'execution.checkpointing.mode',
    allowedValues: ['EXACTLY_ONCE', 'AT_LEAST_ONCE'],
    defaultValue: 'EXACTLY_ONCE',
    description: 'Whether each record affects a checkpoint exactly once or at least once.',
  }),
  MAX_CONCURRENT_CHECKPOINTS: integerOption({
    key: 'execution.checkpointing.max-concurrent-checkpoints',
    defaultValue: 1,
    unit: 'checkpoints',
    minimum: 1,
    description: 'How many checkpoints may be under way at a time.',
  }),
  MIN_PAUSE_BETWEEN_CHECKPOINTS: durationOption({
    key: 'execution.checkpointing.min-pause',
    defaultValue: 0,
    description: 'Time between the end of one checkpoint and the start of the next.',
  }),
  TOLERABLE_FAILURE_NUMBER: integerOption({
    key: 'execution.checkpointing.tolerable-failed-checkpoints',
    defaultValue: 0,
    unit: 'checkpoints',
    minimum: 0,
    description: 'How many checkpoints in a row may fail before the job fails.',
  }),
  EXTERNALIZED_CHECKPOINT_RETENTION: enumOption({
    key: 'execution.checkpointing.externalized-checkpoint-retention',
    allowedValues: ['NO_EXTERNALIZED_CHECKPOINTS', 'DELETE_ON_CANCELLATION', 'RETAIN_ON_CANCELLATION'],
    defaultValue: 'NO_EXTERNALIZED_CHECKPOINTS',
    description: 'What becomes of the retained checkpoints when the job ends.',
  }),
};
