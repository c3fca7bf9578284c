// The behaviours that every state backend must show, shown by those that are built on a keyed store.

import { stateBackendConformance } from '../../src/index.js';
import { register } from '../../src/vitest.js';
import { VARIANTS } from './stored-variants.js';

for (const { name, create } of VARIANTS) {
  register(stateBackendConformance({ name: `stored with ${name}`, create, capabilities: create().capabilities }));
}
