// The one place that knows what Node's file errors mean to a person.
//
//   N1. Every error of the operating system becomes a StateError with the path, the operation and what to do.

import type { KnownStateErrorCode } from '@tidemark/state-core';
import { StateError } from '@tidemark/state-core';

interface Meaning {
  readonly code: KnownStateErrorCode;
  /** What happened and what to do about it, after "cannot <operation> <path>: ". */
  readonly advice: string;
}

const DENIED: Meaning = {
  code: 'storage-permission-denied',
  advice:
    'the user of this process may not; give that user read, write and search permission on the directory (chown or chmod), or set execution.checkpointing.dir to a directory of its own',
};

const NO_SPACE: Meaning = {
  code: 'storage-no-space',
  advice:
    'there is no space left; free some, raise the quota, keep fewer checkpoints (execution.checkpointing.num-retained), or set execution.checkpointing.dir to a larger volume',
};

const TOO_MANY_FILES: Meaning = {
  code: 'storage-io-failed',
  advice: 'too many files are open; raise the limit (ulimit -n 65536) or write fewer states at a time',
};

const MEANINGS: Readonly<Record<string, Meaning>> = {
  EACCES: DENIED,
  EPERM: DENIED,
  EROFS: {
    code: 'storage-read-only',
    advice:
      'the file system is mounted read-only; remount it for writing or set execution.checkpointing.dir to a directory elsewhere',
  },
  ENOSPC: NO_SPACE,
  EDQUOT: NO_SPACE,
  EMFILE: TOO_MANY_FILES,
  ENFILE: TOO_MANY_FILES,
  ENOENT: {
    code: 'storage-io-failed',
    advice:
      'a directory on the way is gone; something outside this program removes directories of checkpoints, stop that',
  },
  ENOTDIR: {
    code: 'storage-io-failed',
    advice: 'a part of the path is a file and no directory; set execution.checkpointing.dir to a directory',
  },
  ELOOP: {
    code: 'path-not-allowed',
    advice: 'it is a symbolic link, and inside a snapshot none is followed; copy the file itself to this place',
  },
  ENAMETOOLONG: {
    code: 'storage-io-failed',
    advice: 'the path is longer than the file system allows; set execution.checkpointing.dir to a shorter one',
  },
  EIO: { code: 'storage-io-failed', advice: 'the device reported a fault; check the disk, then try again' },
  ESTALE: { code: 'storage-io-failed', advice: 'the network file system lost the file; remount it, then try again' },
};

/** The code that Node gives an error of the operating system; `undefined` for anything else. */
export function systemErrorCode(error: unknown): string | undefined {
  const code = (error as { readonly code?: unknown } | null)?.code;
  return typeof code === 'string' ? code : undefined;
}

/**
 * The StateError for a failure of the operating system.
 *
 * @param operation - What was tried, as a verb: `create`, `read`, `make durable`.
 */
export function translateNodeFileSystemError(error: unknown, operation: string, path: string): StateError {
  const systemCode = systemErrorCode(error);
  const meaning = MEANINGS[systemCode ?? ''] ?? {
    code: 'storage-io-failed',
    advice: 'the file system refused for a reason that this version has no advice for; the cause below tells it',
  };
  return new StateError(
    meaning.code,
    `cannot ${operation} ${path}: ${meaning.advice} (${systemCode ?? String((error as Error)?.message ?? error)})`,
    { details: { path, operation, systemCode }, cause: error },
  );
}
