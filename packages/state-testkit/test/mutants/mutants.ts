// Every mutant.

import { CHECKPOINT_DIRECTORY_MUTANTS } from './checkpoint-directory.mutants.js';
import { CHECKPOINT_MEMORY_MUTANTS } from './checkpoint-memory.mutants.js';
import type { Mutant, MutantOf } from './mutant.js';

function of(subject: string, mutants: readonly MutantOf[]): readonly Mutant[] {
  return mutants.map((mutant) => ({ ...mutant, subject }));
}

/** In the order of the subjects. */
export const MUTANTS: readonly Mutant[] = [
  ...of('filesystem', CHECKPOINT_DIRECTORY_MUTANTS),
  ...of('jobmanager', CHECKPOINT_MEMORY_MUTANTS),
];
