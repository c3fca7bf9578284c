// Tier one of the service interface: a keyed store that only gets, puts, deletes and scans. The support entry builds a
// whole keyed state backend on it: state kinds, epochs and deltas, pre-images, expiry, snapshot and restore.
//
//   KS1. An address is a key group, a state, an encoded key and namespace, and for maps an encoded map key. The store
//        sees bytes and compares bytes.
//   KS2. Between two calls the store may not change by itself.
//   KS3. The store is a cache of the checkpoint: it need not survive the process.

import type { StateLogger } from '../ambient/logger.js';
import type { ReadableConfig } from '../config/readable-config.js';

/** Where one entry is. Encoded parts are canonical bytes: byte order is key order. */
export interface KeyedStoreAddress {
  readonly keyGroup: number;
  /** Small number of the state, stable while the store is open. */
  readonly stateId: number;
  /** Encoded key, namespace and, for maps, map key, so composed that no address is a prefix of another's range by accident. */
  readonly path: Uint8Array;
}

/** One entry of a scan. The arrays belong to the caller. */
export interface KeyedStoreEntry {
  readonly path: Uint8Array;
  readonly value: Uint8Array;
}

/**
 * A synchronous store of bytes in order of key group, state and path.
 *
 * Implementers
 * - MUST keep copies of the arrays it is given, or be done with them when the call returns. [KS-BYTES-01]
 * - MUST return the last value put, or `undefined` after a delete. [KS-GET-01]
 * - MUST scan in ascending unsigned byte order of the path, each entry once. [KS-SCAN-01]
 * - MUST let the caller put and delete between two steps of a scan; entries changed meanwhile may show either way,
 *   all others exactly once. [KS-SCAN-02]
 */
export interface KeyedStore {
  get(address: KeyedStoreAddress): Uint8Array | undefined;
  put(address: KeyedStoreAddress, value: Uint8Array): void;
  delete(address: KeyedStoreAddress): void;
  /** The entries of a state in a key group whose path begins with `prefix`, from `after` (exclusive) on, at most `limit`. */
  scan(
    keyGroup: number,
    stateId: number,
    prefix: Uint8Array,
    after: Uint8Array | undefined,
    limit: number,
  ): readonly KeyedStoreEntry[];
  /** Removes everything of a state in a key group. */
  deleteState(keyGroup: number, stateId: number): void;
  /**
   * Makes entries available that have to be waited for; absent where none have. The path of an address is a prefix here:
   * everything that begins with it is wanted.
   */
  prepare?(addresses: readonly KeyedStoreAddress[]): void | Promise<void>;
  /** Puts and deletes of one record are done; a store may write them out together. */
  endOfBatch?(): void | Promise<void>;
  /** The longest path that the store takes, in bytes; longer ones are handed in shortened and told apart by the caller. Default: no limit. */
  readonly pathBytesMax?: number;
  /** Figures worth showing. */
  metrics?(): Readonly<Record<string, number | string>>;
  close(): Promise<void>;
}

/**
 * What a keyed store is opened with.
 *
 * Implementers
 * - MUST open empty: what an earlier attempt left is no state. [KS-EMPTY-01]
 */
export interface KeyedStoreParameters {
  /** With operator and attempt it names the store: no two that are open at the same time have all three in common. */
  readonly jobId: string;
  readonly operatorIdentifier: string;
  readonly attempt: number;
  readonly keyGroupRange: { readonly first: number; readonly last: number };
  readonly config: ReadableConfig;
  readonly logger: StateLogger;
  readonly signal: AbortSignal;
}

/** Opens a store; the whole of what a tier-one backend has to bring besides the store itself. */
export type OpenKeyedStore = (parameters: KeyedStoreParameters) => KeyedStore | Promise<KeyedStore>;
