// A keyed store of somebody else: its failures and its misunderstandings, in words that name it.
//
// Owns: what becomes of something other than a StateError that a store throws, and of a store that returns what a store
// does not return. Leaves to the store every StateError: its author knows best what should be done.
//
//   GS1. What `write` throws within a batch reaches the caller as it is, whatever the store makes of it.
//   GS2. The guard holds nothing and copies nothing: arrays pass as they are.

import { isStateError, StateError } from '../error/state-error.js';
import type {
  KeyedStore,
  KeyedStoreEntry,
  KeyedStoreParameters,
  KeyedStoreScratch,
  OpenKeyedStore,
  TakeKeyedEntry,
} from '../state-backend/keyed-store.js';
import { PATH_BYTES_MIN } from './stored-paths.js';

const REQUIRED = ['get', 'put', 'delete', 'scan', 'deleteState', 'close'] as const;
const OPTIONAL = ['visit', 'batch', 'prepare', 'openScratch', 'metrics', 'maintain'] as const;

/**
 * Opens the store of a subtask.
 *
 * @throws StateError `factory-failed` with what the store threw as the cause, `factory-invalid` when it is no keyed store.
 *   StateErrors of the store, and what it throws after the signal was given, are passed on.
 */
export async function openGuardedStore(
  backendName: string,
  openStore: OpenKeyedStore,
  parameters: KeyedStoreParameters,
): Promise<KeyedStore> {
  let store: KeyedStore;
  try {
    store = await openStore(parameters);
  } catch (error) {
    if (isStateError(error) || parameters.signal.aborted) throw error;
    throw new StateError(
      'factory-failed',
      `the store of the state backend '${backendName}' could not be opened for ${parameters.operatorIdentifier}: ${textOf(error)}\nMend what the cause says, then start again.`,
      { details: { backendName, operatorIdentifier: parameters.operatorIdentifier }, cause: error },
    );
  }
  const members = store as unknown as Readonly<Record<string, unknown>> | null | undefined;
  const lacking = REQUIRED.filter((name) => typeof members?.[name] !== 'function');
  const strange = OPTIONAL.filter((name) => !['function', 'undefined'].includes(typeof members?.[name]));
  const problems = [...lacking, ...strange].map((name) => `${name} is no function`);
  const pathBytesMax = members?.['pathBytesMax'];
  if (pathBytesMax !== undefined && !((pathBytesMax as number) >= PATH_BYTES_MIN))
    problems.push(`pathBytesMax is ${String(pathBytesMax)}, not a number of bytes from ${PATH_BYTES_MIN} on`);
  if (problems.length > 0) {
    if (!lacking.includes('close')) await store.close();
    throw new StateError(
      'factory-invalid',
      `what openStore of the state backend '${backendName}' gives is no KeyedStore: ${problems.join(', ')}`,
      { details: { backendName, problems } },
    );
  }
  return new GuardedStore(backendName, store);
}

class GuardedStore implements KeyedStore {
  readonly pathBytesMax?: number;
  readonly visit?: NonNullable<KeyedStore['visit']>;
  readonly batch?: (write: () => void) => void;
  readonly prepare?: (keyGroups: readonly number[]) => void | Promise<void>;
  readonly openScratch?: (purpose: string) => KeyedStoreScratch;
  readonly metrics?: () => Readonly<Record<string, number | string>>;
  readonly maintain?: () => boolean;

  constructor(
    private readonly backendName: string,
    private readonly store: KeyedStore,
  ) {
    const { pathBytesMax } = store;
    if (pathBytesMax !== undefined) this.pathBytesMax = pathBytesMax;
    if (store.visit !== undefined) {
      this.visit = (keyGroup, stateId, prefix, after, limit, take) =>
        this.guardedVisit(keyGroup, stateId, prefix, after, limit, take);
    }
    if (store.batch !== undefined) this.batch = (write) => this.guardedBatch(write);
    if (store.prepare !== undefined) this.prepare = (keyGroups) => this.guardedPrepare(keyGroups);
    if (store.metrics !== undefined) this.metrics = () => this.guarded('metrics', () => store.metrics?.() ?? {});
    if (store.maintain !== undefined) this.maintain = () => this.guarded('maintain', () => store.maintain?.() === true);
    if (store.openScratch !== undefined) this.openScratch = (purpose) => this.guardedScratch(purpose);
  }

  get(keyGroup: number, stateId: number, path: Uint8Array): Uint8Array | undefined {
    let value: Uint8Array | undefined;
    try {
      value = this.store.get(keyGroup, stateId, path);
    } catch (error) {
      throw this.failure('get', error, keyGroup, stateId);
    }
    if (value !== undefined && !(value instanceof Uint8Array)) {
      throw this.misunderstanding('get', value, 'a Uint8Array, or undefined where there is nothing');
    }
    return value;
  }

  put(keyGroup: number, stateId: number, path: Uint8Array, value: Uint8Array): void {
    try {
      this.store.put(keyGroup, stateId, path, value);
    } catch (error) {
      throw this.failure('put', error, keyGroup, stateId);
    }
  }

  delete(keyGroup: number, stateId: number, path: Uint8Array): void {
    try {
      this.store.delete(keyGroup, stateId, path);
    } catch (error) {
      throw this.failure('delete', error, keyGroup, stateId);
    }
  }

  scan(
    keyGroup: number,
    stateId: number,
    prefix: Uint8Array,
    after: Uint8Array | undefined,
    limit: number,
  ): readonly KeyedStoreEntry[] {
    let entries: readonly KeyedStoreEntry[];
    try {
      entries = this.store.scan(keyGroup, stateId, prefix, after, limit);
    } catch (error) {
      throw this.failure('scan', error, keyGroup, stateId);
    }
    if (!Array.isArray(entries)) throw this.misunderstanding('scan', entries, 'an array of { path, value }');
    return entries;
  }

  deleteState(keyGroup: number, stateId: number): void {
    try {
      this.store.deleteState(keyGroup, stateId);
    } catch (error) {
      throw this.failure('deleteState', error, keyGroup, stateId);
    }
  }

  async close(): Promise<void> {
    try {
      await this.store.close();
    } catch (error) {
      throw this.failure('close', error);
    }
  }

  private guardedVisit(
    keyGroup: number,
    stateId: number,
    prefix: Uint8Array,
    after: Uint8Array | undefined,
    limit: number,
    take: TakeKeyedEntry,
  ): void {
    try {
      this.store.visit?.(keyGroup, stateId, prefix, after, limit, take);
    } catch (error) {
      throw this.failure('visit', error, keyGroup, stateId);
    }
  }

  private guardedBatch(write: () => void): void {
    let calls = 0;
    let thrown: { readonly error: unknown } | undefined;
    let returned: unknown;
    try {
      returned = (this.store.batch as (write: () => void) => unknown)(() => {
        calls++;
        try {
          write();
        } catch (error) {
          thrown = { error };
          throw error;
        }
      });
    } catch (error) {
      if (thrown === undefined) throw this.failure('batch', error);
    }
    // Also where the store kept it to itself: the caller must not take for written what is not (GS1).
    if (thrown !== undefined) throw (thrown as { readonly error: unknown }).error;
    if (calls !== 1 || isPromise(returned)) {
      const what = isPromise(returned) ? 'returned a promise' : `called \`write\` ${calls} times`;
      throw new StateError(
        'factory-invalid',
        `the store of the state backend '${this.backendName}' ${what} in batch(); it calls \`write\` once, and everything is there when it returns`,
        { details: { backendName: this.backendName, operation: 'batch' } },
      );
    }
  }

  private guardedPrepare(keyGroups: readonly number[]): void | Promise<void> {
    const ready = this.guarded('prepare', () => this.store.prepare?.(keyGroups));
    if (!isPromise(ready)) return;
    return Promise.resolve(ready).catch((error: unknown) => {
      throw this.failure('prepare', error);
    });
  }

  private guardedScratch(purpose: string): KeyedStoreScratch {
    const { store } = this;
    const scratch = this.guarded('openScratch', () => store.openScratch?.(purpose)) as KeyedStoreScratch;
    return {
      append: (bytes) => this.guarded('append of a scratch space', () => scratch.append(bytes)),
      read: (position, lengthBytes) =>
        this.guarded('read of a scratch space', () => scratch.read(position, lengthBytes)),
      get lengthBytes() {
        return scratch.lengthBytes;
      },
      close: () => this.guarded('close of a scratch space', () => scratch.close()),
    };
  }

  private guarded<R>(operation: string, run: () => R): R {
    try {
      return run();
    } catch (error) {
      throw this.failure(operation, error);
    }
  }

  /** A StateError is the store's own word; anything else says only that nobody knows what the store holds now. */
  private failure(operation: string, error: unknown, keyGroup?: number, stateId?: number): unknown {
    if (isStateError(error)) return error;
    const { backendName } = this;
    const place = keyGroup === undefined ? '' : `, key group ${keyGroup}, state number ${stateId}`;
    return new StateError(
      'local-state-broken',
      `the store of the state backend '${backendName}' failed in ${operation}()${place}: ${textOf(error)}\nWhat it holds cannot be relied on any more. Start again from the last checkpoint: it is read into a new store. When it happens again, look at the cause.`,
      {
        details: { backendName, operation, ...(keyGroup === undefined ? {} : { keyGroup, stateId }) },
        cause: error,
      },
    );
  }

  private misunderstanding(operation: string, returned: unknown, wanted: string): StateError {
    const { backendName } = this;
    const what = isPromise(returned) ? 'a promise' : returned === null ? 'null' : `a ${typeof returned}`;
    return new StateError(
      'factory-invalid',
      `the store of the state backend '${backendName}' returned ${what} from ${operation}(); it returns ${wanted}, at once`,
      { details: { backendName, operation } },
    );
  }
}

function isPromise(value: unknown): boolean {
  return typeof (value as { readonly then?: unknown } | null | undefined)?.then === 'function';
}

function textOf(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message}` : String(error);
}
