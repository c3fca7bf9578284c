// A small program with state of every common sort, whose content follows from how often it has worked.
//
//   LG1. After version n the state is `contentAt(n)`, whatever was restored, lost or repeated on the way; n is the
//        attachment of every snapshot.
//   LG2. Everything random comes from a seed, and time stands still: the same calls are made again.

import {
  type ConfigurationSource,
  float64,
  ListStateDescriptor,
  MapStateDescriptor,
  type OpenState,
  openState,
  type RestoreMode,
  safeInteger,
  string,
  ValueStateDescriptor,
} from '@tidemark/state-core';
import type { CheckpointStorage, StateBackend } from '@tidemark/state-core/spi';
import { assertEqual } from '../conformance/assertions.js';
import { ManualClock } from '../fault/manual-clock.js';
import { seededSource } from '../fault/seeded-random.js';

const STATES: {
  readonly total: ValueStateDescriptor<number, number>;
  readonly log: ListStateDescriptor<string>;
  readonly marks: MapStateDescriptor<string, number>;
} = {
  total: new ValueStateDescriptor('total', { type: float64, defaultValue: 0 }),
  log: new ListStateDescriptor('log', { type: string }),
  marks: new MapStateDescriptor('marks', { key: string, value: safeInteger }),
};

/** What the ledger is opened with. */
export interface LedgerOptions {
  readonly name: string;
  readonly storage: CheckpointStorage;
  readonly backend: StateBackend;
  /** Makes names of files, among others. */
  readonly seed: number;
  readonly config?: ConfigurationSource;
  readonly restore?: string;
  readonly restoreMode?: RestoreMode;
}

/** The state of one key, as plain data. */
interface Account {
  total: number;
  log: string[];
  marks: Record<string, number>;
}

/** The program, open. */
export class Ledger {
  /** How often it has worked. */
  version: number;
  readonly state: OpenState<string, typeof STATES, number>;

  private constructor(state: OpenState<string, typeof STATES, number>) {
    this.state = state;
    this.version = state.restored?.attachment ?? 0;
  }

  /** Opens the program where it left off. @throws what `openState` throws. */
  static async open(options: LedgerOptions): Promise<Ledger> {
    const { name, storage, backend, seed, config, restore, restoreMode } = options;
    const state = await openState<string, typeof STATES, number>(
      {
        name,
        states: STATES,
        keySerializer: string,
        maxParallelism: 4,
        stateBackend: backend,
        checkpointStorage: storage,
        ...(config === undefined ? {} : { config }),
        ...(restore === undefined ? {} : { restore }),
        ...(restoreMode === undefined ? {} : { restoreMode }),
      },
      { clock: new ManualClock(1_700_000_000_000), random: seededSource(seed) },
    );
    return new Ledger(state);
  }

  /** Does the work of the next version. */
  work(): void {
    const version = ++this.version;
    this.state.withKey(keyOf(version), ({ total, log, marks }) => {
      total.update(total.value() + version);
      log.add(entryOf(version));
      if (version % 4 === 0) marks.clear();
      marks.put(`mark-${version % 5}`, version);
    });
    // Entries that go: a state in which nothing is ever removed hides that removals were lost.
    if (version > 2) this.state.withKey(keyOf(version - 2), ({ marks }) => marks.remove(`mark-${(version - 2) % 5}`));
  }

  /** Takes a checkpoint of the version. */
  async checkpoint(options: { readonly rewriteSchemas?: boolean } = {}): Promise<void> {
    await this.state.checkpoint({ attachment: this.version, ...options });
  }

  /** Takes a savepoint of the version, and says where it is. */
  async savepoint(target: string): Promise<string> {
    return (await this.state.savepoint(target, { attachment: this.version })).externalPointer;
  }

  /** @throws ConformanceFailure unless the state is that of its version. */
  check(what: string): void {
    const content: Record<string, Account> = {};
    for (const key of [...this.state.keys('log')].sort()) {
      content[key] = this.state.withKey(key, ({ total, log, marks }) => ({
        total: total.value(),
        log: [...log.get()],
        marks: Object.fromEntries([...marks.entries()].sort()),
      }));
    }
    assertEqual(content, contentAt(this.version), `${what}: the state of version ${this.version}`);
  }

  /** Ends the program as if it were killed: without another checkpoint. */
  async close(): Promise<void> {
    await this.state.close();
  }
}

/** What the state holds after a version (LG1). */
export function contentAt(versions: number): Record<string, Account> {
  const content: Record<string, Account> = {};
  for (let version = 1; version <= versions; version++) {
    const account = content[keyOf(version)] ?? { total: 0, log: [], marks: {} };
    content[keyOf(version)] = account;
    account.total += version;
    account.log.push(entryOf(version));
    if (version % 4 === 0) account.marks = {};
    account.marks[`mark-${version % 5}`] = version;
    if (version > 2) delete content[keyOf(version - 2)]?.marks[`mark-${(version - 2) % 5}`];
  }
  return Object.fromEntries(
    Object.entries(content)
      .sort()
      .map(([key, account]) => [key, { ...account, marks: Object.fromEntries(Object.entries(account.marks).sort()) }]),
  );
}

function keyOf(version: number): string {
  return `key-${version % 3}`;
}

function entryOf(version: number): string {
  return `entry ${version} ${'.'.repeat(version % 40)}`;
}
