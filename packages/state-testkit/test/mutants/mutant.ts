// A fault, as data.

import type { SourceChange } from './source-modules.js';

/** An implementation of ours with one plausible fault. */
export interface Mutant extends SourceChange {
  /** Names it for ever; says what the fault does. */
  readonly id: string;
  /** What a user would see of it, as a sentence without its full stop. */
  readonly breaks: string;
  /** What is tested: {@link import('./subjects.js').SUBJECTS}. */
  readonly subject: string;
  /** What it is about, for people. */
  readonly area: string;
  /** Cases that must fail because of it. */
  readonly killers: readonly string[];
}

/** Faults without their subject and area: a list of them is about one. */
export type MutantOf = Omit<Mutant, 'subject' | 'area'>;
