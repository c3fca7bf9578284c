// What became of a checkpoint, told to whoever took part.

/**
 * Hears what became of checkpoints. Notifications may be lost or late; a later id includes earlier ones.
 */
export interface CheckpointListener {
  /** The checkpoint completed: everything in it is durable. */
  notifyCheckpointComplete(checkpointId: number): void | Promise<void>;
  /** The checkpoint will never complete. */
  notifyCheckpointAborted(checkpointId: number): void | Promise<void>;
  /** The checkpoint completed and has since been replaced: it will not be restored. */
  notifyCheckpointSubsumed(checkpointId: number): void | Promise<void>;
}
