// What is in memory and not yet in the store, as the snapshots below see it.
//
// Owns: the line between the cells and whoever has them written.
//
//   DC1. `freeze` takes constant time, whatever is dirty. What is written afterwards belongs to the next epoch.
//   DC2. Within a key group everything of an epoch is written before anything of the next (ST2 of stored-table.ts); by whom
//        it is asked for makes no difference.
//   DC3. A cell whose value cannot be written stays dirty and keeps nobody else from being written; who asks for its key
//        group and epoch gets the error, every time, until the program replaces the value.

/** The dirty cells of one backend. */
export interface DirtyCells {
  /** Ends the epoch: its number. Epochs count from 1. */
  freeze(): number;
  /** The epoch that changes are made in now. */
  readonly epoch: number;
  /**
   * Writes dirty cells of a key group from epochs up to `epoch`, oldest epoch first, by state and path; at most about
   * `limit` records, fewer when `isOver` says that the time for them is over.
   *
   * @returns Whether none is left. @throws StateError `value-not-serializable`, `value-too-large` naming state and key, and
   * as ST5.
   */
  flush(keyGroup: number, epoch: number, limit: number, isOver?: () => boolean): boolean;
  /** The key groups that have dirty cells of epochs up to `epoch`, ascending. */
  dirtyKeyGroups(epoch: number): readonly number[];
  /** Bytes of dirty cells, estimated. */
  readonly dirtyBytes: number;
}
