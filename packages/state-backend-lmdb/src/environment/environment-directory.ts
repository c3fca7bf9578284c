// The directory of one environment, and to whom it belongs.
//
//   <local dir>/<job>/<operator>_<first>-<last>_<attempt>/
//     owner.json        who has it; always there
//     state-<n>.mdb     while it is being made; afterwards it has no name any more
//     scratch-<n>       where open files cannot be without a name
//   <local dir>/.claim-… and .trash-…    on the way in and out
//
//   ED1. A directory appears under its name together with its owner (renamed into place), so nobody finds one without.
//   ED2. It is taken by one at a time, among processes and among threads: a rename does not replace a directory that
//        holds something.
//   ED3. What a dead process left is removed, and what a thread of this one that has ended. What may belong to a live one
//        never is: where that cannot be told, it stays.
//   ED4. Whoever removes moves out of the way first and looks again at what it has moved.
//   ED5. owner.json is the last to be removed. So what has none and is in its place is empty, and was left by somebody who was
//        ended between the two: anybody may remove it.

import { randomBytes } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, renameSync, rmdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { threadId } from 'node:worker_threads';
import { StateError } from '@tidemark/state-core';
import { directoryName } from './directory-name.js';
import { localFileError } from './local-file-errors.js';
import {
  hasThreadEnded,
  isProcessIdentity,
  livenessOf,
  type ProcessIdentity,
  type ProcessLiveness,
  thisProcess,
  thisThread,
} from './process-identity.js';

const OWNER_FILE: string = 'owner.json';
const CLAIM: string = '.claim-';
const TRASH: string = '.trash-';
const CLAIM_ATTEMPTS: number = 8;
/** Key groups and attempt: how the name of every environment ends. */
const ENVIRONMENT: RegExp = /_\d+-\d+_\d+$/;

/** For whom a directory is. */
export interface EnvironmentName {
  readonly jobId: string;
  readonly operatorIdentifier: string;
  readonly firstKeyGroup: number;
  readonly lastKeyGroup: number;
  readonly attempt: number;
}

/** What owner.json says. */
interface Owner {
  readonly format: 1;
  /** Of this one environment: stands in the header of its file as well. */
  readonly lineage: string;
  readonly thread: number;
  /** Which thread of the process: as {@link thisThread} has it. */
  readonly task?: string;
  readonly process: ProcessIdentity;
}

/** A directory that belongs to this process. */
export class EnvironmentDirectory {
  readonly path: string;
  readonly lineage: string;

  private constructor(path: string, lineage: string) {
    this.path = path;
    this.lineage = lineage;
  }

  /**
   * Takes the directory of a name; what a dead process left there is removed.
   *
   * @throws StateError `local-directory-in-use`, `storage-*`.
   */
  static claim(localDirectory: string, name: EnvironmentName): EnvironmentDirectory {
    const path = join(localDirectory, directoryName(name.jobId), lastComponentOf(name));
    const lineage = randomId();
    const claim = join(localDirectory, `${CLAIM}${process.pid}-${lineage}`);
    try {
      makeDirectory(claim);
      writeFileSync(join(claim, OWNER_FILE), JSON.stringify(ownerOf(lineage)), { mode: 0o600 });
      moveInto(localDirectory, claim, path);
    } catch (error) {
      removeQuietly(claim);
      throw error instanceof StateError ? error : localFileError(error, 'make the directory of working state', path);
    }
    return new EnvironmentDirectory(path, lineage);
  }

  /** Gives it up, with everything in it. */
  release(): void {
    removeQuietly(this.path);
    removeEmptyQuietly(dirname(this.path));
  }
}

/**
 * Removes what dead processes left in a local directory.
 *
 * @returns The paths that were removed, and those whose owner cannot be judged from here.
 */
export function removeStaleDirectories(localDirectory: string): {
  readonly removed: readonly string[];
  readonly unknown: readonly string[];
} {
  const removed: string[] = [];
  const unknown: string[] = [];
  for (const job of namesIn(localDirectory)) {
    const jobPath = join(localDirectory, job);
    const isOnTheWay = job.startsWith(CLAIM) || job.startsWith(TRASH);
    for (const path of isOnTheWay ? [jobPath] : namesIn(jobPath).map((name) => join(jobPath, name))) {
      const owner = readOwner(path);
      if (owner === undefined) {
        if (isGivenUpClaim(job)) removeQuietly(path);
        // Not a claim: whoever makes that writes its owner next.
        else if (job.startsWith(TRASH) || (!isOnTheWay && ENVIRONMENT.test(path))) removeEmptyQuietly(path);
        continue;
      }
      const liveness = livenessOfOwner(owner);
      if (liveness === 'unknown') unknown.push(path);
      if (liveness === 'dead' && removeStale(localDirectory, path)) removed.push(path);
    }
    if (!isOnTheWay) removeEmptyQuietly(jobPath);
  }
  return { removed, unknown };
}

/** Whoever made it has ended before it could say whose it is, or in the middle of that. */
function isGivenUpClaim(name: string): boolean {
  const pid = Number(/^\.claim-(\d+)-/.exec(name)?.[1]);
  return Number.isSafeInteger(pid) && livenessOf({ ...thisProcess(), pid, started: '' }) === 'dead';
}

function moveInto(localDirectory: string, claim: string, path: string): void {
  for (let attempt = 1; ; attempt++) {
    makeDirectory(dirname(path));
    try {
      renameSync(claim, path);
      return;
    } catch (error) {
      const code = String((error as { readonly code?: unknown }).code);
      // ENOENT: the last owner of another directory of this job has just removed the empty one around it.
      const isTaken = ['ENOTEMPTY', 'EEXIST', 'EPERM', 'EACCES'].includes(code) && namesIn(path).length > 0;
      if (attempt === CLAIM_ATTEMPTS || !(isTaken || code === 'ENOENT')) throw error;
      if (isTaken) makeWay(localDirectory, path);
    }
  }
}

function makeWay(localDirectory: string, path: string): void {
  const owner = readOwner(path);
  if (owner === undefined && namesIn(path).length === 0) return;
  const liveness = owner === undefined ? 'unknown' : livenessOfOwner(owner);
  if (liveness === 'dead') {
    removeStale(localDirectory, path);
    return;
  }
  const who =
    owner === undefined
      ? 'somebody whose owner.json cannot be read'
      : `process ${owner.process.pid} on ${owner.process.host}${owner.thread === 0 ? '' : `, thread ${owner.thread}`}`;
  const advice =
    liveness === 'alive'
      ? 'stop it, or open this state under another name, attempt or state.backend.lmdb.localdir'
      : 'if that one runs no more, remove the directory; else set state.backend.lmdb.localdir to a directory that is not shared';
  throw new StateError('local-directory-in-use', `${path} belongs to ${who}; ${advice}`, {
    details: { path, pid: owner?.process.pid, host: owner?.process.host, thread: owner?.thread },
  });
}

/** Whether it was removed here. */
function removeStale(localDirectory: string, path: string): boolean {
  const trash = join(localDirectory, `${TRASH}${randomId()}`);
  try {
    renameSync(path, trash);
  } catch {
    // Somebody else removes it, or may not be written to; whoever needs the name is told then.
    return false;
  }
  const owner = readOwner(trash);
  if (owner !== undefined && livenessOfOwner(owner) !== 'dead') {
    try {
      renameSync(trash, path);
    } catch {
      // Its place is taken. Nothing that a live environment needs is found by name.
    }
    return false;
  }
  removeQuietly(trash);
  return true;
}

function ownerOf(lineage: string): Owner {
  return { format: 1, lineage, thread: threadId, task: thisThread(), process: thisProcess() };
}

function livenessOfOwner({ process: owner, task }: Owner): ProcessLiveness {
  const liveness = livenessOf(owner);
  const isOfThisProcess = liveness === 'alive' && owner.pid === process.pid && owner.started !== '';
  return isOfThisProcess && typeof task === 'string' && hasThreadEnded(task) ? 'dead' : liveness;
}

function readOwner(path: string): Owner | undefined {
  try {
    const owner = JSON.parse(readFileSync(join(path, OWNER_FILE), 'utf8')) as Partial<Owner>;
    return owner.format === 1 && isProcessIdentity(owner.process) ? (owner as Owner) : undefined;
  } catch {
    return undefined;
  }
}

function lastComponentOf({ operatorIdentifier, firstKeyGroup, lastKeyGroup, attempt }: EnvironmentName): string {
  return `${directoryName(operatorIdentifier)}_${firstKeyGroup}-${lastKeyGroup}_${attempt}`;
}

/** Step by step: Node's own way of making parents turns every reason into "no such file". */
function makeDirectory(path: string): void {
  try {
    mkdirSync(path, { mode: 0o700 });
  } catch (error) {
    const { code } = error as { readonly code?: unknown };
    if (code === 'ENOENT' && dirname(path) !== path) {
      makeDirectory(dirname(path));
      makeDirectory(path);
    } else if (!statSync(path, { throwIfNoEntry: false })?.isDirectory()) {
      throw error;
    }
  }
}

function randomId(): string {
  return randomBytes(8).toString('hex');
}

function namesIn(path: string): string[] {
  try {
    return readdirSync(path);
  } catch {
    return [];
  }
}

/** See ED5. */
function removeQuietly(path: string): void {
  try {
    for (const name of namesIn(path))
      if (name !== OWNER_FILE) rmSync(join(path, name), { recursive: true, force: true });
    rmSync(path, { recursive: true, force: true });
  } catch {
    // It is found and removed when the next environment is opened.
  }
}

function removeEmptyQuietly(path: string): void {
  try {
    rmdirSync(path);
  } catch {
    // Others are in it.
  }
}
