// A keyed store in an LMDB environment.
//
// Owns: the contract of a keyed store. Everything else is the environment's.
//
//   LK1. A batch is all or nothing up to the size of `state.backend.lmdb.write-batch-size`; a longer one that fails may
//        have been committed up to a point. Whatever was put before it stays.
//   LK2. What get() returns is lmdb's own buffer, and changes with the next call; what scan() returns is the caller's.
//   LK3. The figures are read from the file when they are asked for, at most once in STATISTICS_MS.

import { type Clock, systemClock } from '@tidemark/state-core';
import type { KeyedStore, KeyedStoreEntry, KeyedStoreScratch, TakeKeyedEntry } from '@tidemark/state-core/spi';
import { PATH_BYTES_MAX } from '../environment/entry-key.js';
import type { LmdbEnvironment } from '../environment/lmdb-environment.js';

const STATISTICS_MS: number = 500;
/** Between two calls of `onIdle`. */
const IDLE_MS: number = 1000;
const DELETED_AT_ONCE: number = 4096;

/** The store of one keyed state backend. */
export class LmdbKeyedStore implements KeyedStore {
  readonly pathBytesMax: number = PATH_BYTES_MAX;
  private readonly environment: LmdbEnvironment;
  private readonly clock: Clock;
  private readonly onClose: () => void;
  private readonly onIdle: () => void;
  private nextIdleMs = 0;
  private statistics: Readonly<Record<string, number | string>> = {};
  private statisticsUntilMs = 0;

  constructor(
    environment: LmdbEnvironment,
    {
      clock = systemClock,
      onClose = () => undefined,
      onIdle = () => undefined,
    }: { readonly clock?: Clock; readonly onClose?: () => void; readonly onIdle?: () => void } = {},
  ) {
    this.environment = environment;
    this.clock = clock;
    this.onClose = onClose;
    this.onIdle = onIdle;
  }

  /** @throws StateError `local-state-broken`. */
  get(keyGroup: number, stateId: number, path: Uint8Array): Uint8Array | undefined {
    return this.environment.file.get(keyGroup, stateId, path);
  }

  /** @throws StateError `storage-no-space`, `local-state-broken`; nothing changed then. */
  put(keyGroup: number, stateId: number, path: Uint8Array, value: Uint8Array): void {
    this.environment.put(keyGroup, stateId, path, value);
  }

  /** @throws as {@link put}. */
  delete(keyGroup: number, stateId: number, path: Uint8Array): void {
    this.environment.delete(keyGroup, stateId, path);
  }

  /** @throws StateError `local-state-broken`. */
  scan(
    keyGroup: number,
    stateId: number,
    prefix: Uint8Array,
    after: Uint8Array | undefined,
    limit: number,
  ): readonly KeyedStoreEntry[] {
    return this.environment.file.scan(keyGroup, stateId, prefix, after, limit);
  }

  /** @throws StateError `local-state-broken`. */
  visit(
    keyGroup: number,
    stateId: number,
    prefix: Uint8Array,
    after: Uint8Array | undefined,
    limit: number,
    take: TakeKeyedEntry,
  ): void {
    this.environment.file.visit(keyGroup, stateId, prefix, after, limit, take);
  }

  /** @throws as {@link put}; a part may be gone then. */
  deleteState(keyGroup: number, stateId: number): void {
    while (!this.environment.deleteSome(keyGroup, stateId, DELETED_AT_ONCE));
  }

  /** @throws as {@link put}, and what `write` throws. TypeError when it returns a promise. */
  batch(write: () => void): void {
    this.environment.transact(write);
  }

  /** @throws StateError `storage-*`. */
  openScratch(): KeyedStoreScratch {
    return this.environment.openScratch();
  }

  metrics(): Readonly<Record<string, number | string>> {
    const nowMs = this.clock.monotonicMs();
    if (nowMs < this.statisticsUntilMs) return this.statistics;
    this.statisticsUntilMs = nowMs + STATISTICS_MS;
    const { entries, pageBytes, usedPages, freePages, mapBytes, fileBytes, batches, writtenBytes, scratchBytes } =
      this.environment.statistics();
    this.statistics = {
      directory: this.environment.directory.path,
      entries,
      pageBytes,
      pages: usedPages,
      freePages,
      mapBytes,
      fileBytes,
      scratchBytes,
      batches,
      writtenBytes,
      compactions: this.environment.compactions,
    };
    return this.statistics;
  }

  maintain(): boolean {
    const nowMs = this.clock.monotonicMs();
    if (nowMs >= this.nextIdleMs) {
      this.nextIdleMs = nowMs + IDLE_MS;
      this.onIdle();
    }
    return this.environment.maintain();
  }

  close(): Promise<void> {
    this.environment.close();
    this.onClose();
    return Promise.resolve();
  }
}
