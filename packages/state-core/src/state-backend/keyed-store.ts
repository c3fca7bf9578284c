// Tier one of the service interface: a keyed store that only gets, puts, deletes and scans. The support entry builds a
// whole keyed state backend on it: state kinds, a cache of values in front, epochs and deltas, pre-images, expiry,
// snapshot and restore.
//
//   KS1. An entry has an address: a key group, a state, and a path. Paths are opaque bytes and are compared as bytes.
//   KS2. Between two calls the store may not change by itself.
//   KS3. The store is a cache of the checkpoint: it need not survive the process.

import type { StateLogger } from '../ambient/logger.js';
import type { ReadableConfig } from '../config/readable-config.js';

/** The highest number of a state that a store is asked for; they take 16 bits. */
export const KEYED_STORE_STATE_ID_MAX: number = 0xffff;

/** One entry of a scan. The arrays belong to the caller. */
export interface KeyedStoreEntry {
  readonly path: Uint8Array;
  readonly value: Uint8Array;
}

/** Takes an entry where it lies: its path and its value are parts of arrays that may be overwritten afterwards. */
export type TakeKeyedEntry = (
  path: Uint8Array,
  pathStart: number,
  pathEnd: number,
  value: Uint8Array,
  valueStart: number,
  valueEnd: number,
) => void;

/**
 * A synchronous store of bytes in order of key group, state and path.
 *
 * Implementers (guide: Tier one)
 * - MUST keep copies of the arrays it is given, or be done with them when the call returns. [KS-BYTES-01, KS-BYTES-02]
 * - MUST keep key groups, states and paths apart, whatever bytes a path is made of. [KS-GET-03, KS-MODEL-01]
 * - MUST take paths up to `pathBytesMax`, and values of any length. [KS-PATH-01, KS-VALUE-01]
 */
export interface KeyedStore {
  /**
   * The value at a path, or `undefined`. The array may be overwritten by the next call of the store.
   *
   * Implementers (guide: Tier one)
   * - MUST return the last value put, or `undefined` after a delete; a path or value may be empty. [KS-GET-01,
   *   KS-GET-02]
   */
  get(keyGroup: number, stateId: number, path: Uint8Array): Uint8Array | undefined;
  /**
   * Implementers (guide: Tier one)
   * - MUST keep everything that was put before when it fails, so that the caller can try again. [KS-FULL-01]
   *
   * @throws StateError where the store is full or broken.
   */
  put(keyGroup: number, stateId: number, path: Uint8Array, value: Uint8Array): void;
  delete(keyGroup: number, stateId: number, path: Uint8Array): void;
  /**
   * The entries of a state in a key group whose path begins with `prefix`, from `after` (exclusive) on, at most `limit`.
   *
   * Implementers (guide: Tier one)
   * - MUST scan in ascending unsigned byte order of the path, each entry once. [KS-SCAN-01]
   * - MUST let the caller put and delete between two scans, each of which continues where the one before ended.
   *   [KS-SCAN-02]
   * - MUST give the entries under the prefix and no others, after `after` and not at it, as many as `limit` allows.
   *   [KS-SCAN-03, KS-SCAN-04]
   * - MUST hand out arrays that belong to the caller. [KS-SCAN-05]
   */
  scan(
    keyGroup: number,
    stateId: number,
    prefix: Uint8Array,
    after: Uint8Array | undefined,
    limit: number,
  ): readonly KeyedStoreEntry[];
  /**
   * As {@link scan}, for a store that can spare the arrays: calls `take` with each entry, which is done with it when it
   * returns and calls nothing of the store. Default: {@link scan}.
   *
   * Implementers (guide: Tier one)
   * - MUST give what `scan` gives, in the same order. [KS-SCAN-06]
   */
  visit?(
    keyGroup: number,
    stateId: number,
    prefix: Uint8Array,
    after: Uint8Array | undefined,
    limit: number,
    take: TakeKeyedEntry,
  ): void;
  /**
   * Removes everything of a state in a key group.
   *
   * Implementers (guide: Tier one)
   * - MUST remove everything of the state in the key group, and nothing else. [KS-DELETE-01]
   */
  deleteState(keyGroup: number, stateId: number): void;
  /**
   * Runs `write`, which puts and deletes many entries, mostly in ascending order; a store may commit them together. Reads
   * within see what was written. What `write` throws is thrown on, and what it wrote until then may be there or not.
   * Never called within itself. Default: `write` is called.
   *
   * Implementers (guide: Tier one)
   * - MUST let reads within see what was written, and be there afterwards. [KS-BATCH-01]
   * - MUST throw on what `write` throws, and keep everything from before. [KS-BATCH-02]
   */
  batch?(write: () => void): void;
  /** Makes entries of these key groups available that have to be waited for; absent where none have. */
  prepare?(keyGroups: readonly number[]): void | Promise<void>;
  /**
   * The longest path that the store takes, in bytes, 64 at least; longer ones are handed in shortened and told apart by the
   * caller. Default: no limit.
   */
  readonly pathBytesMax?: number;
  /**
   * Opens scratch space on local disk for bytes that are read once or twice. Default: they are kept in memory.
   *
   * Implementers (guide: Tier one)
   * - MUST give back from each scratch space the bytes appended to it, until it is closed. [KS-SCRATCH-01]
   */
  openScratch?(purpose: string): KeyedStoreScratch;
  /**
   * Figures worth showing.
   *
   * Implementers (guide: Tier one)
   * - MUST give plain numbers and texts. [KS-METRICS-01]
   */
  metrics?(): Readonly<Record<string, number | string>>;
  /** Idle work of the store's own, such as giving disk space back: does some, for at most about 2 ms. True when there is more. */
  maintain?(): boolean;
  /**
   * Implementers (guide: Tier one)
   * - MUST let go of everything, and be harmless the second time. [KS-CLOSE-01]
   */
  close(): Promise<void>;
}

/** Bytes in the order in which they were appended. */
export interface KeyedStoreScratch {
  /** Returns the position of the first byte. @throws StateError where the disk is full. */
  append(bytes: Uint8Array): number;
  /** The array belongs to the caller. @throws StateError where the bytes cannot be read. */
  read(position: number, lengthBytes: number): Uint8Array;
  readonly lengthBytes: number;
  /** Gives the space back. Idempotent. */
  close(): void;
}

/**
 * What a keyed store is opened with.
 *
 * Implementers (guide: Tier one)
 * - MUST open empty: what an earlier attempt left is no state. [KS-EMPTY-01]
 * - MUST keep stores that are open at the same time apart. [KS-EMPTY-02]
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
