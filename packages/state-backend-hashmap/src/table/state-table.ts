// What the rest of the backend asks of a table: the entries of one state in one key group. Tables that are specialised
// by the types of keys and values implement it too.

import type { KeyIdentity, KeySerializer } from '@tidemark/state-core';
import type { RecordVisitor } from '@tidemark/state-core/support';
import type { ChangeLog } from './change-log.js';
import type { EpochClock, FrozenEpoch } from './epoch-clock.js';
import type { TableTtl } from './slot-stamps.js';
import type { SlotsView } from './slots-view.js';

/** The types that a table tells its entries apart by. */
export interface TableTypes {
  readonly clock: EpochClock;
  readonly key: KeySerializer<unknown>;
  readonly namespace: KeySerializer<unknown>;
  /** For maps. */
  readonly mapKey: KeySerializer<unknown> | undefined;
  /** Whether all entries are in the void namespace. */
  readonly isVoidNamespace: boolean;
  /** For states with time to live. */
  readonly ttl?: TableTtl;
}

/** The entries of one state in one key group. */
export interface StateTable {
  /** Keys and namespaces that have something. */
  readonly entryCount: number;
  /** Moves whenever an entry is added or removed. */
  readonly structure: number;
  /** The keys that have something in a namespace. Fails with `concurrent-modification`. */
  keysOf(namespace: KeyIdentity): Iterable<unknown>;
  /** All keys and namespaces that have something. Fails with `concurrent-modification`. */
  keysAndNamespaces(): Iterable<readonly [key: unknown, namespace: unknown]>;
  /** Takes restored entries. */
  loader(): RecordVisitor;
  /** Restored entries are as old as the state itself: called when the last has been loaded. */
  finishLoading(): void;
  /** The view of a running snapshot; `undefined` when there was nothing at the freeze or it has been written. */
  viewOf(frozen: FrozenEpoch): SlotsView | undefined;
  /** What went, for checkpoints that write what changed. */
  readonly log: ChangeLog;
  /** The snapshot has written this table, or will not. */
  releaseView(frozen: FrozenEpoch): void;
}
