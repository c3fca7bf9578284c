// A program that is recorded on a disk, and what must hold on every disk that a crash may have left of it.
//
// Owns: running, recording, judging. Leaves what programs do to crash-scenarios.ts, which crashes there are to
// fault/crash-states.ts.
//
//   CR1. A version that the program was told is safe is there after the crash, or a later one is; whole either way.
//   CR2. Every checkpoint that is listed as complete is whole, also one that is just being removed; so a start after a crash
//        passes over nothing.
//   CR3. Life goes on: the next checkpoint after the crash is taken and found.
//   CR4. A savepoint that the program was told of is there; until then it is whole or not there, which a StateError says.
//   CR5. Nothing but a StateError is ever thrown.

import { type ConfigurationSource, isStateError, type RestoreMode, silentLogger } from '@tidemark/state-core';
import type { CheckpointStorage, StateBackend } from '@tidemark/state-core/spi';
import { assertEqual, assertTrue, ConformanceFailure } from '../conformance/assertions.js';
import { type CrashState, crashStates, describeCrash } from '../fault/crash-states.js';
import { ManualClock } from '../fault/manual-clock.js';
import { RecordedDisk } from '../fault/recorded-disk.js';
import { SeededRandom, seededSource } from '../fault/seeded-random.js';
import { SimulatedFileSystem, type StorageFiles } from '../fault/simulated-file-system.js';
import { Ledger } from './ledger.js';

/** What is crashed, and how thoroughly. */
export interface CrashSubject {
  /** Makes the storage on the files of one process: all its settings but the files are always the same. */
  createStorage(files: StorageFiles): CheckpointStorage;
  createBackend(): StateBackend;
  /** Where savepoints go: a directory of the simulated files, as a URI. */
  readonly savepointTarget: string;
  readonly hasLinks: boolean;
  readonly combinationsMax: number;
  readonly seed: number;
}

/** How a program is opened. */
export interface OpenOptions {
  readonly name?: string;
  readonly config?: ConfigurationSource;
  readonly restore?: string;
  readonly restoreMode?: RestoreMode;
}

/** A program and its crash. */
export interface CrashScenario {
  /** What was there before, durably. What it returns is given to `run` and to `reopen`. */
  prepare?(world: CrashWorld): Promise<string>;
  /** What is recorded. */
  run(world: CrashWorld, prepared: string): Promise<void>;
  /** How the program is opened after a crash. */
  reopen?(prepared: string): OpenOptions;
  /** What must hold when life has gone on. */
  after?(world: CrashWorld, prepared: string): Promise<void>;
}

/** How many crashes were looked at. */
export interface CrashFigures {
  readonly steps: number;
  readonly crashes: number;
}

const NAME = 'ledger';

/** The processes on one disk. */
export class CrashWorld {
  /** The newest version that was promised, by the length of the log at which it was. */
  readonly promises: { readonly steps: number; readonly version: number }[] = [];
  /** Savepoints, by the length of the log at which the program was told of them. */
  readonly savepoints: { readonly steps: number; readonly version: number; readonly pointer: string }[] = [];
  /** The newest version of which a snapshot was begun. */
  versionMax: number;
  readonly disk: RecordedDisk;
  private readonly subject: CrashSubject;
  private seed: number;

  constructor(subject: CrashSubject, disk: RecordedDisk, seed: number, versionMax = 0) {
    this.subject = subject;
    this.disk = disk;
    this.seed = seed;
    this.versionMax = versionMax;
  }

  /** The storage as another process sees it. */
  storage(): CheckpointStorage {
    return this.subject.createStorage(new SimulatedFileSystem(this.disk, { hasLinks: this.subject.hasLinks }));
  }

  /** Starts the program. */
  open({ name = NAME, ...options }: OpenOptions = {}): Promise<Ledger> {
    const { subject } = this;
    return Ledger.open({
      name,
      storage: this.storage(),
      backend: subject.createBackend(),
      seed: ++this.seed,
      ...options,
    });
  }

  /** Works, and takes a checkpoint. */
  async checkpoint(ledger: Ledger, options: { readonly rewriteSchemas?: boolean } = {}): Promise<void> {
    ledger.work();
    this.versionMax = Math.max(this.versionMax, ledger.version);
    await ledger.checkpoint(options);
    this.promises.push({ steps: this.disk.log.length, version: ledger.version });
  }

  /** Takes a savepoint of what there is. */
  async savepoint(ledger: Ledger): Promise<string> {
    const pointer = await ledger.savepoint(this.subject.savepointTarget);
    this.savepoints.push({ steps: this.disk.log.length, version: ledger.version, pointer });
    return pointer;
  }
}

/**
 * Records a program, and judges every disk that a crash may have left of it.
 *
 * @throws ConformanceFailure for the first crash after which something does not hold, with the crash in words.
 */
export async function runCrashScenario(subject: CrashSubject, scenario: CrashScenario): Promise<CrashFigures> {
  const before = new CrashWorld(subject, new RecordedDisk(), subject.seed * 1000);
  const prepared = (await scenario.prepare?.(before)) ?? '';
  const world = new CrashWorld(subject, before.disk.settled(), subject.seed * 1000 + 100, before.versionMax);
  await scenario.run(world, prepared);
  const random = new SeededRandom(subject.seed);
  const versionAt = (steps: number): number =>
    world.promises.findLast((promise) => promise.steps <= steps)?.version ?? (prepared === '' ? 0 : before.versionMax);
  const savepointsAt = (steps: number): number =>
    world.savepoints.filter((savepoint) => savepoint.steps <= steps).length;
  const promisesAt = (steps: number): string => `${versionAt(steps)} ${savepointsAt(steps)}`;
  let crashes = 0;
  for (const crash of crashStates(world.disk, { combinationsMax: subject.combinationsMax, random, promisesAt })) {
    crashes++;
    const where = `${describeCrash(world.disk, crash)} (seed ${subject.seed})`;
    const judge = new CrashJudge(subject, scenario, { world, prepared, versionMin: versionAt(crash.steps) });
    await judge.judge(crash, crash.disk, where);
  }
  return { steps: world.disk.log.length, crashes };
}

interface Recorded {
  readonly world: CrashWorld;
  readonly prepared: string;
  readonly versionMin: number;
}

class CrashJudge {
  constructor(
    private readonly subject: CrashSubject,
    private readonly scenario: CrashScenario,
    private readonly recorded: Recorded,
  ) {}

  async judge(crash: CrashState, disk: RecordedDisk, where: string): Promise<void> {
    try {
      for (const savepoint of this.recorded.world.savepoints) {
        await this.judgeSavepoint(savepoint, disk.settled(), savepoint.steps <= crash.steps);
      }
      await this.judgeListed(disk);
      await this.judgeStart(disk);
    } catch (error) {
      if (error instanceof ConformanceFailure) {
        throw new ConformanceFailure(`power lost ${where}: ${error.message}`, error.actual, error.expected, error);
      }
      const sort = isStateError(error) ? error.code : 'no StateError';
      throw new ConformanceFailure(`power lost ${where}: ${sort}: ${messageOf(error)}`, error, 'a start', error);
    }
  }

  private async judgeListed(disk: RecordedDisk): Promise<void> {
    const world = new CrashWorld(this.subject, disk.settled(), 600_000);
    const coordinator = await world.storage().createCoordinatorView({
      jobId: NAME,
      clock: new ManualClock(),
      random: seededSource(1),
      logger: silentLogger,
    });
    const { checkpoints } = await coordinator.list();
    await coordinator.close();
    for (const { checkpointId, published, externalPointer } of checkpoints) {
      if (!published) continue;
      const reader = await world.open({ name: 'reader', restore: externalPointer });
      reader.check(`from checkpoint ${checkpointId}, which is listed as complete`);
      await reader.close();
    }
  }

  private async judgeStart(disk: RecordedDisk): Promise<void> {
    const { prepared, versionMin, world: recordedWorld } = this.recorded;
    const options = this.scenario.reopen?.(prepared) ?? {};
    const world = new CrashWorld(this.subject, disk, 500_000);
    const first = await world.open(options);
    assertEqual(first.state.restored?.skipped ?? [], [], 'checkpoints that are complete and cannot be read');
    assertTrue(
      first.version >= versionMin,
      `version ${versionMin} was reported complete, and version ${first.version} was restored`,
    );
    assertTrue(first.version <= recordedWorld.versionMax, `version ${first.version} has never been`);
    first.check('after the crash');
    await world.checkpoint(first);
    const { version } = first;
    await first.close();
    const second = await world.open(options);
    assertEqual(second.version, version, 'the version of the checkpoint after the crash');
    second.check('after the checkpoint after the crash');
    await second.close();
    await this.scenario.after?.(world, prepared);
  }

  private async judgeSavepoint(
    { pointer, version }: { readonly pointer: string; readonly version: number },
    disk: RecordedDisk,
    isPromised: boolean,
  ): Promise<void> {
    const world = new CrashWorld(this.subject, disk, 700_000);
    let reader: Ledger;
    try {
      reader = await world.open({ name: 'reader', restore: pointer });
    } catch (error) {
      if (!isPromised && isStateError(error, 'checkpoint-not-found')) return;
      throw error;
    }
    assertEqual(reader.version, version, 'the version of the savepoint');
    reader.check('from the savepoint');
    await reader.close();
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}
