// What lies where under a checkpoint directory, and what the names mean.
//
//   <directory>/                     execution.checkpointing.dir
//     <job>/                         jobDirectoryName(jobId); left out when create-subdir is false
//       owner-<epoch>                a takeover, made exclusively
//       owner-<epoch>-from-...       what that owner continues: `-from-none`, `-from-<epoch>-<checkpoint id>`, or
//                                    `-from-external` with {"pointer":"<uri>"}, for any other snapshot, and "claim":true
//                                    where it belongs to the job
//       owner-<epoch>-published      that owner has completed a checkpoint, whether any is left or not
//       claim-<32 hex digits>        a snapshot from elsewhere that belongs to the job: filesystem-snapshot-claims.ts
//       chk-<id>/                    made exclusively; one checkpoint
//         _metadata                  made last and at once: without it the checkpoint does not exist
//         <32 hex digits>            state of this checkpoint alone
//       shared/<32 hex digits>       state that later checkpoints may use
//       taskowned/<32 hex digits>    state that tasks keep and remove themselves
//   <savepoint directory>/
//     savepoint-<job>-<random>/      _metadata, _claimed where it belongs to a job, and every file of the savepoint
//
//   L1. Facts about ownership are names: a name is there or not, it cannot be half written. The one content that counts
//       appears whole with its name.
//   L2. With entropy, state files lie under the directory with the marker replaced, metadata and owners under the
//       directory without it.

import { childPath, lastName, parentPath } from './file-system/file-paths.js';
import type { FileSystem } from './file-system/file-system.js';

export const METADATA_FILE_NAME: '_metadata' = '_metadata';
export const SHARED_DIRECTORY_NAME: 'shared' = 'shared';
export const TASK_OWNED_DIRECTORY_NAME: 'taskowned' = 'taskowned';

/** The directory of one checkpoint. */
export function checkpointDirectoryName(checkpointId: number): string {
  return `chk-${checkpointId}`;
}

/** The id in the name of a checkpoint directory; `undefined` for any other name. */
export function checkpointIdOf(name: string): number | undefined {
  const digits = /^chk-([1-9]\d{0,15})$/.exec(name)?.[1];
  const id = Number(digits);
  return digits !== undefined && Number.isSafeInteger(id) ? id : undefined;
}

/** Whether a name can be that of a state file. */
export function isStateFileName(name: string): boolean {
  return /^[A-Za-z0-9][A-Za-z0-9._-]{0,254}$/.test(name);
}

/** The top of the tree that a file of a snapshot belongs to: nothing below it may be a symbolic link. */
export function snapshotRootOf(filePath: string): string {
  const directory = parentPath(filePath);
  const name = lastName(directory);
  const belongsToJob =
    name === SHARED_DIRECTORY_NAME || name === TASK_OWNED_DIRECTORY_NAME || checkpointIdOf(name) !== undefined;
  return belongsToJob ? parentPath(directory) : directory;
}

/** The marker in a checkpoint directory that is replaced by random characters in the paths of state files. */
export interface EntropySettings {
  readonly key: string;
  readonly length: number;
}

/** A directory that holds one kind of state files, in words that metadata can hold. */
export interface StateDirectory {
  readonly path: string;
  /** The directory seen from the metadata: `''`, `../shared/`, with entropy `entropy/<characters>/shared/`. */
  readonly referencePrefix: string;
}

/** The directories of one job in one checkpoint directory. */
export class JobLayout {
  readonly fileSystem: FileSystem;
  /** Owners and checkpoints are in here. */
  readonly jobPath: string;
  readonly #entropy: { readonly before: string; readonly after: string; readonly length: number } | undefined;

  /** @param jobDirectory - Name of the job's directory; `undefined` puts checkpoints into `path` itself. */
  constructor(fileSystem: FileSystem, path: string, jobDirectory: string | undefined, entropy?: EntropySettings) {
    this.fileSystem = fileSystem;
    const at = entropy === undefined ? -1 : path.indexOf(entropy.key);
    const jobSuffix = jobDirectory === undefined ? '' : `/${jobDirectory}`;
    if (entropy === undefined || at < 0) {
      this.jobPath = jobDirectory === undefined ? path : childPath(path, jobDirectory);
      return;
    }
    const before = path.slice(0, at);
    const after = path.slice(at + entropy.key.length) + jobSuffix;
    this.jobPath = (before + after).replaceAll(/\/{2,}/g, '/').replace(/\/$/, '');
    this.#entropy = { before, after, length: entropy.length };
  }

  /** Whether state files lie elsewhere than metadata. */
  get hasEntropy(): boolean {
    return this.#entropy !== undefined;
  }

  /** Characters of randomness that a state file needs. */
  get entropyLength(): number {
    return this.#entropy?.length ?? 0;
  }

  checkpointPath(checkpointId: number): string {
    return childPath(this.jobPath, checkpointDirectoryName(checkpointId));
  }

  get sharedPath(): string {
    return childPath(this.jobPath, SHARED_DIRECTORY_NAME);
  }

  get taskOwnedPath(): string {
    return childPath(this.jobPath, TASK_OWNED_DIRECTORY_NAME);
  }

  /** Where a state file of `directoryName` (`chk-7`, `shared`, `taskowned`) goes. */
  statePath(directoryName: string, entropy: string): string {
    if (this.#entropy === undefined) return childPath(this.jobPath, directoryName);
    return childPath(this.#entropy.before + entropy + this.#entropy.after, directoryName);
  }

  /** The entropy in the path of a state directory, if it is one of this layout. */
  entropyOf(stateDirectoryPath: string, directoryName: string): string | undefined {
    const parts = this.#entropy;
    if (parts === undefined || !stateDirectoryPath.startsWith(parts.before)) return undefined;
    const entropy = stateDirectoryPath.slice(parts.before.length, parts.before.length + parts.length);
    if (!isEntropy(entropy) || this.statePath(directoryName, entropy) !== stateDirectoryPath) return undefined;
    return entropy;
  }

  /** Every state directory `directoryName` that exists apart from the one beside the metadata. */
  async entropyDirectories(directoryName: string): Promise<string[]> {
    const parts = this.#entropy;
    if (parts === undefined) return [];
    const slash = parts.before.lastIndexOf('/') + 1;
    const [top, namePrefix] = [parts.before.slice(0, Math.max(1, slash - 1)), parts.before.slice(slash)];
    const found: string[] = [];
    for (const entry of (await this.fileSystem.listDirectory(top)) ?? []) {
      const entropy = entry.name.slice(namePrefix.length, namePrefix.length + parts.length);
      if (entry.kind !== 'directory' || !entry.name.startsWith(namePrefix) || !isEntropy(entropy)) continue;
      const path = this.statePath(directoryName, entropy);
      if ((await this.fileSystem.status(path))?.kind === 'directory') found.push(path);
    }
    return found;
  }
}

/** Random characters for the place of the marker. */
export function entropyFrom(hexDigits: string, length: number): string {
  return hexDigits.slice(0, length);
}

function isEntropy(text: string): boolean {
  return /^[0-9a-f]+$/.test(text);
}
