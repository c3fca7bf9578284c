// The names with which Flink once chose a backend and a storage at a time.
//
// Owns: what they mean today and what to write instead.

import type { StateLogger } from '../ambient/logger.js';

/** Which storage a former name asks for. */
export type ClassicStorage = 'jobmanager' | 'filesystem';

/** A former name of a backend in today's words. */
export interface FormerName {
  readonly stateBackend: string;
  /** Set when the name chose the storage, too. */
  readonly checkpointStorage?: ClassicStorage;
}

const FORMER_NAMES: ReadonlyMap<string, FormerName> = new Map<string, FormerName>([
  ['jobmanager', { stateBackend: 'hashmap', checkpointStorage: 'jobmanager' }],
  ['filesystem', { stateBackend: 'hashmap', checkpointStorage: 'filesystem' }],
  ['rocksdb', { stateBackend: 'lmdb' }],
]);

/** What a former name means, or `undefined` when the name is a present one. */
export function formerNameOf(name: string): FormerName | undefined {
  return FORMER_NAMES.get(name.trim().toLowerCase());
}

/** Warns that a former name was used and says what to write instead. */
export function warnOfFormerName(logger: StateLogger, name: string, former: FormerName, origin: string): void {
  const storage = former.checkpointStorage && ` and execution.checkpointing.storage: ${former.checkpointStorage}`;
  logger.warn(
    'state-backend-name-deprecated',
    `state.backend: ${name} (${origin}) is a former name; write state.backend: ${former.stateBackend}${storage ?? ''} instead`,
    { name, replacement: former.stateBackend, checkpointStorage: former.checkpointStorage, origin },
  );
}
