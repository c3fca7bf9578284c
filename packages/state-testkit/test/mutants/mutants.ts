// Every mutant.

import { CHECKPOINT_DIRECTORY_MUTANTS } from './checkpoint-directory.mutants.js';
import { CHECKPOINT_MEMORY_MUTANTS } from './checkpoint-memory.mutants.js';
import { FACTORY_MUTANTS } from './factories.mutants.js';
import { FIGURE_MUTANTS } from './figures.mutants.js';
import { HEAP_KEY_MUTANTS } from './heap-keys.mutants.js';
import { HEAP_SNAPSHOT_MUTANTS } from './heap-snapshots.mutants.js';
import { HEAP_STATE_MUTANTS } from './heap-states.mutants.js';
import { KEYED_STORE_MUTANTS } from './keyed-stores.mutants.js';
import type { Mutant, MutantOf } from './mutant.js';
import { FAILING_STEP_MUTANTS, POWER_LOSS_MUTANTS } from './power-loss.mutants.js';
import { PRIORITY_QUEUE_MUTANTS } from './priority-queues.mutants.js';
import { RESTORE_MUTANTS } from './restores.mutants.js';
import { SERIALIZER_MUTANTS } from './serializers.mutants.js';
import { STORED_LITTLE_CACHE_MUTANTS, STORED_MUTANTS, STORED_WITHOUT_CACHE_MUTANTS } from './stored.mutants.js';
import { TIME_TO_LIVE_MUTANTS } from './time-to-live.mutants.js';

function of(subject: string, area: string, mutants: readonly MutantOf[]): readonly Mutant[] {
  return mutants.map((mutant) => ({ ...mutant, subject, area }));
}

/** In the order of the subjects. */
export const MUTANTS: readonly Mutant[] = [
  ...of('hashmap', 'States on the heap', HEAP_STATE_MUTANTS),
  ...of('hashmap', 'Keys and namespaces', HEAP_KEY_MUTANTS),
  ...of('hashmap', 'Snapshots and increments of the heap', HEAP_SNAPSHOT_MUTANTS),
  ...of('hashmap', 'Restore, rescaling and schema changes', RESTORE_MUTANTS),
  ...of('hashmap', 'Time to live', TIME_TO_LIVE_MUTANTS),
  ...of('hashmap', 'Priority queues', PRIORITY_QUEUE_MUTANTS),
  ...of('hashmap', 'Figures, reports and limits', FIGURE_MUTANTS),
  ...of('stored', 'States over a keyed store', STORED_MUTANTS),
  ...of('stored-without-cache', 'States over a keyed store, without a cache', STORED_WITHOUT_CACHE_MUTANTS),
  ...of('stored-little-cache', 'States over a keyed store, with little cache', STORED_LITTLE_CACHE_MUTANTS),
  ...of('keyed-store', 'Keyed stores', KEYED_STORE_MUTANTS),
  ...of('filesystem', 'Checkpoints in directories', CHECKPOINT_DIRECTORY_MUTANTS),
  ...of('power-loss', 'Power losses', POWER_LOSS_MUTANTS),
  ...of('failing-steps', 'Calls that fail', FAILING_STEP_MUTANTS),
  ...of('jobmanager', 'Checkpoints in memory', CHECKPOINT_MEMORY_MUTANTS),
  ...of('serializers', 'Serializers', SERIALIZER_MUTANTS),
  ...of('factories', 'Factories', FACTORY_MUTANTS),
];
