// How the backend is made from configuration: its options, and the factory that is found by name.

import { tmpdir } from 'node:os';
import { resolve } from 'node:path';
import {
  type ConfigOption,
  type ConfigOptionWithDefault,
  memorySizeOption,
  SPI_API_VERSION,
  type StateBackendFactory,
  stringOption,
} from '@tidemark/state-core/spi';
import { STORED_CACHE_BYTES_DEFAULT, storedStateBackend } from '@tidemark/state-core/support';
import { SqliteKeyedStore } from './sqlite-keyed-store.js';

/** What configuration says about this backend. */
export const SqliteStateBackendOptions: {
  readonly DIRECTORY: ConfigOption<string>;
  readonly CACHE_SIZE: ConfigOptionWithDefault<number>;
  readonly PAGE_CACHE_SIZE: ConfigOptionWithDefault<number>;
} = {
  DIRECTORY: stringOption({
    key: 'state.backend.sqlite.directory',
    description:
      'Where the files of working state are, on a local disk. Default: the temporary directory of the system.',
  }),
  CACHE_SIZE: memorySizeOption({
    key: 'state.backend.sqlite.cache-size',
    description: 'What a subtask keeps in memory of its values, in front of SQLite.',
    defaultValue: STORED_CACHE_BYTES_DEFAULT,
  }),
  PAGE_CACHE_SIZE: memorySizeOption({
    key: 'state.backend.sqlite.page-cache-size',
    description: 'What SQLite keeps in memory of its file, for each subtask.',
    defaultValue: '8 mb',
    minimum: '64 kb',
  }),
};

/** Found by its name in `state.backend`. */
export const stateBackendFactory: StateBackendFactory = {
  name: 'sqlite',
  apiVersion: SPI_API_VERSION,
  options: Object.values(SqliteStateBackendOptions),
  /** @throws StateError `config-value-invalid`. */
  createFromConfig(config) {
    // All options are read here, so that a wrong one is told at the start and not with the first state.
    const directory = resolve(config.get(SqliteStateBackendOptions.DIRECTORY) ?? tmpdir());
    const pageCacheBytes = config.get(SqliteStateBackendOptions.PAGE_CACHE_SIZE);
    return storedStateBackend({
      name: 'sqlite',
      cacheBytes: config.get(SqliteStateBackendOptions.CACHE_SIZE),
      openStore: () => new SqliteKeyedStore({ directory, pageCacheBytes }),
    });
  },
};
