// The closed list of failures that Tidemark reports, and what a caller should do about each.
//
// Owns: the names of the codes and the kind of each. Messages belong to the place that throws.
//
//   E1. A code is stable within a major version; its message is not part of the API.
//   E2. Every code has a heading in docs/errors.md, a test that provokes it and a `@throws` that names it.
//   E3. Third parties add codes as `x-<name>-<code>` and take their kind from this list.

/**
 * What the caller of a failed operation should do.
 *
 * - `configure`: fix the configuration, the program or the installation, then start again.
 * - `retry`: repeat later; nothing was lost.
 * - `restore`: give this instance up and go back to the last checkpoint.
 * - `incompatible`: migrate the state, or choose another snapshot.
 * - `corrupt`: choose another snapshot and keep the bytes for study.
 * - `closed`: stop calling.
 * - `unsupported`: look at the capabilities first.
 */
export type StateErrorKind = 'configure' | 'retry' | 'restore' | 'incompatible' | 'corrupt' | 'closed' | 'unsupported';

/** Every code of the library with its kind. The headings of docs/errors.md follow this table. */
export const STATE_ERROR_CODES = {
  // Configuration and loading.
  'config-value-invalid': 'configure',
  'config-key-unknown': 'configure',
  'config-key-unsupported': 'unsupported',
  'config-file-invalid': 'configure',
  'config-option-missing': 'configure',
  'factory-not-found': 'configure',
  'factory-invalid': 'configure',
  'factory-failed': 'configure',
  'api-version-mismatch': 'configure',
  'file-system-scheme-unknown': 'configure',
  'native-module-missing': 'configure',

  // Programs.
  'state-not-declared': 'configure',
  'state-already-registered': 'configure',
  'too-many-states': 'configure',
  'no-current-key': 'configure',
  'async-handler': 'configure',
  'key-group-out-of-range': 'configure',
  'mutation-detected': 'configure',
  'serializer-missing': 'configure',
  'key-type-unsupported': 'configure',
  'max-parallelism-mismatch': 'incompatible',
  'concurrent-modification': 'restore',

  // Values.
  'value-not-serializable': 'configure',
  'value-too-large': 'configure',
  'value-invalid': 'configure',

  // Schemas.
  'key-serializer-incompatible': 'incompatible',
  'namespace-serializer-incompatible': 'incompatible',
  'value-serializer-incompatible': 'incompatible',
  'state-type-incompatible': 'incompatible',
  'state-orphaned': 'incompatible',
  'discarded-state-unknown': 'configure',

  // Snapshots and stored bytes.
  'bytes-truncated': 'corrupt',
  'bytes-invalid': 'corrupt',
  'checksum-mismatch': 'corrupt',
  'snapshot-invalid': 'corrupt',
  'metadata-invalid': 'corrupt',
  'format-version-unsupported': 'incompatible',
  'file-missing': 'corrupt',
  'no-valid-checkpoint': 'corrupt',
  'path-not-allowed': 'corrupt',
  'compression-unknown': 'configure',

  // Checkpoints.
  'checkpoint-in-progress': 'retry',
  'checkpoint-inside-handler': 'configure',
  'checkpoint-aborted': 'retry',
  'checkpoint-failed': 'retry',
  'checkpoint-not-found': 'configure',
  'checkpoint-location-exists': 'retry',
  'too-many-concurrent-snapshots': 'retry',
  'snapshot-released': 'closed',
  'state-size-limit-exceeded': 'configure',
  'checkpoint-size-limit-exceeded': 'configure',
  'savepoint-location-missing': 'configure',
  'snapshot-claimed': 'configure',
  'shared-state-unknown': 'restore',
  'shared-state-conflict': 'restore',
  'restore-failed': 'restore',
  fenced: 'restore',

  // Storage.
  'storage-permission-denied': 'configure',
  'storage-read-only': 'configure',
  'storage-no-space': 'retry',
  'storage-io-failed': 'retry',
  'local-directory-in-use': 'configure',
  'local-state-broken': 'restore',

  // Life cycle.
  'backend-closed': 'closed',
  'stream-closed': 'closed',
  'registry-closed': 'closed',
  'state-closed': 'closed',
  'capability-missing': 'unsupported',
} as const;

/** A code of the library. */
export type KnownStateErrorCode = keyof typeof STATE_ERROR_CODES;

/** A code of the library or of a third party (`x-<name>-<code>`). */
export type StateErrorCode = KnownStateErrorCode | `x-${string}-${string}`;
