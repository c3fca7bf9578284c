// Faults at every step of a storage as cases: what a program may lose when a call fails once.
//
//   FX1. Every step of a run has every fault once, in a storage of its own; the numbers of the steps come from a run without.

import { isStateError } from '@tidemark/state-core';
import type { CheckpointStorage, StateBackend } from '@tidemark/state-core/spi';
import { storedStateBackend } from '@tidemark/state-core/support';
import { assertEqual, assertTrue, ConformanceFailure } from '../conformance/assertions.js';
import { type ConformanceCase, type ConformanceSuite, conformanceSuite } from '../conformance/conformance-case.js';
import { faultyCheckpointStorage } from '../fault/faulty-checkpoint-storage.js';
import { type PlannedFault, type StepFault, StepFaults } from '../fault/step-faults.js';
import { MemoryKeyedStore } from '../memory/memory-keyed-store.js';
import { Ledger } from './ledger.js';

/** A storage for one run. */
export interface FaultSubject {
  readonly storage: CheckpointStorage;
  /** Lets go of what the storage has left behind. */
  close?(): void | Promise<void>;
}

/** What is tested. */
export interface FaultConformanceOptions {
  /** Names the suite in reports. */
  readonly name: string;
  /** Makes an empty storage for one run: a case does many. */
  create(): FaultSubject | Promise<FaultSubject>;
  /** What holds the state. Default: one in memory. */
  createBackend?(): StateBackend;
  /** Takes only every so many steps. Default 1. */
  readonly stride?: number;
  /** Told how many runs a case has done. */
  onRuns?(id: string, runs: number): void;
}

/** A case about faults. */
export type FaultCase = ConformanceCase<FaultConformanceOptions>;

const CONFIG = {
  'execution.checkpointing.num-retained': '1',
  'execution.checkpointing.incremental': 'true',
};

async function everyStep(id: string, options: FaultConformanceOptions, fault: StepFault): Promise<void> {
  const { stride = 1 } = options;
  let runs = 0;
  let hasFaults = true;
  for (let step = 0; hasFaults; step += stride) {
    const subject = await options.create();
    try {
      hasFaults = await oneRun(options, subject.storage, { step, fault });
      runs++;
    } finally {
      await subject.close?.();
    }
  }
  options.onRuns?.(id, runs);
}

/** Runs the program with a fault; false when it has no such step. */
async function oneRun(
  { createBackend = inMemory }: FaultConformanceOptions,
  storage: CheckpointStorage,
  planned: PlannedFault,
): Promise<boolean> {
  const faults = new StepFaults([planned]);
  const where = (): string => `${planned.fault} at step ${planned.step} (${faults.steps[planned.step]})`;
  const open = (given: CheckpointStorage, seed: number): Promise<Ledger> =>
    Ledger.open({ name: 'ledger', storage: given, backend: createBackend(), seed, config: CONFIG });
  const outcomeOf = async <T>(action: Promise<T>): Promise<T | undefined> => {
    try {
      return await action;
    } catch (error) {
      if (isStateError(error)) return undefined;
      throw new ConformanceFailure(`${where()}: no StateError: ${String(error)}`, error, 'a StateError', error);
    }
  };
  let promised = 0;
  const faulty = faultyCheckpointStorage(storage, faults);
  // A fault passes: what failed once is done again, by the same process or by the next.
  let ledger = await outcomeOf(open(faulty, 1));
  ledger ??= await open(faulty, 2);
  for (let round = 0; round < 3; round++) {
    ledger.work();
    const { version } = ledger;
    const isOver = faults.steps.length > planned.step;
    if ((await outcomeOf(ledger.checkpoint().then(() => true))) === true) promised = version;
    else assertTrue(!isOver, `${where()}: a checkpoint after it failed too`);
    ledger.check(`${where()}: after a checkpoint`);
  }
  const { version } = ledger;
  await outcomeOf(ledger.close());
  const heir = await open(storage, 3);
  assertTrue(heir.version >= promised, `${where()}: version ${promised} was complete, ${heir.version} was restored`);
  assertTrue(heir.version <= version, `${where()}: version ${heir.version} has never been`);
  heir.check(`${where()}: after the restart`);
  assertEqual(heir.state.restored?.skipped ?? [], [], `${where()}: checkpoints that are complete and cannot be read`);
  heir.work();
  await heir.checkpoint();
  await heir.close();
  return faults.steps.length > planned.step;
}

/** Every case. */
export const FAULT_CASES: readonly FaultCase[] = [
  {
    id: 'CS-FAULT-01',
    title: 'a step that fails once costs at most the checkpoint under way, and the next is complete',
    run: (options) => everyStep('CS-FAULT-01', options, 'fail'),
  },
  {
    id: 'CS-FAULT-02',
    title: 'a step that is done and reports a failure leaves nothing half, whether its work counts or not',
    run: (options) => everyStep('CS-FAULT-02', options, 'fail-after'),
  },
  {
    id: 'CS-FAULT-03',
    title: 'a write that is torn fails its checkpoint, and none that is complete has it',
    run: (options) => everyStep('CS-FAULT-03', options, 'tear'),
  },
];

/**
 * The fault suite of any checkpoint storage: every case lets every call of a run go wrong once.
 *
 * @example
 * ```ts
 * import { faultConformance } from '@tidemark/state-testkit';
 * import { register } from '@tidemark/state-testkit/vitest';
 *
 * register(faultConformance({ name: 'my storage', create: () => ({ storage: new MyCheckpointStorage() }) }));
 * ```
 */
export function faultConformance(options: FaultConformanceOptions): ConformanceSuite {
  return conformanceSuite({
    name: options.name,
    cases: FAULT_CASES,
    has: () => true,
    createContext: () => options,
    closeContext: () => {},
  });
}

function inMemory(): StateBackend {
  return storedStateBackend({ name: 'memory', openStore: () => new MemoryKeyedStore() });
}
