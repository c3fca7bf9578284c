// What mutants are made of: implementations of ours, each with the suite that it must pass, in memory alone.
//
//   SU1. Cases and harness come from the world without faults; the implementation comes from the world with one.

import type { CheckpointStorage, KeyedStore, StateBackend } from '@tidemark/state-core/spi';
import type * as Testkit from '@tidemark/state-testkit';
import { MEMORY_FILE_SETTINGS, memoryFiles } from './memory-files.js';
import { serializersUnderTest } from './serializers-under-test.js';
import type { World } from './source-modules.js';

/** An implementation and its suite. */
export interface Subject {
  readonly id: string;
  /** Its cases, from `testkit`, shown to what `world` has. */
  suites(testkit: typeof Testkit, world: World): readonly Testkit.ConformanceSuite[];
}

const DURABLE = { durable: true, savepoints: true, externallyAddressable: true, fencing: true };

const hashmap: Subject = {
  id: 'hashmap',
  suites(testkit, world) {
    const { HashMapStateBackend } = world.load<{ HashMapStateBackend: new () => StateBackend }>(
      '@tidemark/state-backend-hashmap',
    );
    const create = (): StateBackend => new HashMapStateBackend();
    const { capabilities } = create();
    return [testkit.stateBackendConformance({ name: 'hashmap', create, capabilities })];
  },
};

type StoredStateBackend = typeof import('@tidemark/state-core/support').storedStateBackend;

function stored(id: string, cacheBytes: number | undefined): Subject {
  return {
    id,
    suites(testkit, world) {
      const { storedStateBackend } = world.load<{ storedStateBackend: StoredStateBackend }>(
        '@tidemark/state-core/support',
      );
      const create = (): StateBackend =>
        storedStateBackend({
          name: 'stored',
          openStore: () => new testkit.MemoryKeyedStore({ strict: true }),
          ...(cacheBytes === undefined ? {} : { cacheBytes }),
        });
      const { capabilities } = create();
      return [testkit.stateBackendConformance({ name: id, create, capabilities })];
    },
  };
}

/** Small files and small writes, each with its own step. */
const SIMULATED = { directory: 'sim:///base/checkpoints', fileStateSizeThresholdBytes: 0, writeBufferSizeBytes: 256 };

type FileSystemStorage = new (settings: object) => CheckpointStorage;

const filesystem: Subject = {
  id: 'filesystem',
  suites(testkit, world) {
    const { FileSystemCheckpointStorage } = world.load<{ FileSystemCheckpointStorage: FileSystemStorage }>(
      '@tidemark/checkpoint-storage-filesystem',
    );
    return [
      testkit.checkpointStorageConformance({
        name: 'filesystem',
        capabilities: DURABLE,
        create: () => {
          const { files, names } = memoryFiles(testkit, world.load('@tidemark/state-core'));
          const make = (): CheckpointStorage =>
            new FileSystemCheckpointStorage({ ...MEMORY_FILE_SETTINGS, fileSystems: { file: files } });
          return {
            storage: make(),
            reopen: make,
            savepointTarget: '/base/savepoints',
            remains: async () => names(),
            close: () => testkit.assertEqual(files.openFiles, 0, 'files left open'),
          };
        },
      }),
    ];
  },
};

/** What it does to files, on a disk that loses its power at every step. */
const powerLoss: Subject = {
  id: 'power-loss',
  suites(testkit, world) {
    const { FileSystemCheckpointStorage } = world.load<{ FileSystemCheckpointStorage: FileSystemStorage }>(
      '@tidemark/checkpoint-storage-filesystem',
    );
    return [
      testkit.crashConformance({
        name: 'filesystem',
        createStorage: (files) => new FileSystemCheckpointStorage({ ...SIMULATED, fileSystems: { sim: files } }),
        savepointTarget: 'sim:///savepoints',
        combinationsMax: 6,
      }),
    ];
  },
};

/** The same, on files of which every call fails once. */
const failingSteps: Subject = {
  id: 'failing-steps',
  suites(testkit, world) {
    const { FileSystemCheckpointStorage } = world.load<{ FileSystemCheckpointStorage: FileSystemStorage }>(
      '@tidemark/checkpoint-storage-filesystem',
    );
    return [
      testkit.faultConformance({
        name: 'filesystem',
        create: () => {
          const sim = new testkit.SimulatedFileSystem(new testkit.RecordedDisk());
          return { storage: new FileSystemCheckpointStorage({ ...SIMULATED, fileSystems: { sim } }) };
        },
      }),
    ];
  },
};

interface JobManager {
  readonly CoordinatorMemory: new () => object;
  readonly JobManagerCheckpointStorage: new (settings: object) => CheckpointStorage;
}

const jobmanager: Subject = {
  id: 'jobmanager',
  suites(testkit, world) {
    const { CoordinatorMemory, JobManagerCheckpointStorage } = world.load<JobManager>(
      '@tidemark/checkpoint-storage-jobmanager',
    );
    return [
      testkit.checkpointStorageConformance({
        name: 'jobmanager',
        capabilities: new JobManagerCheckpointStorage({}).capabilities,
        create: () => {
          const memory = new CoordinatorMemory();
          const make = (): CheckpointStorage => new JobManagerCheckpointStorage({ memory });
          return { storage: make(), reopen: make };
        },
      }),
    ];
  },
};

const keyedStore: Subject = {
  id: 'keyed-store',
  suites(testkit, world) {
    const { MemoryKeyedStore } = world.load<typeof Testkit>('@tidemark/state-testkit');
    return [
      testkit.keyedStoreConformance({
        name: 'memory',
        capabilities: { batch: true, scratch: true, failingPuts: true },
        create: () => {
          const failing = new Set<KeyedStore>();
          return {
            open: () => {
              const store: KeyedStore = new MemoryKeyedStore({ failPut: () => failing.delete(store) });
              return store;
            },
            failNextPut: (store: KeyedStore) => void failing.add(store),
          };
        },
      }),
    ];
  },
};

const factories: Subject = {
  id: 'factories',
  suites(testkit, world) {
    const { stateBackendFactory } = world.load<typeof import('@tidemark/state-backend-hashmap')>(
      '@tidemark/state-backend-hashmap',
    );
    const { checkpointStorageFactory } = world.load<typeof import('@tidemark/checkpoint-storage-jobmanager')>(
      '@tidemark/checkpoint-storage-jobmanager',
    );
    const mode = 'state.backend.hashmap.snapshot-mode';
    const size = 'execution.checkpointing.storage.jobmanager.max-state-size';
    return [
      testkit.stateBackendFactoryConformance({
        factory: stateBackendFactory,
        config: { [mode]: 'sync' },
        invalid: [{ config: { [mode]: 'later' }, words: [mode, 'later', 'async'] }],
      }),
      testkit.checkpointStorageFactoryConformance({
        factory: checkpointStorageFactory,
        config: {},
        invalid: [{ config: { [size]: 'huge' }, words: [size, 'huge'] }],
      }),
    ];
  },
};

const serializers: Subject = { id: 'serializers', suites: serializersUnderTest };

/** Every subject. */
export const SUBJECTS: readonly Subject[] = [
  hashmap,
  stored('stored', undefined),
  stored('stored-without-cache', 0),
  stored('stored-little-cache', 8 * 1024),
  filesystem,
  powerLoss,
  failingSteps,
  jobmanager,
  keyedStore,
  serializers,
  factories,
];

/** @throws RangeError when there is none. */
export function subjectOf(id: string): Subject {
  const subject = SUBJECTS.find((one) => one.id === id);
  if (subject === undefined) throw new RangeError(`no subject is called ${id}`);
  return subject;
}
