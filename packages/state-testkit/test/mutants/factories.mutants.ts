// Faults of factories.

// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the texts are source.

import type { MutantOf } from './mutant.js';

/** See {@link MutantOf}. */
export const FACTORY_MUTANTS: readonly MutantOf[] = [
  {
    id: 'backend-factory-shares-one',
    file: 'packages/state-backend-hashmap/src/hash-map-state-backend-factory.ts',
    find: 'createFromConfig: (config) => new HashMapStateBackend().configure(config),',
    replace: `createFromConfig: (config) => (shared ??= new HashMapStateBackend().configure(config)),
};
let shared: HashMapStateBackend | undefined;
export const unused = {`,
    breaks: 'every call gives the same backend',
    killers: ['SB-FACTORY-04'],
  },
  {
    id: 'backend-factory-without-version',
    file: 'packages/state-backend-hashmap/src/hash-map-state-backend-factory.ts',
    find: 'apiVersion: SPI_API_VERSION,',
    replace: 'apiVersion: 0 * SPI_API_VERSION,',
    breaks: 'a factory does not say what it was built for',
    killers: ['SB-FACTORY-02'],
  },
  {
    id: 'backend-factory-without-name',
    file: 'packages/state-backend-hashmap/src/hash-map-state-backend-factory.ts',
    find: "name: 'hashmap',",
    replace: "name: 'hash map',",
    breaks: 'a factory has a name that configuration cannot hold',
    killers: ['SB-FACTORY-02'],
  },
  {
    id: 'backend-factory-hides-options',
    file: 'packages/state-backend-hashmap/src/hash-map-state-backend-options.ts',
    find: `description:
      'async:`,
    replace: "description: '' && 'async:",
    breaks: 'an option has no description',
    killers: ['SB-FACTORY-03'],
  },
  {
    id: 'backend-factory-takes-anything',
    file: 'packages/state-backend-hashmap/src/hash-map-state-backend-factory.ts',
    find: 'createFromConfig: (config) => new HashMapStateBackend().configure(config),',
    replace: 'createFromConfig: () => new HashMapStateBackend(),',
    breaks: 'configuration that cannot work is accepted',
    killers: ['SB-FACTORY-01'],
  },
  {
    id: 'storage-factory-shares-one',
    file: 'packages/checkpoint-storage-jobmanager/src/jobmanager-checkpoint-storage-factory.ts',
    find: 'createFromConfig: (config, context) => JobManagerCheckpointStorage.fromConfig(config, context),',
    replace: `createFromConfig: (config, context) => (shared ??= JobManagerCheckpointStorage.fromConfig(config, context)),
};
let shared: JobManagerCheckpointStorage | undefined;
export const unused = {`,
    breaks: 'every call gives the same storage',
    killers: ['CS-FACTORY-04'],
  },
  {
    id: 'storage-factory-without-version',
    file: 'packages/checkpoint-storage-jobmanager/src/jobmanager-checkpoint-storage-factory.ts',
    find: 'apiVersion: SPI_API_VERSION,',
    replace: 'apiVersion: 0 * SPI_API_VERSION,',
    breaks: 'a factory does not say what it was built for',
    killers: ['CS-FACTORY-02'],
  },
  {
    id: 'storage-factory-doubles-option',
    file: 'packages/checkpoint-storage-jobmanager/src/jobmanager-checkpoint-storage-factory.ts',
    find: 'options: Object.values(JobManagerCheckpointStorageOptions),',
    replace:
      'options: [...Object.values(JobManagerCheckpointStorageOptions), ...Object.values(JobManagerCheckpointStorageOptions)],',
    breaks: 'two options have one key',
    killers: ['CS-FACTORY-03'],
  },
  {
    id: 'storage-factory-takes-anything',
    file: 'packages/checkpoint-storage-jobmanager/src/jobmanager-checkpoint-storage-factory.ts',
    find: 'createFromConfig: (config, context) => JobManagerCheckpointStorage.fromConfig(config, context),',
    replace: 'createFromConfig: () => new JobManagerCheckpointStorage({}),',
    breaks: 'configuration that cannot work is accepted',
    killers: ['CS-FACTORY-01'],
  },
];
