// The operator state of one subtask: lists that are dealt out anew when the parallelism changes, and broadcast maps.

import type { OperatorStateHandle } from '../handle/operator-state-handle.js';
import type { BroadcastState, ListState } from '../state/state.js';
import type { ListStateDescriptor, MapStateDescriptor } from '../state/state-descriptor.js';
import type { CheckpointListener } from './checkpoint-listener.js';
import type { SnapshotContext, SnapshotView } from './snapshot-context.js';

/** Gives the operator states of a subtask. The same descriptor gives the same state. */
export interface OperatorStateStore {
  /** A list whose elements are dealt out round robin. @throws StateError `state-already-registered`, `state-type-incompatible`, `value-serializer-incompatible`, `too-many-states`, `backend-closed`. */
  getListState<T>(descriptor: ListStateDescriptor<T>): ListState<T>;
  /** A list of which every subtask gets all elements at restore. @throws as {@link getListState}. */
  getUnionListState<T>(descriptor: ListStateDescriptor<T>): ListState<T>;
  /** A map that every subtask holds with the same content. @throws as {@link getListState}, `key-serializer-incompatible`. */
  getBroadcastState<K, V>(descriptor: MapStateDescriptor<K, V>): BroadcastState<K, V>;
  /** Names of list states, restored ones that nobody asked for included. */
  getRegisteredStateNames(): ReadonlySet<string>;
  /** Names of broadcast states, restored ones that nobody asked for included. */
  getRegisteredBroadcastStateNames(): ReadonlySet<string>;
}

/** The operator state of one subtask. */
export interface OperatorStateBackend extends OperatorStateStore, CheckpointListener {
  /** The synchronous half of a snapshot. @throws StateError `too-many-concurrent-snapshots`, `backend-closed`. */
  snapshot(context: SnapshotContext): SnapshotView<OperatorStateHandle>;
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}
