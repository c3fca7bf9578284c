// What every factory of a checkpoint storage must show.

import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { checkpointStorageFactoryConformance } from '@tidemark/state-testkit';
import { register } from '@tidemark/state-testkit/vitest';
import { checkpointStorageFactory } from '../src/index.js';

const directory: string = join(tmpdir(), `tidemark-filesystem-factory-${process.pid}`);

register(
  checkpointStorageFactoryConformance({
    factory: checkpointStorageFactory,
    config: { 'execution.checkpointing.dir': directory },
    invalid: [
      { config: {}, words: ['execution.checkpointing.dir'] },
      { config: { 'execution.checkpointing.dir': 'no-such-scheme://x' }, words: ['no-such-scheme'] },
      {
        config: {
          'execution.checkpointing.dir': directory,
          'execution.checkpointing.storage.filesystem.entropy.length': 'long',
        },
        words: ['execution.checkpointing.storage.filesystem.entropy.length', 'long'],
      },
    ],
    close: () => rm(directory, { recursive: true, force: true }),
  }),
);
