// The ways in which a backend over a keyed store can be set up, for the models and the cases.

import type { StateBackend } from '@tidemark/state-core/spi';
import { type StoredStateBackendOptions, storedStateBackend } from '@tidemark/state-core/support';
import { MemoryKeyedStore, type MemoryKeyedStoreOptions, type ModelledBackend } from '../../src/index.js';

/** A backend over a store in memory that uses the freedom of the interface to the full. */
export function storedBackend(
  options: Partial<StoredStateBackendOptions> = {},
  store: MemoryKeyedStoreOptions = {},
): StateBackend {
  return storedStateBackend({
    name: 'stored',
    openStore: () => new MemoryKeyedStore({ strict: true, ...store }),
    ...options,
  });
}

/** Every variant. */
export const VARIANTS: readonly ModelledBackend[] = [
  { name: 'the default cache', create: () => storedBackend() },
  { name: 'a cache of 64 KiB', create: () => storedBackend({ cacheBytes: 64 * 1024 }) },
  { name: 'a cache of 4 KiB', create: () => storedBackend({ cacheBytes: 4 * 1024 }) },
  { name: 'no cache', create: () => storedBackend({ cacheBytes: 0 }) },
  { name: 'short paths', create: () => storedBackend({ cacheBytes: 8 * 1024 }, { pathBytesMax: 64, scratch: false }) },
];

/** {@link VARIANTS}, and those that pass values without copies. */
export const MODELLED_VARIANTS: readonly ModelledBackend[] = [
  ...VARIANTS,
  {
    name: 'object-reuse',
    create: () => storedBackend({ cacheBytes: 16 * 1024 }),
    config: { 'state.object-reuse': true },
    isReusing: true,
  },
];
