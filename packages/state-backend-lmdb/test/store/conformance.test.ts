// What every keyed store must show, shown by the store of this backend, and what its factory must show.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { keyedStoreConformance, stateBackendFactoryConformance } from '@tidemark/state-testkit';
import { register } from '@tidemark/state-testkit/vitest';
import { LmdbEnvironment } from '../../src/environment/lmdb-environment.js';
import { loadLmdb } from '../../src/environment/lmdb-module.js';
import { stateBackendFactory } from '../../src/index.js';
import { LmdbKeyedStore } from '../../src/store/lmdb-keyed-store.js';
import { settingsFor } from '../temporary-environment.js';

register(
  keyedStoreConformance({
    name: 'lmdb',
    // A full disk is made in full-disk.test.ts: it needs a volume of its own.
    capabilities: { batch: true, scratch: true, failingPuts: false },
    create: () => {
      const directory = mkdtempSync(join(tmpdir(), 'tidemark-lmdb-store-'));
      return {
        async open({ jobId, operatorIdentifier, attempt, keyGroupRange, logger }) {
          const name = {
            jobId,
            operatorIdentifier,
            attempt,
            firstKeyGroup: keyGroupRange.first,
            lastKeyGroup: keyGroupRange.last,
          };
          return new LmdbKeyedStore(LmdbEnvironment.open(await loadLmdb(), name, settingsFor(directory), { logger }));
        },
        close: () => rmSync(directory, { recursive: true, force: true }),
      };
    },
  }),
);

const directory: string = join(tmpdir(), `tidemark-lmdb-factory-${process.pid}`);

register(
  stateBackendFactoryConformance({
    factory: stateBackendFactory,
    config: { 'state.backend.lmdb.localdir': directory },
    invalid: [
      {
        config: { 'state.backend.lmdb.cache-size': 'much' },
        words: ['state.backend.lmdb.cache-size', 'much'],
      },
    ],
    close: () => rmSync(directory, { recursive: true, force: true }),
  }),
);
