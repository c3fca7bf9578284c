// The environment of one keyed store: a directory, the file in it, its scratch files, and the copy that compaction makes.
//
//   LV1. It opens empty. Whatever is found under its name is somebody else's or a dead one's, and never read.
//   LV2. Its owner is one thread; directory and lock say so to all others.
//   LV3. After close nothing is left: no file, no directory, no descriptor.

import { join } from 'node:path';
import type { StateLogger } from '@tidemark/state-core';
import { type Clock, isStateError, systemClock } from '@tidemark/state-core';
import { Compaction } from './compaction.js';
import { EnvironmentDirectory, type EnvironmentName, removeStaleDirectories } from './environment-directory.js';
import { fileHeader } from './file-header.js';
import { LmdbFile, type LmdbFileStatistics } from './lmdb-file.js';
import type { LmdbModule } from './lmdb-module.js';
import { ScratchFile } from './scratch-file.js';

/** After a copy that failed. */
const RETRY_MS: number = 60_000;

/** How an environment is set up. */
export interface LmdbEnvironmentSettings {
  /** At least one; they are used in turn. */
  readonly localDirectories: readonly string[];
  readonly mapBytes: number;
  readonly fileBytesMax: number;
  readonly maxReaders: number;
  readonly readAhead: boolean;
  readonly checksums: boolean;
  readonly writeBatchBytes: number;
  /** Share of free pages, 0 to 1, from which a file is copied; 1 means never. */
  readonly compactionThreshold: number;
  /** Files smaller than this are not worth it. */
  readonly compactionFileBytesMin: number;
  /** Between two looks at the pages. */
  readonly compactionCheckMs: number;
  /** How long a step of idle work may take. */
  readonly sliceMs: number;
}

/** An environment of this thread. */
export class LmdbEnvironment {
  readonly directory: EnvironmentDirectory;
  private readonly module: LmdbModule;
  private readonly settings: LmdbEnvironmentSettings;
  private readonly name: EnvironmentName;
  private readonly logger: StateLogger;
  private readonly clock: Clock;
  private readonly scratches: Set<ScratchFile> = new Set();
  private current: LmdbFile;
  private compaction: Compaction | undefined = undefined;
  private filesMade = 0;
  private scratchesMade = 0;
  private nextCheckMs = 0;
  private isClosed = false;
  /** Copies that replaced their file. */
  compactions = 0;
  /** Of the files before the current one. */
  private batchesBefore = 0;
  private writtenBytesBefore = 0;

  private constructor(
    module: LmdbModule,
    directory: EnvironmentDirectory,
    name: EnvironmentName,
    settings: LmdbEnvironmentSettings,
    surroundings: { readonly logger: StateLogger; readonly clock?: Clock },
  ) {
    this.module = module;
    this.directory = directory;
    this.name = name;
    this.settings = settings;
    this.logger = surroundings.logger;
    this.clock = surroundings.clock ?? systemClock;
    this.current = this.createFile();
  }

  /**
   * Opens an empty environment in the first of the local directories that can be used, and removes what dead processes
   * left there.
   *
   * @throws StateError `local-directory-in-use`, `config-value-invalid` when there is no address space for the map;
   * `storage-*` of the last directory when none can be used.
   */
  static open(
    module: LmdbModule,
    name: EnvironmentName,
    settings: LmdbEnvironmentSettings,
    surroundings: { readonly logger: StateLogger; readonly clock?: Clock },
  ): LmdbEnvironment {
    const { logger } = surroundings;
    let failure: unknown;
    for (const localDirectory of settings.localDirectories) {
      reportStale(localDirectory, logger);
      let directory: EnvironmentDirectory | undefined;
      try {
        directory = EnvironmentDirectory.claim(localDirectory, name);
        return new LmdbEnvironment(module, directory, name, settings, surroundings);
      } catch (error) {
        directory?.release();
        // Elsewhere there would be room for it, and two would have the same name. A wrong setting is wrong everywhere.
        if (isStateError(error, 'local-directory-in-use') || isStateError(error, 'config-value-invalid')) throw error;
        failure = error;
        logger.warn('local-directory-unusable', `working state cannot be kept in ${localDirectory}: ${String(error)}`, {
          localDirectory,
        });
      }
    }
    throw failure;
  }

  /** What reads are made from. */
  get file(): LmdbFile {
    return this.current;
  }

  put(keyGroup: number, stateId: number, path: Uint8Array, value: Uint8Array): void {
    this.current.put(keyGroup, stateId, path, value);
    if (this.compaction !== undefined)
      this.repeat((compaction) => {
        if (compaction.hasCopied(keyGroup, stateId, path)) compaction.target.put(keyGroup, stateId, path, value);
      });
  }

  delete(keyGroup: number, stateId: number, path: Uint8Array): void {
    this.current.delete(keyGroup, stateId, path);
    if (this.compaction !== undefined)
      this.repeat((compaction) => {
        if (compaction.hasCopied(keyGroup, stateId, path)) compaction.target.delete(keyGroup, stateId, path);
      });
  }

  /** Removes up to `limit` records of a state in a key group. @returns Whether none is left. */
  deleteSome(keyGroup: number, stateId: number, limit: number): boolean {
    const isDone = this.current.deleteSome(keyGroup, stateId, limit);
    if (this.compaction !== undefined)
      this.repeat((compaction) => {
        while (!compaction.target.deleteSome(keyGroup, stateId, limit));
      });
    return isDone;
  }

  transact(write: () => unknown): void {
    const { compaction } = this;
    if (compaction === undefined) {
      this.current.transact(write);
      return;
    }
    const { current } = this;
    const batches = current.batches + compaction.target.batches;
    try {
      // The copy is committed first: should the file fail then, the copy holds too much, and is thrown away.
      current.transact(() => {
        compaction.target.transact(write);
      });
    } catch (error) {
      // Where both were undone as a whole they are still the same. The copy takes space that the file may be in need of.
      const differ = current.batches + compaction.target.batches !== batches;
      if (differ || isStateError(error, 'storage-no-space')) this.abandon(error);
      throw error;
    } finally {
      if (this.compaction !== compaction) compaction.target.close();
    }
  }

  /** Idle work. @returns Whether there is more. */
  maintain(): boolean {
    if (this.isClosed) return false;
    if (this.compaction === undefined && !this.beginCompaction()) return false;
    const { compaction } = this;
    if (compaction === undefined) return false;
    const endMs = this.clock.monotonicMs() + this.settings.sliceMs;
    try {
      if (compaction.step(() => this.clock.monotonicMs() >= endMs)) this.swap(compaction);
      return true;
    } catch (error) {
      this.abandon(error);
      return false;
    }
  }

  /** @throws StateError `storage-*`. */
  openScratch(): ScratchFile {
    const path = join(this.directory.path, `scratch-${++this.scratchesMade}`);
    const scratch: ScratchFile = new ScratchFile(path, () => this.scratches.delete(scratch));
    this.scratches.add(scratch);
    return scratch;
  }

  /** Figures of the file and of everything beside it. */
  statistics(): LmdbFileStatistics & {
    readonly batches: number;
    readonly writtenBytes: number;
    readonly scratchBytes: number;
  } {
    let scratchBytes = 0;
    for (const { lengthBytes } of this.scratches) scratchBytes += lengthBytes;
    return {
      ...this.current.statistics(),
      batches: this.batchesBefore + this.current.batches,
      writtenBytes: this.writtenBytesBefore + this.current.writtenBytes,
      scratchBytes,
    };
  }

  close(): void {
    if (this.isClosed) return;
    this.isClosed = true;
    for (const scratch of [...this.scratches]) scratch.close();
    this.compaction?.target.close();
    this.compaction = undefined;
    this.current.close();
    this.directory.release();
  }

  private createFile(): LmdbFile {
    const { mapBytes, fileBytesMax, maxReaders, readAhead, checksums, writeBatchBytes } = this.settings;
    const { jobId, operatorIdentifier } = this.name;
    return LmdbFile.create(this.module, {
      path: join(this.directory.path, `state-${++this.filesMade}.mdb`),
      mapBytes,
      limitBytes: fileBytesMax,
      maxReaders,
      readAhead,
      checksums,
      writeBatchBytes,
      header: fileHeader({ lineage: this.directory.lineage, jobId, operatorIdentifier, checksums }),
    });
  }

  private beginCompaction(): boolean {
    const { compactionThreshold, compactionFileBytesMin } = this.settings;
    const nowMs = this.clock.monotonicMs();
    if (compactionThreshold >= 1 || nowMs < this.nextCheckMs || this.current.failure !== undefined) return false;
    this.nextCheckMs = nowMs + this.settings.compactionCheckMs;
    const { usedPages, freePages, pageBytes } = this.current.statistics();
    if (usedPages * pageBytes < compactionFileBytesMin || freePages / usedPages <= compactionThreshold) return false;
    try {
      this.compaction = new Compaction(this.current, this.createFile());
      return true;
    } catch (error) {
      this.abandon(error);
      return false;
    }
  }

  private swap(compaction: Compaction): void {
    const old = this.current;
    this.batchesBefore += old.batches;
    this.writtenBytesBefore += old.writtenBytes;
    this.current = compaction.target;
    this.compaction = undefined;
    this.compactions++;
    const before = old.statistics();
    old.close();
    const after = this.current.statistics();
    this.logger.info('local-file-compacted', `${before.fileBytes} bytes became ${after.fileBytes}`, {
      path: this.directory.path,
      fileBytesBefore: before.fileBytes,
      fileBytesAfter: after.fileBytes,
    });
  }

  /** Makes a change in the copy as well; a copy that cannot follow is given up, and the change stands. */
  private repeat(change: (compaction: Compaction) => void): void {
    try {
      change(this.compaction as Compaction);
    } catch (error) {
      this.abandon(error);
    }
  }

  private abandon(error: unknown): void {
    const { compaction } = this;
    this.compaction = undefined;
    this.nextCheckMs = this.clock.monotonicMs() + Math.min(RETRY_MS, 60 * this.settings.compactionCheckMs);
    if (compaction === undefined) return;
    // Not within a transaction of its own: whoever runs that closes it afterwards.
    if (!compaction.target.isInTransaction) compaction.target.close();
    this.logger.warn('local-file-compaction-failed', `disk space could not be given back: ${String(error)}`, {
      path: this.directory.path,
    });
  }
}

function reportStale(localDirectory: string, logger: StateLogger): void {
  const { removed, unknown } = removeStaleDirectories(localDirectory);
  if (removed.length > 0)
    logger.info('stale-directories-removed', `removed what dead processes left: ${removed.join(', ')}`, { removed });
  if (unknown.length > 0)
    logger.warn(
      'stale-directories-unknown',
      `these directories belong to processes of other machines or containers, and only you can say whether those still run; remove them if not: ${unknown.join(', ')}`,
      { unknown },
    );
}
