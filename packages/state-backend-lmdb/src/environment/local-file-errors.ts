// What failures of the local disk mean to a person.
//
//   LE1. Every error of the operating system and of LMDB becomes a StateError that names the path and what to do.

import { type KnownStateErrorCode, StateError } from '@tidemark/state-core';

interface Meaning {
  readonly code: KnownStateErrorCode;
  readonly advice: string;
}

const ELSEWHERE: string = 'set state.backend.lmdb.localdir to a directory';

const NO_SPACE: Meaning = {
  code: 'storage-no-space',
  advice: `there is no space left; free some, raise the quota, or ${ELSEWHERE} on a larger volume; nothing was lost, the write can be tried again`,
};
const DENIED: Meaning = {
  code: 'storage-permission-denied',
  advice: `the user of this process may not; give that user read, write and search permission on the directory (chown or chmod), or ${ELSEWHERE} of its own`,
};
const TOO_MANY_FILES: Meaning = {
  code: 'storage-io-failed',
  advice: 'too many files are open; raise the limit (ulimit -n 65536)',
};

const MEANINGS: Readonly<Record<string, Meaning>> = {
  EACCES: DENIED,
  EPERM: DENIED,
  EROFS: {
    code: 'storage-read-only',
    advice: `the file system is mounted read-only; remount it for writing, or ${ELSEWHERE} elsewhere`,
  },
  ENOSPC: NO_SPACE,
  EDQUOT: NO_SPACE,
  EMFILE: TOO_MANY_FILES,
  ENFILE: TOO_MANY_FILES,
  ENOTDIR: {
    code: 'storage-io-failed',
    advice: `a part of the path is a file and no directory; ${ELSEWHERE}`,
  },
  ENAMETOOLONG: {
    code: 'storage-io-failed',
    advice: `the path is longer than the file system allows; ${ELSEWHERE} with a shorter path`,
  },
};

/** The StateError for a failure of the operating system. */
export function localFileError(error: unknown, operation: string, path: string): StateError {
  const systemCode = (error as { readonly code?: unknown } | null)?.code;
  const meaning = MEANINGS[String(systemCode)] ?? {
    code: 'storage-io-failed',
    advice: `the disk refused; check it, or ${ELSEWHERE} on another`,
  };
  const reason = typeof systemCode === 'string' ? systemCode : String((error as Error)?.message ?? error);
  return new StateError(meaning.code, `cannot ${operation} ${path}: ${meaning.advice} (${reason})`, {
    details: { path, operation, systemCode },
    cause: error,
  });
}

/** The file would grow over its limit. */
export function fileFull(path: string, limitBytes: number): StateError {
  return new StateError(
    'storage-no-space',
    `${path} has reached its limit of ${limitBytes} bytes; raise state.backend.lmdb.max-file-size, or remove state; nothing was lost, the write can be tried again`,
    { details: { path, limitBytes } },
  );
}

/** The file cannot be mapped at the size that it needs. */
export function addressSpaceFull(path: string, mapBytes: number, freeBytes: number): StateError {
  return new StateError(
    'storage-no-space',
    `${path} needs ${mapBytes} bytes of address space and this process has ${freeBytes} left for it; raise the limit of the process (ulimit -v unlimited), or remove state; nothing was lost, the write can be tried again`,
    { details: { path, mapBytes, freeBytes } },
  );
}

/** There is no address space to begin with. */
export function mapTooLarge(path: string, mapBytes: number, freeBytes: number): StateError {
  return new StateError(
    'config-value-invalid',
    `state.backend.lmdb.map-size: ${mapBytes} bytes of address space for ${path} cannot be had, this process has ${freeBytes} left for it; write a smaller size, such as 64 mb (a file outgrows it by itself), or raise the limit of the process (ulimit -v unlimited)`,
    { details: { option: 'state.backend.lmdb.map-size', path, mapBytes, freeBytes } },
  );
}

/** The working state cannot be relied on any more. */
export function localStateBroken(path: string, reason: string, cause?: unknown): StateError {
  return new StateError(
    'local-state-broken',
    `the working state in ${path} is broken: ${reason}. Close this instance and open it again: it then starts from the last checkpoint, in a new file. If it happens again, check the disk`,
    { details: { path, reason }, cause },
  );
}
