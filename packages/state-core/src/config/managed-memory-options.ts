// The options of the process that runs state, under the names of Flink's constants.

import { type ConfigOptionWithDefault, memorySizeOption } from './config-option.js';

/** What a process may use. */
export const TaskManagerOptions: {
  readonly MANAGED_MEMORY_SIZE: ConfigOptionWithDefault<number>;
} = {
  MANAGED_MEMORY_SIZE: memorySizeOption({
    key: 'taskmanager.memory.managed.size',
    defaultValue: '256 mb',
    description:
      'What state backends with caches (lmdb) may keep in memory, all of them in one process together, worker threads included. It is memory of the heap: raise node --max-old-space-size with it.',
  }),
};
