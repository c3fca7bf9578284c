// What the job tells the program that watches it, and what it is told: plain data over the channel between processes.

/** Settings of one run of the job. */
export interface JobSettings {
  readonly stateBackend: string;
  readonly checkpointDirectory: string;
  /** How many flights of the file to process. */
  readonly limit: number;
  /** Where to write the summaries of all routes at the end, one JSON document a line. */
  readonly summariesFile: string;
}

/** What the job tells. */
export type JobMessage =
  | {
      readonly type: 'started';
      /** The next record to process. */
      readonly record: number;
      readonly restoredCheckpoint: number | undefined;
      readonly restoreMs: number;
      /** Checkpoints that were passed over, and why. */
      readonly skipped: readonly { readonly pointer: string; readonly reason: string }[];
    }
  | { readonly type: 'progress'; readonly record: number }
  | {
      readonly type: 'checkpoint';
      readonly checkpointId: number;
      readonly record: number;
      readonly durationMs: number;
      readonly freezeMs: number;
      readonly bytes: number;
    }
  /** The latest checkpoint is of a later record than the last one asked for: nothing was processed. */
  | { readonly type: 'beyond-limit'; readonly record: number }
  | { readonly type: 'stopped'; readonly record: number; readonly checkpointId: number }
  | { readonly type: 'finished'; readonly record: number; readonly routes: number };

/** What the job is told: to take a checkpoint and stop. */
export type JobCommand = { readonly type: 'stop' };
