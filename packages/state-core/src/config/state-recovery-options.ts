// The options of restoring from a checkpoint or savepoint, under the names of Flink's constants.

import {
  booleanOption,
  type ConfigOption,
  type ConfigOptionWithDefault,
  enumOption,
  stringOption,
} from './config-option.js';

/** Who owns the snapshot that was restored: the new job (`CLAIM`) or whoever owned it before (`NO_CLAIM`). */
export type RestoreMode = 'NO_CLAIM' | 'CLAIM';

/** What is restored, and how. */
export const StateRecoveryOptions: {
  readonly SAVEPOINT_PATH: ConfigOption<string>;
  readonly RESTORE_MODE: ConfigOptionWithDefault<RestoreMode>;
  readonly SAVEPOINT_IGNORE_UNCLAIMED_STATE: ConfigOptionWithDefault<boolean>;
} = {
  SAVEPOINT_PATH: stringOption({
    key: 'execution.state-recovery.path',
    deprecatedKeys: ['execution.savepoint.path'],
    description: 'The checkpoint or savepoint to start from: its directory, its _metadata file, or a URI of either.',
  }),
  RESTORE_MODE: enumOption({
    key: 'execution.state-recovery.claim-mode',
    deprecatedKeys: ['execution.savepoint-restore-mode'],
    allowedValues: ['NO_CLAIM', 'CLAIM'],
    defaultValue: 'NO_CLAIM',
    description:
      'CLAIM: the restored snapshot now belongs to this job, which deletes it when it is no longer needed. NO_CLAIM: it is never deleted nor depended upon.',
  }),
  SAVEPOINT_IGNORE_UNCLAIMED_STATE: booleanOption({
    key: 'execution.state-recovery.ignore-unclaimed-state',
    deprecatedKeys: ['execution.savepoint.ignore-unclaimed-state'],
    defaultValue: false,
    description: 'Whether to start although the snapshot has state that no operator of the program claims.',
  }),
};
