// The options that only the heap backend reads.

import { type ConfigOptionWithDefault, enumOption } from '@tidemark/state-core';

/** How a snapshot is written: in slices while records go on, or in one go. */
export type SnapshotMode = 'async' | 'sync';

/** Options of the heap backend beyond `StateBackendOptions` and `StateOptions`. */
export const HashMapStateBackendOptions: {
  readonly SNAPSHOT_MODE: ConfigOptionWithDefault<SnapshotMode>;
} = {
  SNAPSHOT_MODE: enumOption({
    key: 'state.backend.hashmap.snapshot-mode',
    allowedValues: ['async', 'sync'],
    defaultValue: 'async',
    description:
      'async: snapshots are written in slices of 2 ms while records go on. sync: in one go, giving the event loop back only where the storage makes the writer wait; shorter in all, and a pause that grows with the state.',
  }),
};
