// What a checkpoint storage can do. The test kit skips cases by these and by nothing else.

/** Abilities that a checkpoint storage declares. */
export interface CheckpointStorageCapabilities {
  /** Checkpoints outlive the process, so that another process can restore them. */
  readonly durable: boolean;
  /** Savepoints can be written to a location of the caller's choice. */
  readonly savepoints: boolean;
  /** A pointer to a snapshot is a path or URI that a person can pass on. */
  readonly externallyAddressable: boolean;
  /** A second owner of the same job fences the first. */
  readonly fencing: boolean;
}
