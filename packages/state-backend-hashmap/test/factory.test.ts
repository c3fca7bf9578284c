// What every factory of a state backend must show.

import { stateBackendFactoryConformance } from '@tidemark/state-testkit';
import { register } from '@tidemark/state-testkit/vitest';
import { stateBackendFactory } from '../src/index.js';

register(
  stateBackendFactoryConformance({
    factory: stateBackendFactory,
    config: { 'state.backend.hashmap.snapshot-mode': 'sync' },
    invalid: [
      {
        config: { 'state.backend.hashmap.snapshot-mode': 'later' },
        words: ['state.backend.hashmap.snapshot-mode', 'later', 'async'],
      },
    ],
  }),
);
