// Where this process is, and the step by which it ends.
//
//   KP1. The process says whether it is in its place by one byte of a file, written before the first and after the last step
//        there: it can be read when the process is gone.
//   KP2. A kill is a real one: nothing of this process runs afterwards, no handler, no `finally`.

import fs from 'node:fs';
import type { KillOrder, Moment, Place, StepSort } from './kill-order.js';

// The functions of the module are replaced later (killing-local-files.ts).
const { openSync, writeSync } = fs;
/** Heard by the parent. */
const PARENT_PIPE = 4;

/** The points of this process. */
export class KillPoints {
  #order: KillOrder | undefined;
  #progress = -1;
  #hasBegun = false;
  #depth = 0;
  #entries = 0;
  #steps = 0;

  /** From `begin` on the process can be killed. @param progressPath - The file of KP1. */
  arm(order: KillOrder, progressPath: string): void {
    this.#order = order;
    this.#progress = openSync(progressPath, 'w');
    this.#mark(0);
  }

  /** From now on there is something to lose. */
  begin(): void {
    this.#hasBegun = true;
  }

  enter(place: Place): void {
    if (place !== this.#order?.place || this.#depth++ > 0) return;
    this.#mark(1);
    if (!this.#hasBegun) return;
    if (++this.#entries === this.#order.entry && this.#order.step === undefined) writeSync(PARENT_PIPE, '!');
  }

  leave(place: Place): void {
    if (place === this.#order?.place && this.#depth > 0 && --this.#depth === 0) this.#mark(0);
  }

  /** Does something in a place. */
  async within<T>(place: Place, run: () => Promise<T>): Promise<T> {
    this.enter(place);
    try {
      return await run();
    } finally {
      this.leave(place);
    }
  }

  /** Counts a step. @returns The moment of it at which the process ends, if it does. */
  count(sort: StepSort): Moment | undefined {
    const { step, entry } = this.#order ?? {};
    if (step === undefined || this.#depth === 0 || this.#entries < Number(entry) || step.sort !== sort)
      return undefined;
    return this.#steps++ === step.number ? step.moment : undefined;
  }

  /** A step that is done in one go: there is no middle of it. */
  step<T>(sort: StepSort, run: () => T): T {
    const moment = this.count(sort);
    if (moment === 'before') this.die();
    try {
      return run();
    } finally {
      // Also after a step that fails: a directory that is not empty is tried to be removed, for one.
      if (moment !== undefined) this.die();
    }
  }

  die(): never {
    process.kill(process.pid, 'SIGKILL');
    // The signal is delivered before this is over.
    for (;;);
  }

  #mark(byte: number): void {
    writeSync(this.#progress, Uint8Array.of(byte), 0, 1, 0);
  }
}

/** Those of this process; inert until they are armed. */
export const killPoints: KillPoints = new KillPoints();
