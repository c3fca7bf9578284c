// What a state backend can do. The test kit skips cases by these and by nothing else.

/** Abilities that a state backend declares. */
export interface StateBackendCapabilities {
  /** Serves a base that the coordinator names and writes only what changed since. Else every snapshot is full. */
  readonly incrementalSnapshots: boolean;
  /**
   * How many snapshots may be written at the same time; 1 or more.
   *
   * Implementers (guide: Snapshots)
   * - MUST run as many snapshots as it declares, and refuse one more until one has ended. [SNAPSHOT-07]
   */
  readonly maxConcurrentSnapshots: number;
  /** State is kept as live objects: updates of a key cost no serialization. */
  readonly liveObjects: boolean;
  /** State may be larger than the memory of the process. */
  readonly largerThanMemory: boolean;
  /** Iterating a map state or the keys of a key group follows the order of the encoded bytes. */
  readonly orderedIteration: boolean;
  /** Key groups may have to be waited for with `prepare(keys)` before access. */
  readonly asynchronousAccess: boolean;
  /** Keeps priority queues, for timers, as part of the keyed state. Absent: it does not. */
  readonly priorityQueues?: boolean;
  /** Writes a second copy of snapshots to local streams, for local recovery. Absent: it writes none. */
  readonly localCopies?: boolean;
}
