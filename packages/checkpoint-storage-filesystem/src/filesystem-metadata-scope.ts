// What metadata may refer to, and in which words.
//
//   <name>                      a file beside the metadata
//   ../shared/<name>            a file of the job that several checkpoints use
//   ../taskowned/<name>         a file of the job that a task keeps
//   entropy/<c>/<dir>/<name>    the same with entropy: <dir> is chk-<id>, shared or taskowned
//
//   R1. A reference holds no absolute path and no name of a job: a copied tree reads from the copy.
//   R2. Every reference resolves inside the tree of its own snapshot. Whatever else metadata contains is refused before
//       a file is touched; symbolic links are refused when the file is opened.

import { StateError } from '@tidemark/state-core';
import type { CheckpointMetadataScope } from '@tidemark/state-core/spi';
import {
  checkpointIdOf,
  isStateFileName,
  type JobLayout,
  METADATA_FILE_NAME,
  SHARED_DIRECTORY_NAME,
  TASK_OWNED_DIRECTORY_NAME,
} from './checkpoint-directory-layout.js';
import { childPath, lastName, parentPath } from './file-system/file-paths.js';
import type { FileSystem } from './file-system/file-system.js';
import type { FileSystems } from './file-system/file-systems.js';

/** Translates between absolute locations and the references in one `_metadata`. */
export class FileSystemMetadataScope implements CheckpointMetadataScope {
  readonly #fileSystems: FileSystems;
  readonly #fileSystem: FileSystem;
  readonly #directory: string;
  readonly #layout: JobLayout | undefined;

  /**
   * @param directory - The directory of the metadata.
   * @param layout - The layout of the job, when the snapshot is one of it: needed for entropy.
   */
  constructor(fileSystems: FileSystems, fileSystem: FileSystem, directory: string, layout?: JobLayout) {
    this.#fileSystems = fileSystems;
    this.#fileSystem = fileSystem;
    this.#directory = directory;
    this.#layout = layout;
  }

  referenceOf(location: string): string {
    const { fileSystem, path } = this.#fileSystems.locate(location);
    const [directory, name] = [parentPath(path), lastName(path)];
    const prefix = fileSystem === this.#fileSystem && isStateFileName(name) ? this.#prefixOf(directory) : undefined;
    if (prefix !== undefined) return prefix + name;
    throw new StateError(
      'path-not-allowed',
      `the snapshot in ${this.#uri()} cannot refer to ${location}: a snapshot refers to its own files and to those its job shares, so that it stays whole when it is copied or when the other is removed; write the bytes again`,
      { details: { location, snapshot: this.#uri() } },
    );
  }

  locationOf(reference: string): string {
    const slash = reference.lastIndexOf('/') + 1;
    const [prefix, name] = [reference.slice(0, slash), reference.slice(slash)];
    const directory = isStateFileName(name) ? this.#directoryOf(prefix) : undefined;
    if (directory !== undefined) return this.#fileSystem.uriOf(childPath(directory, name));
    throw new StateError(
      'path-not-allowed',
      `the metadata in ${this.#uri()} refers to '${reference}', which is none of its own files nor of those its job shares: it is damaged or was made to read something else; restore another snapshot. (A directory chk-<number> must keep its name, because that is where shared files are looked for beside it.)`,
      { details: { reference, snapshot: this.#uri() } },
    );
  }

  #prefixOf(directory: string): string | undefined {
    if (directory === this.#directory) return '';
    const name = lastName(directory);
    const isOfJob = name === SHARED_DIRECTORY_NAME || name === TASK_OWNED_DIRECTORY_NAME;
    if (isOfJob && this.#belongsToJob() && parentPath(directory) === parentPath(this.#directory)) return `../${name}/`;
    if (!isOfJob && name !== lastName(this.#directory)) return undefined;
    const entropy = this.#layout?.entropyOf(directory, name);
    return entropy === undefined ? undefined : `entropy/${entropy}/${name}/`;
  }

  #directoryOf(prefix: string): string | undefined {
    if (prefix === '') return this.#directory;
    const shared = /^\.\.\/(shared|taskowned)\/$/.exec(prefix)?.[1];
    if (shared !== undefined) return this.#belongsToJob() ? childPath(parentPath(this.#directory), shared) : undefined;
    const [, entropy, name] = /^entropy\/([0-9a-f]+)\/(shared|taskowned|chk-\d+)\/$/.exec(prefix) ?? [];
    if (this.#layout === undefined || entropy === undefined || name === undefined) return undefined;
    if (name.startsWith('chk-') && name !== lastName(this.#directory)) return undefined;
    const directory = this.#layout.statePath(name, entropy);
    return this.#layout.entropyOf(directory, name) === undefined ? undefined : directory;
  }

  #belongsToJob(): boolean {
    return checkpointIdOf(lastName(this.#directory)) !== undefined;
  }

  #uri(): string {
    return this.#fileSystem.uriOf(childPath(this.#directory, METADATA_FILE_NAME));
  }
}
