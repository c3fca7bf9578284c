// What became of a checkpoint, told to whoever took part.

/**
 * Hears what became of checkpoints. Notifications may be lost or late; a later id includes earlier ones.
 */
export interface CheckpointListener {
  /**
   * The checkpoint completed: everything in it is durable. Not called for savepoints of which the job goes on, because
   * nothing may be built on them and nothing outside may be committed for them.
   */
  notifyCheckpointComplete(checkpointId: number): void | Promise<void>;
  /** The checkpoint will never complete. */
  notifyCheckpointAborted(checkpointId: number): void | Promise<void>;
  /** The checkpoint completed and has since been replaced: it will not be restored. */
  notifyCheckpointSubsumed(checkpointId: number): void | Promise<void>;
}
