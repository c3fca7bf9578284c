// An open state: the parts of this folder behind one object, and its end.
//
//   ET1. After `close` was called nothing works any more, also before its promise resolves.
//   ET2. Closing goes from the snapshot under way to the backend to the storage; a failure on the way stops none of it.

import { StateError } from '../error/state-error.js';
import type { KeyedStateBackend } from '../state-backend/keyed-state-backend.js';
import type { EmbeddedCheckpointing, SnapshotRequest } from './embedded-checkpointing.js';
import { KeyedAccess } from './keyed-access.js';
import { checkSnapshotArguments } from './open-state-arguments.js';
import type {
  CheckpointOptions,
  CheckpointReport,
  OpenState,
  OpenStateMetrics,
  RestoredState,
  SynchronousResult,
} from './open-state-contract.js';
import type { StateDeclarations, StatesOf } from './open-state-options.js';

/** What an {@link EmbeddedState} is made of. */
export interface EmbeddedStateParameters<K, S extends StateDeclarations, A> {
  readonly name: string;
  readonly shard: string | undefined;
  readonly declarations: S;
  readonly backend: KeyedStateBackend<K>;
  readonly restored: RestoredState<A> | undefined;
  /** Takes checkpoints, or the reason why there can be none. */
  readonly checkpointing: EmbeddedCheckpointing<K, A> | StateError;
  /** Lets go of the storage. */
  readonly closeStorage: () => Promise<void>;
}

/** See {@link OpenState}. */
export class EmbeddedState<K, S extends StateDeclarations, A> implements OpenState<K, S, A> {
  readonly name: string;
  readonly shard: string | undefined;
  readonly maxParallelism: number;
  readonly restored: RestoredState<A> | undefined;
  readonly #access: KeyedAccess<K, S>;
  readonly #backend: KeyedStateBackend<K>;
  readonly #checkpointing: EmbeddedCheckpointing<K, A> | StateError;
  readonly #closeStorage: () => Promise<void>;
  #closing: Promise<void> | undefined;

  /** @throws StateError as `getOrCreateKeyedState` of the backend. */
  constructor(parameters: EmbeddedStateParameters<K, S, A>) {
    this.name = parameters.name;
    this.shard = parameters.shard;
    this.maxParallelism = parameters.backend.numberOfKeyGroups;
    this.restored = parameters.restored;
    this.#backend = parameters.backend;
    this.#access = new KeyedAccess(parameters.backend, parameters.declarations);
    this.#checkpointing = parameters.checkpointing;
    this.#closeStorage = parameters.closeStorage;
  }

  withKey<R>(key: K, handler: (states: StatesOf<S>) => SynchronousResult<R> & R): R {
    this.#checkOpen();
    return this.#access.withKey<R>(key, handler);
  }

  keys(stateName: keyof S & string): Iterable<K> {
    this.#checkOpen();
    return this.#access.keys(stateName);
  }

  prepare(keys: readonly K[]): void | Promise<void> {
    this.#checkOpen();
    return this.#access.prepare(keys);
  }

  advanceEventTime(timestampMs: number): void {
    this.#checkOpen();
    if (this.#backend.advanceEventTime === undefined) throw withoutEventTime();
    this.#backend.advanceEventTime(timestampMs);
  }

  checkpoint(options: CheckpointOptions<A> = {}): Promise<CheckpointReport> {
    const wrong = wrongArguments('checkpoint', options);
    if (wrong !== undefined) return Promise.reject(wrong);
    return this.#snapshot({ ...options, kind: 'checkpoint' });
  }

  savepoint(target?: string, options: CheckpointOptions<A> = {}): Promise<CheckpointReport> {
    const wrong = wrongArguments('savepoint', options, target);
    if (wrong !== undefined) return Promise.reject(wrong);
    return this.#snapshot({ ...options, kind: 'savepoint', target });
  }

  metrics(): OpenStateMetrics {
    this.#checkOpen();
    const none = { completed: 0, failed: 0, savepoints: 0, inProgress: 0, last: undefined };
    const backend = this.#backend.metrics();
    const { entries } = backend;
    return {
      backend,
      // Counting exactly decodes everything that was restored: too much for a figure that is looked at often.
      entries: typeof entries === 'number' ? entries : this.#backend.numKeyValueStateEntries(),
      checkpoints: this.#checkpointing instanceof Error ? none : this.#checkpointing.metrics,
    };
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  /** Not an async function: what freezes runs before the promise is returned. */
  #snapshot(request: SnapshotRequest<A>): Promise<CheckpointReport> {
    const refusal = this.#refusalOf(request);
    if (refusal !== undefined) return Promise.reject(refusal);
    return (this.#checkpointing as EmbeddedCheckpointing<K, A>).trigger(request);
  }

  #refusalOf({ kind }: SnapshotRequest<A>): StateError | undefined {
    if (this.#closing !== undefined) return closed(this.name);
    if (this.#checkpointing instanceof Error) return withoutStorage(this.#checkpointing);
    if (!this.#access.isInHandler) return undefined;
    return new StateError(
      'checkpoint-inside-handler',
      `a ${kind} was asked for inside withKey, where a record may be half processed: call it after withKey has returned`,
    );
  }

  #checkOpen(): void {
    if (this.#closing !== undefined) throw closed(this.name);
  }

  async #close(): Promise<void> {
    const checkpointing = this.#checkpointing instanceof Error ? undefined : this.#checkpointing;
    const failures: unknown[] = [];
    for (const step of [() => checkpointing?.close(), () => this.#backend.close(), this.#closeStorage]) {
      try {
        await step();
      } catch (error) {
        failures.push(error);
      }
    }
    if (failures.length > 0) throw failures[0];
  }
}

/** As a value: what is wrong with a call rejects, as everything else about a snapshot. */
function wrongArguments(kind: 'checkpoint' | 'savepoint', options: object, target?: unknown): unknown {
  try {
    checkSnapshotArguments(kind, options, target);
    return undefined;
  } catch (error) {
    return error;
  }
}

function closed(name: string): StateError {
  return new StateError('state-closed', `the state '${name}' has been closed: open it again with openState`, {
    details: { name },
  });
}

function withoutEventTime(): StateError {
  return new StateError(
    'capability-missing',
    'this state backend knows no event time: use one that does, or let state expire by processing time:\n  state.backend.type: hashmap',
  );
}

function withoutStorage(cause: StateError): StateError {
  return new StateError(cause.code, cause.message, { cause, details: cause.details });
}
