// The options of state access that Flink does not have, or has under another roof.

import { booleanOption, type ConfigOptionWithDefault } from './config-option.js';

/** How values pass between the program and its state. */
export const StateOptions: {
  readonly OBJECT_REUSE: ConfigOptionWithDefault<boolean>;
  readonly CHECK_MUTATION: ConfigOptionWithDefault<boolean>;
} = {
  OBJECT_REUSE: booleanOption({
    key: 'state.object-reuse',
    defaultValue: false,
    description:
      'true: mutable values are handed over without a copy; the program must neither keep nor change them. false: they are copied out on read and in on update.',
  }),
  CHECK_MUTATION: booleanOption({
    key: 'state.check-mutation',
    defaultValue: false,
    description:
      'Development aid for state.object-reuse: finds values that were changed after they had been handed over.',
  }),
};
