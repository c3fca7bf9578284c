// What every factory of a checkpoint storage must show.

import { checkpointStorageFactoryConformance } from '@tidemark/state-testkit';
import { register } from '@tidemark/state-testkit/vitest';
import { checkpointStorageFactory } from '../src/index.js';

register(
  checkpointStorageFactoryConformance({
    factory: checkpointStorageFactory,
    config: {},
    invalid: [
      {
        config: { 'execution.checkpointing.storage.jobmanager.max-state-size': 'huge' },
        words: ['execution.checkpointing.storage.jobmanager.max-state-size', 'huge'],
      },
    ],
  }),
);
