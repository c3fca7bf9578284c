// A keyed store in an SQLite file: the whole of what a tier-one backend brings.
//
//   entry (key_group, state, path) -> value      one table, kept in the order of its primary key
//
//   SQ1. SQLite compares blobs byte by byte, unsigned, a prefix first: its order is the order that scan() owes.
//   SQ2. The file is a cache of the last checkpoint. Nothing is made durable, and the file is gone with the process.
//   SQ3. A statement that failed is thrown away: SQLite tells an error once more when a statement is used again.

import { join } from 'node:path';
import { StateError } from '@tidemark/state-core';
import type { KeyedStore, KeyedStoreEntry, KeyedStoreScratch } from '@tidemark/state-core/spi';
import sqlite from 'node-sqlite3-wasm';
import { ScratchFile } from './scratch-file.js';
import { TemporaryDirectory } from './temporary-directory.js';

const GET = 'select value from entry where key_group = ? and state = ? and path = ?';
const PUT = 'insert or replace into entry (key_group, state, path, value) values (?, ?, ?, ?)';
const DELETE = 'delete from entry where key_group = ? and state = ? and path = ?';
const DELETE_STATE = 'delete from entry where key_group = ? and state = ?';
const SCAN = 'select path, value from entry where key_group = ? and state = ? and path >= ? order by path limit ?';
const SCAN_TO =
  'select path, value from entry where key_group = ? and state = ? and path >= ? and path < ? order by path limit ?';

type Values = (number | Uint8Array)[];
type Row = Readonly<Record<string, unknown>>;

/** What a store is opened with. */
export interface SqliteKeyedStoreOptions {
  /** Where its files are made; made too where it is missing. */
  readonly directory: string;
  /** What SQLite keeps of the file in memory. */
  readonly pageCacheBytes: number;
}

/** The store of one keyed state backend. */
export class SqliteKeyedStore implements KeyedStore {
  /** For tests that make SQLite fail. */
  readonly database: sqlite.Database;
  private readonly options: SqliteKeyedStoreOptions;
  private readonly directory: TemporaryDirectory;
  private readonly statements: Map<string, sqlite.Statement> = new Map();
  private readonly scratches: Set<KeyedStoreScratch> = new Set();

  constructor(options: SqliteKeyedStoreOptions) {
    this.options = options;
    this.directory = new TemporaryDirectory(options.directory);
    try {
      this.database = new sqlite.Database(join(this.directory.path, 'state.db'));
      // Nobody else opens the file, and nobody reads it after a crash (SQ2): no locks, no journal on disk, no fsync.
      for (const setting of [
        'locking_mode = exclusive',
        'journal_mode = memory',
        'synchronous = off',
        'temp_store = memory',
        `cache_size = -${Math.ceil(options.pageCacheBytes / 1024)}`,
      ]) {
        this.run(`pragma ${setting}`);
      }
      this.run(
        'create table entry (key_group integer, state integer, path blob, value blob, primary key (key_group, state, path)) without rowid',
      );
    } finally {
      this.directory.remove();
    }
  }

  get(keyGroup: number, stateId: number, path: Uint8Array): Uint8Array | undefined {
    return this.run(GET, [keyGroup, stateId, path])[0]?.['value'] as Uint8Array | undefined;
  }

  /** @throws StateError `storage-no-space`; nothing changed then. */
  put(keyGroup: number, stateId: number, path: Uint8Array, value: Uint8Array): void {
    this.run(PUT, [keyGroup, stateId, path, value]);
  }

  delete(keyGroup: number, stateId: number, path: Uint8Array): void {
    this.run(DELETE, [keyGroup, stateId, path]);
  }

  scan(
    keyGroup: number,
    stateId: number,
    prefix: Uint8Array,
    after: Uint8Array | undefined,
    limit: number,
  ): readonly KeyedStoreEntry[] {
    const from = after === undefined || isBefore(after, prefix) ? prefix : successorOf(after);
    const end = endOf(prefix);
    const rows =
      end === undefined
        ? this.run(SCAN, [keyGroup, stateId, from, limit])
        : this.run(SCAN_TO, [keyGroup, stateId, from, end, limit]);
    return rows as unknown as KeyedStoreEntry[];
  }

  deleteState(keyGroup: number, stateId: number): void {
    this.run(DELETE_STATE, [keyGroup, stateId]);
  }

  /** One transaction: many times faster than one for each put. */
  batch(write: () => void): void {
    this.run('begin');
    try {
      write();
      this.run('commit');
    } catch (error) {
      // Some failures, a full disk among them, have rolled back already.
      if (this.database.inTransaction) this.run('rollback');
      throw error;
    }
  }

  openScratch(): KeyedStoreScratch {
    const scratch = new ScratchFile(this.options.directory);
    this.scratches.add(scratch);
    return scratch;
  }

  metrics(): Readonly<Record<string, number | string>> {
    const [pages, pageBytes, freePages] = ['page_count', 'page_size', 'freelist_count'].map((name) =>
      Number(this.run(`pragma ${name}`)[0]?.[name]),
    ) as [number, number, number];
    return { directory: this.options.directory, fileBytes: pages * pageBytes, freeBytes: freePages * pageBytes };
  }

  async close(): Promise<void> {
    for (const scratch of this.scratches) scratch.close();
    if (this.database.isOpen) {
      for (const statement of this.statements.values()) statement.finalize();
      this.statements.clear();
      this.database.close();
    }
    this.directory.remove();
  }

  /** Runs a statement to its end. The rows are copies and belong to the caller. */
  private run(sql: string, values: Values = []): readonly Row[] {
    let statement = this.statements.get(sql);
    try {
      if (statement === undefined) {
        statement = this.database.prepare(sql);
        this.statements.set(sql, statement);
      }
      return statement.all(values) as readonly Row[];
    } catch (error) {
      if (statement !== undefined) this.forget(sql, statement);
      throw this.failureOf(error);
    }
  }

  private forget(sql: string, statement: sqlite.Statement): void {
    this.statements.delete(sql);
    try {
      statement.finalize();
    } catch {
      // The same failure once more (SQ3).
    }
  }

  /** What can be said better than by the engine, which makes `local-state-broken` of everything else. */
  private failureOf(error: unknown): unknown {
    if (!(error instanceof Error && error.message.includes('database or disk is full'))) return error;
    const { directory } = this.options;
    return new StateError(
      'storage-no-space',
      `no room for state in ${directory}: make room there, or set state.backend.sqlite.directory to a larger disk`,
      { details: { directory }, cause: error },
    );
  }
}

/** The first path after this one: nothing lies between a path and the same with a zero at its end. */
function successorOf(path: Uint8Array): Uint8Array {
  const next = new Uint8Array(path.length + 1);
  next.set(path);
  return next;
}

/** The first path after all that begin with a prefix; `undefined` where there is none, after `ff` and `ff ff`. */
function endOf(prefix: Uint8Array): Uint8Array | undefined {
  let length = prefix.length;
  while (length > 0 && prefix[length - 1] === 0xff) length--;
  if (length === 0) return undefined;
  const end = prefix.slice(0, length);
  end[length - 1] = (end[length - 1] as number) + 1;
  return end;
}

function isBefore(path: Uint8Array, other: Uint8Array): boolean {
  return Buffer.compare(path, other) < 0;
}
