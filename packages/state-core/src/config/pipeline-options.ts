// The options of the whole program, under the names of Flink's constants.

import { type ConfigOption, integerOption } from './config-option.js';

/** Settings of the whole program. */
export const PipelineOptions: {
  readonly MAX_PARALLELISM: ConfigOption<number>;
} = {
  MAX_PARALLELISM: integerOption({
    key: 'pipeline.max-parallelism',
    unit: 'key groups',
    minimum: 1,
    maximum: 32_768,
    description:
      'The number of key groups, hence the largest parallelism. Fixed for the life of the state. Not set: derived from the parallelism.',
  }),
};
