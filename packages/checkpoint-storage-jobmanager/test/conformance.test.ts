// The conformance suite of checkpoint storages, run against this one: in memory, and with a directory.

import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FileSystemCheckpointStorage } from '@tidemark/checkpoint-storage-filesystem';
import { checkpointStorageConformance } from '@tidemark/state-testkit';
import { register } from '@tidemark/state-testkit/vitest';
import { CoordinatorMemory, JobManagerCheckpointStorage } from '../src/index.js';

register(
  checkpointStorageConformance({
    name: 'jobmanager in memory',
    capabilities: new JobManagerCheckpointStorage().capabilities,
    create: () => {
      const memory = new CoordinatorMemory();
      const make = () => new JobManagerCheckpointStorage({ memory });
      return { storage: make(), reopen: make };
    },
  }),
);

register(
  checkpointStorageConformance({
    name: 'jobmanager with a directory for metadata',
    capabilities: { durable: true, savepoints: true, externallyAddressable: true, fencing: true },
    create: async () => {
      const root = await mkdtemp(join(tmpdir(), 'tidemark-conformance-'));
      const make = () =>
        new JobManagerCheckpointStorage({
          checkpointDirectory: join(root, 'checkpoints'),
          metadataStorage: (directories) => new FileSystemCheckpointStorage(directories),
        });
      return {
        storage: make(),
        reopen: make,
        savepointTarget: join(root, 'savepoints'),
        remains: async () => (await readdir(root, { recursive: true })).sort(),
        close: () => rm(root, { recursive: true }),
      };
    },
  }),
);
