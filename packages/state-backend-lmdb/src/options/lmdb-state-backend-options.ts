// The options of the lmdb backend, under the names of Flink's options for RocksDB where there is one.

import {
  booleanOption,
  type ConfigOption,
  type ConfigOptionWithDefault,
  durationOption,
  enumOption,
  integerOption,
  listOption,
  memorySizeOption,
  numberOption,
} from '@tidemark/state-core';

/** A set of options for one sort of state; what is set by itself wins. */
export type LmdbPredefinedOptions = 'DEFAULT' | 'SMALL_MEMORY' | 'LARGE_STATE';

/** Where timers and other queues are kept. */
export type LmdbTimerService = 'LMDB' | 'HEAP';

/** Options of the lmdb backend beyond `StateBackendOptions`, `StateOptions` and `TaskManagerOptions`. */
export const LmdbStateBackendOptions: {
  readonly LOCAL_DIRECTORIES: ConfigOption<readonly string[]>;
  readonly PREDEFINED_OPTIONS: ConfigOptionWithDefault<LmdbPredefinedOptions>;
  readonly CACHE_SIZE: ConfigOption<number>;
  readonly MAP_SIZE: ConfigOptionWithDefault<number>;
  readonly MAX_FILE_SIZE: ConfigOption<number>;
  readonly WRITE_BATCH_SIZE: ConfigOptionWithDefault<number>;
  readonly SLICE_DURATION: ConfigOptionWithDefault<number>;
  readonly MAX_READERS: ConfigOptionWithDefault<number>;
  readonly READ_AHEAD: ConfigOptionWithDefault<boolean>;
  readonly COMPACTION_THRESHOLD: ConfigOptionWithDefault<number>;
  readonly COMPACTION_MIN_FILE_SIZE: ConfigOptionWithDefault<number>;
  readonly CHECKSUM: ConfigOptionWithDefault<boolean>;
  readonly TIMER_SERVICE_FACTORY: ConfigOptionWithDefault<LmdbTimerService>;
} = {
  LOCAL_DIRECTORIES: listOption({
    key: 'state.backend.lmdb.localdir',
    description:
      'Where working state is kept: local directories, used in turn; one that cannot be used is passed over. Not set: a directory of this user under the temporary directory of the system. Never a network file system.',
  }),
  PREDEFINED_OPTIONS: enumOption({
    key: 'state.backend.lmdb.predefined-options',
    allowedValues: ['DEFAULT', 'SMALL_MEMORY', 'LARGE_STATE'],
    defaultValue: 'DEFAULT',
    description:
      'A set of values for the other options. SMALL_MEMORY: a small cache and small batches. LARGE_STATE: for state that is larger than memory. An option that is set by itself wins.',
  }),
  CACHE_SIZE: memorySizeOption({
    key: 'state.backend.lmdb.cache-size',
    description:
      'How much of the values in use one keyed backend keeps on the heap, in front of the file. Not set: 85 % of its share of taskmanager.memory.managed.size, which all keyed backends of the process divide among them; the rest is for what no cache counts. 0: no cache.',
  }),
  MAP_SIZE: memorySizeOption({
    key: 'state.backend.lmdb.map-size',
    defaultValue: '1 gb',
    minimum: '1 mb',
    description:
      'The address space that a file begins with. It takes no memory and no disk; when a file outgrows it, LMDB maps it anew at twice the size.',
  }),
  MAX_FILE_SIZE: memorySizeOption({
    key: 'state.backend.lmdb.max-file-size',
    minimum: '16 mb',
    description:
      'What a file may grow to; a write that needs more fails and loses nothing. Not set: what the disk has.',
  }),
  WRITE_BATCH_SIZE: memorySizeOption({
    key: 'state.backend.lmdb.write-batch-size',
    defaultValue: '2 mb',
    minimum: '4 kb',
    description: 'A transaction is committed at the latest when it holds so many bytes of keys and values.',
  }),
  SLICE_DURATION: durationOption({
    key: 'state.backend.lmdb.slice-duration',
    defaultValue: '2 ms',
    minimum: '1 ms',
    maximum: '1 s',
    description: 'How long one step of idle work on the file may keep records waiting.',
  }),
  MAX_READERS: integerOption({
    key: 'state.backend.lmdb.max-readers',
    defaultValue: 126,
    unit: 'slots',
    minimum: 2,
    maximum: 4096,
    description: 'Slots in the table of readers of a file. One backend needs one; more are of use to tools alone.',
  }),
  READ_AHEAD: booleanOption({
    key: 'state.backend.lmdb.read-ahead',
    defaultValue: true,
    description: 'Whether the system reads ahead in the file. Better off where state is much larger than memory.',
  }),
  COMPACTION_THRESHOLD: numberOption({
    key: 'state.backend.lmdb.compaction.threshold',
    defaultValue: 0.5,
    unit: 'share of the file',
    minimum: 0.05,
    maximum: 1,
    description:
      'The share of free pages from which a file is copied, in idle moments, to give disk space back. 1: never.',
  }),
  COMPACTION_MIN_FILE_SIZE: memorySizeOption({
    key: 'state.backend.lmdb.compaction.min-file-size',
    defaultValue: '64 mb',
    description: 'Files smaller than this are not copied.',
  }),
  CHECKSUM: booleanOption({
    key: 'state.backend.lmdb.checksum',
    defaultValue: true,
    description:
      'Whether every value carries a checksum that is verified when it is read. Four bytes a value, and some 30 ns for a small one.',
  }),
  TIMER_SERVICE_FACTORY: enumOption({
    key: 'state.backend.lmdb.timer-service.factory',
    allowedValues: ['LMDB', 'HEAP'],
    defaultValue: 'LMDB',
    description: 'Where timers and other queues are kept: with the state, or on the heap.',
  }),
};
