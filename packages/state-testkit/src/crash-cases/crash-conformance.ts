// Power losses as cases: what a storage on files must have made durable, and in which order.
//
//   CX1. Every prefix of what was done to the disk is a crash, and after it every change that was not made durable may be
//        lost: see fault/crash-states.ts. Nothing is left to the clock.

import type { CheckpointStorage, StateBackend } from '@tidemark/state-core/spi';
import { storedStateBackend } from '@tidemark/state-core/support';
import { assertRejects } from '../conformance/assertions.js';
import { type ConformanceCase, type ConformanceSuite, conformanceSuite } from '../conformance/conformance-case.js';
import type { StorageFiles } from '../fault/simulated-file-system.js';
import { MemoryKeyedStore } from '../memory/memory-keyed-store.js';
import { type CrashFigures, type CrashSubject, type CrashWorld, runCrashScenario } from './crash-scenario.js';

/** What a case about power losses may require. */
export type CrashRequirement = 'savepoints';

/** A case about power losses. */
export type CrashCase = ConformanceCase<CrashSubject & { report(figures: CrashFigures): void }, CrashRequirement>;

/** A storage, and how thoroughly it is looked at. */
export interface CrashConformanceOptions {
  /** Names the suite in reports. */
  readonly name: string;
  /** Makes the storage on the files of one process, with the same settings each time. */
  createStorage(files: StorageFiles): CheckpointStorage;
  /** What holds the state. Default: one in memory. */
  createBackend?(): StateBackend;
  /** A directory of the simulated files, as a URI; absent when the storage has no savepoints. */
  readonly savepointTarget?: string;
  /** Whether a file can have a second name. Default true; a storage must be right with and without. */
  readonly hasLinks?: boolean;
  /** Combinations of lost changes at one place, at the most. Default 24; the corners are always looked at. */
  readonly combinationsMax?: number;
  /** Default 1. */
  readonly seed?: number;
  /** Told what every case has looked at. */
  onFigures?(id: string, figures: CrashFigures): void;
}

/** Every checkpoint has its own files, and goes when the next is complete. */
const WHOLE = {
  'execution.checkpointing.num-retained': '1',
  'execution.checkpointing.incremental': 'false',
};

/** Checkpoints share files. */
const INCREMENTS = {
  'execution.checkpointing.num-retained': '1',
  'execution.checkpointing.incremental': 'true',
};

async function checkpoints(world: CrashWorld, count: number, options = {}): Promise<void> {
  const ledger = await world.open(options);
  for (let index = 0; index < count; index++) await world.checkpoint(ledger);
  await ledger.close();
}

/** Every case. */
export const CRASH_CASES: readonly CrashCase[] = [
  {
    id: 'CS-CRASH-01',
    title: 'a checkpoint that was reported complete outlives a power loss at any step, and none is ever half there',
    run: async (subject) => subject.report(await runCrashScenario(subject, { run: (world) => checkpoints(world, 2) })),
  },
  {
    id: 'CS-CRASH-02',
    title: 'a checkpoint that replaces another never leaves a moment without either',
    run: async (subject) =>
      subject.report(
        await runCrashScenario(subject, {
          run: (world) => checkpoints(world, 3, { config: WHOLE }),
          reopen: () => ({ config: WHOLE }),
        }),
      ),
  },
  {
    id: 'CS-CRASH-03',
    title: 'a savepoint is whole from the moment it is reported, and before that it is whole or not there',
    requires: ['savepoints'],
    run: async (subject) =>
      subject.report(
        await runCrashScenario(subject, {
          async run(world) {
            const ledger = await world.open();
            await world.checkpoint(ledger);
            ledger.work();
            await world.savepoint(ledger);
            await ledger.close();
          },
        }),
      ),
  },
  {
    id: 'CS-CRASH-04',
    title: 'a takeover that is cut off loses nothing, and what the former owner does afterwards does not count',
    run: async (subject) =>
      subject.report(
        await runCrashScenario(subject, {
          async run(world) {
            const former = await world.open();
            await world.checkpoint(former);
            const heir = await world.open();
            await assertRejects(former.checkpoint(), 'fenced', 'a checkpoint of the former owner');
            await world.checkpoint(heir);
            await former.close();
            await heir.close();
          },
        }),
      ),
  },
  {
    id: 'CS-CRASH-05',
    title: 'a claimed snapshot is whole until it is replaced, and then goes, wherever its removal was cut off',
    requires: ['savepoints'],
    run: async (subject) => {
      const options = (pointer: string) => ({
        config: {
          ...INCREMENTS,
          'execution.state-recovery.path': pointer,
          'execution.state-recovery.claim-mode': 'CLAIM',
        },
      });
      const figures = await runCrashScenario(subject, {
        async prepare(world) {
          const ledger = await world.open({ name: 'former' });
          await world.checkpoint(ledger);
          const pointer = await world.savepoint(ledger);
          await ledger.close();
          return pointer;
        },
        run: (world, pointer) => checkpoints(world, 2, options(pointer)),
        reopen: options,
        async after(world, pointer) {
          await assertRejects(
            world.open({ name: 'reader', restore: pointer }),
            'checkpoint-not-found',
            'opening the claimed savepoint after it was replaced',
          );
        },
      });
      subject.report(figures);
    },
  },
  {
    id: 'CS-CRASH-06',
    title: 'a second process that goes on after a crash is as safe as the first',
    run: async (subject) =>
      subject.report(
        await runCrashScenario(subject, {
          async prepare(world) {
            await checkpoints(world, 1, { config: INCREMENTS });
            return 'began';
          },
          run: (world) => checkpoints(world, 2, { config: INCREMENTS }),
          reopen: () => ({ config: INCREMENTS }),
        }),
      ),
  },
  {
    id: 'CS-CRASH-07',
    title: 'a file that checkpoints share goes only when the last of them has gone',
    run: async (subject) =>
      subject.report(
        await runCrashScenario(subject, {
          async run(world) {
            const ledger = await world.open({ config: INCREMENTS });
            await world.checkpoint(ledger);
            await world.checkpoint(ledger);
            // Written as a whole: it shares nothing with those before, and their files go.
            await world.checkpoint(ledger, { rewriteSchemas: true });
            await ledger.close();
          },
          reopen: () => ({ config: INCREMENTS }),
        }),
      ),
  },
];

/**
 * The crash suite of a storage that writes through files: every case takes the power away at every step.
 *
 * @example
 * ```ts
 * import { crashConformance } from '@tidemark/state-testkit';
 * import { register } from '@tidemark/state-testkit/vitest';
 *
 * register(crashConformance({
 *   name: 'my storage',
 *   createStorage: (files) => new MyStorage({ files, directory: 'sim:///checkpoints' }),
 *   savepointTarget: 'sim:///savepoints',
 * }));
 * ```
 */
export function crashConformance(options: CrashConformanceOptions): ConformanceSuite {
  const { name, savepointTarget, hasLinks = true, combinationsMax = 24, seed = 1 } = options;
  return conformanceSuite({
    name,
    cases: CRASH_CASES.map((oneCase) => ({
      ...oneCase,
      run: (subject: CrashSubject) =>
        oneCase.run({ ...subject, report: (figures) => options.onFigures?.(oneCase.id, figures) }),
    })),
    has: () => savepointTarget !== undefined,
    createContext: (): CrashSubject => ({
      createStorage: options.createStorage,
      createBackend: options.createBackend ?? inMemory,
      savepointTarget: savepointTarget ?? '',
      hasLinks,
      combinationsMax,
      seed,
    }),
    closeContext: () => {},
  });
}

function inMemory(): StateBackend {
  return storedStateBackend({ name: 'memory', openStore: () => new MemoryKeyedStore() });
}
