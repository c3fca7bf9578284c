// Every mutant.

import { CHECKPOINT_DIRECTORY_MUTANTS } from './checkpoint-directory.mutants.js';
import { CHECKPOINT_MEMORY_MUTANTS } from './checkpoint-memory.mutants.js';
import { FACTORY_MUTANTS } from './factories.mutants.js';
import { HEAP_KEY_MUTANTS } from './heap-keys.mutants.js';
import { HEAP_SNAPSHOT_MUTANTS } from './heap-snapshots.mutants.js';
import { HEAP_STATE_MUTANTS } from './heap-states.mutants.js';
import { KEYED_STORE_MUTANTS } from './keyed-stores.mutants.js';
import type { Mutant, MutantOf } from './mutant.js';
import { PRIORITY_QUEUE_MUTANTS } from './priority-queues.mutants.js';
import { RESTORE_MUTANTS } from './restores.mutants.js';
import { SERIALIZER_MUTANTS } from './serializers.mutants.js';
import { TIME_TO_LIVE_MUTANTS } from './time-to-live.mutants.js';

function of(subject: string, mutants: readonly MutantOf[]): readonly Mutant[] {
  return mutants.map((mutant) => ({ ...mutant, subject }));
}

/** In the order of the subjects. */
export const MUTANTS: readonly Mutant[] = [
  ...of('hashmap', HEAP_STATE_MUTANTS),
  ...of('hashmap', HEAP_KEY_MUTANTS),
  ...of('hashmap', HEAP_SNAPSHOT_MUTANTS),
  ...of('hashmap', RESTORE_MUTANTS),
  ...of('hashmap', TIME_TO_LIVE_MUTANTS),
  ...of('hashmap', PRIORITY_QUEUE_MUTANTS),
  ...of('filesystem', CHECKPOINT_DIRECTORY_MUTANTS),
  ...of('jobmanager', CHECKPOINT_MEMORY_MUTANTS),
  ...of('keyed-store', KEYED_STORE_MUTANTS),
  ...of('serializers', SERIALIZER_MUTANTS),
  ...of('factories', FACTORY_MUTANTS),
];
