// Faults at chosen steps: what is counted, and what happens to a step when its turn has come.
//
//   SF1. Steps are counted from 0 in the order in which they begin. The same program with the same faults does the same
//        steps: a number is all that is needed to do it again.
//   SF2. After `die` nothing is done any more, and everything rejects with ProcessDied: also what would clean up.

import { type KnownStateErrorCode, StateError } from '@tidemark/state-core';

/**
 * What happens to a step.
 *
 * - `fail`: it is not done and rejects.
 * - `fail-after`: it is done and rejects all the same, as when an answer is lost on the way.
 * - `tear`: a write or read does half, then rejects (a read gives bytes of which the second half is zero); other steps
 *   fail.
 * - `lose`: it claims to be done and is not; for a sync that is a disk which lies. Steps with a result fail.
 * - `delay`: steps that begin while it waits overtake it, so writes that nobody waits for are reordered.
 * - `die-before`, `die-during`, `die-after`: the process ends without it, in the middle of it, or right behind it.
 */
export type StepFault = 'fail' | 'fail-after' | 'tear' | 'lose' | 'delay' | 'die-before' | 'die-during' | 'die-after';

/** A fault and its step. */
export interface PlannedFault {
  /** Counted from 0. */
  readonly step: number;
  readonly fault: StepFault;
  /** What the step rejects with, where it does. Default `storage-io-failed`. */
  readonly code?: KnownStateErrorCode;
}

/** Thrown into a process that is dead. */
export class ProcessDied extends Error {
  override readonly name: string = 'ProcessDied';
}

/** How a step is done, and how half of it. */
export interface StepActions<T> {
  run(): T | Promise<T>;
  /** Does half; returns what there is to return, or throws when half a step is none. */
  tear?(): T | undefined | Promise<T | undefined>;
  /** What a step returns that was not done; absent where that cannot be made up. */
  lose?(): T;
}

/** How many turns of the event loop a delayed step waits. */
const DELAY_TURNS = 3;

/** Counts steps and lets faults come true. */
export class StepFaults {
  /** What every step was, in order. */
  readonly steps: string[] = [];
  private readonly planned: ReadonlyMap<number, PlannedFault>;
  private readonly turn: () => Promise<void>;
  private hasDied = false;

  /**
   * @param faults - At most one for a step.
   * @param turn - Lets one turn of the event loop pass; needed for `delay`.
   */
  constructor(faults: readonly PlannedFault[] = [], turn: () => Promise<void> = () => Promise.resolve()) {
    this.planned = new Map(faults.map((fault) => [fault.step, fault]));
    if (this.planned.size < faults.length) throw new RangeError('two faults are planned for one step');
    this.turn = turn;
  }

  /** @throws ProcessDied after the end of the process (SF2). */
  requireLife(): void {
    if (this.hasDied) throw new ProcessDied('the process is dead');
  }

  /** Does a step, or what the fault planned for it makes of it. */
  async step<T>(what: string, actions: StepActions<T>): Promise<T> {
    this.requireLife();
    const number = this.steps.push(what) - 1;
    const planned = this.planned.get(number);
    if (planned === undefined) return actions.run();
    const failure = new StateError(
      planned.code ?? 'storage-io-failed',
      `a fault was injected at step ${number}: ${what}`,
      {
        details: { step: number, what, fault: planned.fault },
      },
    );
    switch (planned.fault) {
      case 'fail':
        throw failure;
      case 'fail-after':
        await actions.run();
        throw failure;
      case 'tear': {
        const torn = await actions.tear?.();
        if (torn === undefined) throw failure;
        return torn;
      }
      case 'lose':
        if (actions.lose === undefined) throw failure;
        return actions.lose();
      case 'delay':
        for (let turns = 0; turns < DELAY_TURNS; turns++) await this.turn();
        this.requireLife();
        return actions.run();
      case 'die-during':
        await actions.tear?.();
        return this.die();
      case 'die-after':
        await actions.run();
        return this.die();
      default:
        return this.die();
    }
  }

  private die(): never {
    this.hasDied = true;
    throw new ProcessDied('the process died');
  }
}
