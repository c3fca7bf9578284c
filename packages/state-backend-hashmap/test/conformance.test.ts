// The behaviours that every state backend must show, shown by this one.

import { stateBackendConformance } from '@tidemark/state-testkit';
import { register } from '@tidemark/state-testkit/vitest';
import { HashMapStateBackend } from '../src/index.js';

register(
  stateBackendConformance({
    name: 'hashmap',
    create: () => new HashMapStateBackend(),
    capabilities: new HashMapStateBackend().capabilities,
  }),
);
