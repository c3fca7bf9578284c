// What openState is given: what the program says about its state, and what its surroundings bring along.
//
// Owns: the shapes. Leaves their reading to open-state.ts, the configuration keys to the config folder, and finding
// packages by name to the loading folder.

import type { Clock } from '../ambient/clock.js';
import type { StateLogger } from '../ambient/logger.js';
import type { RandomSource } from '../ambient/random.js';
import type { Scheduler } from '../ambient/scheduler.js';
import type { CheckpointStorage } from '../checkpoint-storage/checkpoint-storage.js';
import type { CheckpointStorageFactory } from '../checkpoint-storage/checkpoint-storage-factory.js';
import type { Configuration, ConfigurationSource } from '../config/configuration.js';
import type { RestoreMode } from '../config/state-recovery-options.js';
import type { ImportModule } from '../loading/loading-options.js';
import type { KeySerializer, TypeSerializer } from '../serialization/type-serializer.js';
import type { StateDescriptor, StateOf } from '../state/state-descriptor.js';
import type { StateBackend } from '../state-backend/state-backend.js';
import type { StateBackendFactory } from '../state-backend/state-backend-factory.js';

/** The states of a program: a descriptor under each name that handlers use. */
export type StateDeclarations = Readonly<Record<string, StateDescriptor>>;

/** What a handler gets: the state of each declared descriptor. */
export type StatesOf<S extends StateDeclarations> = { readonly [Name in keyof S]: StateOf<S[Name]> };

/**
 * What kept data of the caller is typed as when no serializer says otherwise: anything that JSON can hold. Give an
 * `attachmentSerializer` to have it typed and checked.
 */
// biome-ignore lint/suspicious/noExplicitAny: what comes back is what the program of yesterday stored; only a serializer can tell.
export type JsonAttachment = any;

/** A state of the program's own operator that is let go of. */
export interface DiscardedState {
  /** The uid of the operator: that of {@link OpenStateOptions.uid}. */
  readonly operator: string;
  /** The name of the state in the snapshot. */
  readonly state: string;
}

/**
 * What {@link openState} is given by the program.
 *
 * @typeParam K - Key. @typeParam S - The declared states. @typeParam A - The attachment.
 */
export interface OpenStateOptions<K, S extends StateDeclarations, A = JsonAttachment> {
  /** What the state is called, the same after every restart: with `shard` it decides where checkpoints are looked for. */
  readonly name: string;
  /**
   * Which part of the input this instance serves, the same after every restart: `partition-3`. Every shard has its own
   * chain of checkpoints, its own attachment and its own owner. Default: none.
   */
  readonly shard?: string | number;
  /** Every state that handlers use. Whether they can read what is restored is decided before the first record. */
  readonly states: S;
  /** The type of the keys. Fixed for the life of the state. */
  readonly keySerializer: KeySerializer<K>;
  /** Settings by key, flat or nested. They win over the environment and over a file. */
  readonly config?: Configuration | ConfigurationSource;
  /**
   * Number of key groups, 1 to 32,768: fixed for the life of the state. Default: `pipeline.max-parallelism`, else that
   * of the restored snapshot, else 128.
   */
  readonly maxParallelism?: number;
  /**
   * Where to start.
   *
   * - `latest` (default): the newest valid checkpoint of this name and shard; an empty directory is a clean start, and
   *   then `execution.state-recovery.path` is restored if it is set. A state that began with a path and has completed no
   *   checkpoint since begins with that path again.
   * - `none`: empty, whatever is there. Nothing is deleted.
   * - anything else: the path or URI of a checkpoint or savepoint, at every start anew.
   */
  readonly restore?: 'latest' | 'none' | (string & {});
  /**
   * Who owns the snapshot at the path of `restore` from now on. `NO_CLAIM` leaves it alone for ever and builds nothing
   * on it; `CLAIM` gives it to this state, which removes it when as many checkpoints of its own as are retained have
   * replaced it: a savepoint, a checkpoint of this name and shard, or one of another job, which is then fenced. Default:
   * `execution.state-recovery.claim-mode`, else `NO_CLAIM`.
   */
  readonly restoreMode?: RestoreMode;
  /**
   * Go on although the snapshot has operators that this program has not: their state is carried along, unchanged, into
   * every snapshot, until {@link discard} names them. Default: `execution.state-recovery.ignore-unclaimed-state`, else
   * false.
   */
  readonly allowNonRestoredState?: boolean;
  /**
   * What of the snapshot is let go of for good: the next checkpoint is without it, and the plan of the restore lists it as
   * `discarded`. The option may stay when it is gone.
   *
   * - `'uid'`: an operator that the program lacks, with all its state. Uids that the snapshot has not are ignored.
   * - `{ operator, state }`: one state, by name, of the program's own operator, that `states` does not declare. A name that
   *   was never there is an error.
   *
   * Default: nothing.
   */
  readonly discard?: readonly (string | DiscardedState)[];
  /** The operator that the state belongs to in snapshots; a job of the runtime restores a savepoint by it. Default `state`. */
  readonly uid?: string;
  /** The type of what `checkpoint({ attachment })` takes and `restored.attachment` gives. Default: strict JSON. */
  readonly attachmentSerializer?: TypeSerializer<A>;
  /** A backend made in code; wins over `state.backend`. */
  readonly stateBackend?: StateBackend;
  /** A storage made in code; wins over `execution.checkpointing.storage`. */
  readonly checkpointStorage?: CheckpointStorage;
  /** Takes warnings. Default: silent in the pure core, `process.emitWarning` in the Node package. */
  readonly logger?: StateLogger;
  /** Gives up opening: `openState` rejects with the reason of the signal and leaves nothing open. */
  readonly signal?: AbortSignal;
}

/** What {@link openState} is given by its surroundings. The Node package fills it in. */
export interface OpenStateEnvironment {
  /** Imports packages from the side of the application: `(specifier) => import(specifier)`. Needed for names that no factory has. */
  readonly importModule?: ImportModule;
  /** State backends by name, for bundlers. They win over `importModule`. */
  readonly stateBackendFactories?: Readonly<Record<string, StateBackendFactory>>;
  /** Checkpoint storages by name, for bundlers. They win over `importModule`. */
  readonly checkpointStorageFactories?: Readonly<Record<string, CheckpointStorageFactory>>;
  /** Settings of lower rank than the program's: environment variables, then a file. */
  readonly config?: Configuration;
  /** Directory of the configuration file as a `file:` URL, for relative paths. */
  readonly configDirectory?: string;
  /** Takes warnings when the program gave no logger. */
  readonly logger?: StateLogger;
  readonly clock?: Clock;
  readonly scheduler?: Scheduler;
  readonly random?: RandomSource;
}
