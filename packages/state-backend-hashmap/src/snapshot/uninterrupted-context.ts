// The synchronous mode of snapshots: a writer that never yields. Flink once had a table of its own for it
// (NestedMapsStateTable); here it is the same table and the same writer, told that there is always time.
//
//   UC1. Between two writes to the storage nothing else runs. Where the storage waits, others run; the tables keep what
//        they change, as in the asynchronous mode.
//   UC2. A snapshot that is no longer wanted still ends soon.

import type { SnapshotContext } from '@tidemark/state-core/spi';

/** The same snapshot for a writer that is not to be interrupted. */
export function uninterrupted(context: SnapshotContext): SnapshotContext {
  return {
    ...context,
    shouldYield: () => context.signal.aborted,
    // Reached only once the signal has fired: rejects.
    yieldNow: () => context.yieldNow(),
  };
}
