// The job that is killed: opening it, working with it, looking at what it holds.

import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { type FileSystem, FileSystemCheckpointStorage } from '@tidemark/checkpoint-storage-filesystem';
import { HashMapStateBackend } from '@tidemark/state-backend-hashmap';
import { LmdbStateBackend } from '@tidemark/state-backend-lmdb';
import { Configuration, json, type OpenState, string } from '@tidemark/state-core';
import type { KeyedStateBackend, StateBackend } from '@tidemark/state-core/spi';
import { type JsonAttachment, type NodeOpenStateOptions, openState } from '../../src/index.js';
import type { JournalFacts } from './journal.js';
import type { Findings, Subject } from './kill-order.js';
import {
  accountOf,
  book,
  contentAfter,
  type LedgerContent,
  ledgerStates,
  MAX_PARALLELISM,
  recordsIn,
  type Timers,
  timers,
  timersAsText,
} from './stream-ledger.js';

/** What is attached to a snapshot: how many records are in it. */
export interface Position {
  readonly records: number;
}

/** Places below the directory of a subject. */
export interface JobPlaces {
  readonly checkpoints: string;
  /** The directory of the job among those of checkpoints. */
  readonly job: string;
  readonly savepoints: string;
  /** Working state that is not on the heap. */
  readonly local: string;
}

/** See {@link JobPlaces}. */
export function placesOf(directory: string): JobPlaces {
  const checkpoints = join(directory, 'checkpoints');
  const [savepoints, local] = [join(directory, 'savepoints'), join(directory, 'local')];
  return { checkpoints, job: join(checkpoints, 'ledger'), savepoints, local };
}

/** What may differ from one opening to the other. */
export interface JobOptions
  extends Pick<NodeOpenStateOptions<string, typeof ledgerStates, JsonAttachment>, 'restore' | 'restoreMode'> {
  readonly name?: string;
  readonly fileSystem?: FileSystem | undefined;
}

/** The settings of a subject. */
export function configOf({ directory, incremental, retained }: Subject): Record<string, string | number | boolean> {
  return {
    'state.backend.lmdb.localdir': placesOf(directory).local,
    // So small that everything is written and read all the time, in many transactions, and every file is worth a copy.
    'state.backend.lmdb.cache-size': '4 kb',
    'state.backend.lmdb.write-batch-size': '4 kb',
    'state.backend.lmdb.map-size': '1 mb',
    'state.backend.lmdb.compaction.threshold': 0.05,
    'state.backend.lmdb.compaction.min-file-size': '1 kb',
    'execution.checkpointing.incremental': incremental,
    'execution.checkpointing.num-retained': retained,
  };
}

/** The storage of a subject. */
export function storageOf(directory: string, fileSystem?: FileSystem): FileSystemCheckpointStorage {
  return new FileSystemCheckpointStorage({
    directory,
    fileStateSizeThresholdBytes: 0,
    writeBufferSizeBytes: 1024,
    ...(fileSystem === undefined ? {} : { fileSystems: { file: fileSystem } }),
  });
}

/** The backend of a subject, without an eye on what it makes. */
export function backendOf(subject: Subject): StateBackend {
  return subject.backend === 'lmdb'
    ? new LmdbStateBackend({}, Configuration.from(configOf(subject)))
    : new HashMapStateBackend();
}

/** The job, open. */
export class LedgerJob {
  readonly state: OpenState<string, typeof ledgerStates, Position>;
  /** How many records it has processed. */
  records: number;
  readonly #timers: Timers;

  private constructor(state: OpenState<string, typeof ledgerStates, Position>, keyed: KeyedStateBackend<string>) {
    this.state = state;
    this.records = state.restored?.attachment?.records ?? 0;
    this.#timers = keyed.createPriorityQueue?.(timers) as Timers;
  }

  /** @throws what `openState` throws. */
  static async open(
    subject: Subject,
    { name = 'ledger', fileSystem, ...options }: JobOptions = {},
  ): Promise<LedgerJob> {
    const { checkpoints } = placesOf(subject.directory);
    let keyed: KeyedStateBackend<string> | undefined;
    const inner = backendOf(subject);
    const stateBackend: StateBackend = {
      name: inner.name,
      capabilities: inner.capabilities,
      async createKeyedStateBackend(parameters) {
        const made = await inner.createKeyedStateBackend(parameters);
        keyed = made as unknown as KeyedStateBackend<string>;
        return made;
      },
      createOperatorStateBackend: (parameters) => inner.createOperatorStateBackend(parameters),
    };
    const state = await openState({
      name,
      states: ledgerStates,
      keySerializer: string,
      attachmentSerializer: json.of<Position>(),
      maxParallelism: MAX_PARALLELISM,
      configFile: false,
      logger: { warn() {}, info() {} },
      stateBackend,
      checkpointStorage: storageOf(checkpoints, fileSystem),
      config: configOf(subject),
      ...options,
    });
    return new LedgerJob(state, keyed as unknown as KeyedStateBackend<string>);
  }

  /** Processes the next records. */
  work(records: number): void {
    const access = {
      withKey: (key: string, handler: Parameters<typeof this.state.withKey<undefined>>[1]) => {
        this.state.withKey(key, handler);
      },
      timersOf: () => this.#timers,
    };
    for (let left = records; left > 0; left--) book(access, this.records++);
  }

  content(): LedgerContent {
    const accounts: Record<string, unknown> = {};
    for (const key of [...this.state.keys('sum')]) accounts[key] = this.state.withKey(key, accountOf);
    return { accounts, timers: timersAsText(this.#timers) };
  }
}

/** Notes what is wrong with the state of so many records. */
export function judgeContent(found: LedgerContent, records: number, what: string, findings: Findings): void {
  const expected = contentAfter(records);
  const [is, should] = [inOrder(found), inOrder(expected)];
  if (is === should) return;
  const at = [...is].findIndex((letter, index) => letter !== should[index]);
  const surplus = recordsIn(found) - records;
  const text = `${what}: ${surplus} records too many of ${records}; found …${is.slice(Math.max(0, at - 80), at + 80)}… expected …${should.slice(Math.max(0, at - 80), at + 80)}…`;
  (surplus > 0 ? findings.doubled : findings.lost).push(text);
}

/** Notes what is wrong with where a start has begun (JO1). */
export function judgeStart(job: LedgerJob, { floor, possible }: JournalFacts, findings: Findings): void {
  const { records, state } = job;
  for (const { checkpointId, reason } of state.restored?.skipped ?? [])
    findings.lost.push(`checkpoint ${checkpointId} is complete and cannot be read: ${reason}`);
  if (!possible.has(records)) {
    const text = `started with ${records} records; the last snapshot has ${floor}, possible were ${[...possible].join(', ')}`;
    (records < floor ? findings.lost : findings.doubled).push(text);
  }
  judgeContent(job.content(), records, 'after the start', findings);
}

/** Every file and empty directory below a directory. */
export function filesIn(directory: string): string[] {
  try {
    return readdirSync(directory, { withFileTypes: true }).flatMap((entry) => {
      const path = join(directory, entry.name);
      if (!entry.isDirectory()) return [path];
      const inside = filesIn(path);
      return inside.length === 0 ? [`${path}/`] : inside;
    });
  } catch {
    return [];
  }
}

function inOrder({ accounts, timers: queue }: LedgerContent): string {
  return JSON.stringify([Object.entries(accounts).sort(([a], [b]) => (a < b ? -1 : 1)), queue]);
}
