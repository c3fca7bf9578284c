// One checkpoint or savepoint from its directory to its publication.
//
//   P1. The files of the snapshot and their names are durable before the metadata has its name.
//   P2. An owner that was overtaken before or during a publication never hears of success. Metadata that it has linked
//       is taken back when every newer owner has decided to continue from something else; otherwise it stays, because a
//       newer owner may have seen it: the decision that it records says whether it counts.
//   P3. What was left to a newer owner is not removed by this location any more.

import { StateError } from '@tidemark/state-core';
import type { CheckpointOwner, CheckpointStorageLocation, CompletedCheckpointPointer } from '@tidemark/state-core/spi';
import { publishAtomically } from './atomic-publication.js';
import { METADATA_FILE_NAME } from './checkpoint-directory-layout.js';
import { removeTree } from './file-system/directory-tree.js';
import { childPath } from './file-system/file-paths.js';
import type { FileSystem } from './file-system/file-system.js';
import type { FileSystemMetadataScope } from './filesystem-metadata-scope.js';
import type { FileSystemOwnership } from './filesystem-ownership.js';

/** What a location is made of. */
export interface FileSystemCheckpointLocationSettings {
  readonly fileSystem: FileSystem;
  readonly checkpointId: number;
  /** Where the metadata goes; was made for this location. */
  readonly directory: string;
  /** Names the location to worker views; empty for a checkpoint in its usual place. */
  readonly reference: string;
  readonly scope: FileSystemMetadataScope;
  /** Other directories whose names must be durable before the publication. */
  readonly directoriesWrittenTo: readonly string[];
  /** Directories apart from `directory` that hold files of this snapshot alone, looked up when they are removed. */
  readonly exclusiveDirectoriesElsewhere: () => Promise<readonly string[]>;
  /** Who publishes; absent for savepoints, which belong to nobody. */
  readonly owner?: { readonly ownership: FileSystemOwnership; readonly is: CheckpointOwner };
  /** A fresh name for a temporary file. */
  readonly newName: () => string;
}

/** A location in a directory of its own. */
export class FileSystemCheckpointLocation implements CheckpointStorageLocation {
  readonly checkpointId: number;
  readonly reference: string;
  readonly externalPointer: string;
  readonly #settings: FileSystemCheckpointLocationSettings;
  #leftToNewerOwner = false;

  constructor(settings: FileSystemCheckpointLocationSettings) {
    this.#settings = settings;
    this.checkpointId = settings.checkpointId;
    this.reference = settings.reference;
    this.externalPointer = settings.fileSystem.uriOf(settings.directory);
  }

  referenceOf(location: string): string {
    return this.#settings.scope.referenceOf(location);
  }

  locationOf(reference: string): string {
    return this.#settings.scope.locationOf(reference);
  }

  async publish(metadata: Uint8Array, signal?: AbortSignal): Promise<CompletedCheckpointPointer> {
    const { fileSystem, directory, directoriesWrittenTo, owner, newName } = this.#settings;
    signal?.throwIfAborted();
    await owner?.ownership.refuseFenced(owner.is);
    for (const written of [directory, ...directoriesWrittenTo]) await fileSystem.syncDirectory(written);
    signal?.throwIfAborted();
    const path = childPath(directory, METADATA_FILE_NAME);
    const outcome = await publishAtomically({ fileSystem, path, bytes: metadata, random: newName(), signal });
    if (outcome === 'exists') throw this.#alreadyThere();
    await this.#refuseIfOvertaken(path);
    await owner?.ownership.recordPublished(owner.is);
    return { externalPointer: this.externalPointer, checkpointId: this.checkpointId };
  }

  async disposeOnFailure(): Promise<void> {
    if (this.#leftToNewerOwner) return;
    const { fileSystem, directory, exclusiveDirectoriesElsewhere } = this.#settings;
    await removeTree(fileSystem, directory, [METADATA_FILE_NAME]);
    for (const other of await exclusiveDirectoriesElsewhere()) await removeTree(fileSystem, other);
  }

  async #refuseIfOvertaken(path: string): Promise<void> {
    const { fileSystem, directory, owner } = this.#settings;
    if (owner === undefined || !(await owner.ownership.isOvertaken(owner.is))) return;
    const newer = (await owner.ownership.list()).filter((found) => found.epoch > owner.is.epoch);
    const takenOverBy = newer.at(-1)?.epoch ?? owner.is.epoch + 1;
    const decidedOtherwise = newer.every(({ restoredFrom, external }) => {
      if (restoredFrom === undefined) return false;
      if (external !== undefined) return external.pointer !== undefined && external.pointer !== this.externalPointer;
      return restoredFrom?.epoch !== owner.is.epoch || restoredFrom.checkpointId !== this.checkpointId;
    });
    this.#leftToNewerOwner = !decidedOtherwise;
    if (decidedOtherwise) {
      await fileSystem.removeFile(path);
      await fileSystem.syncDirectory(directory);
    }
    throw owner.ownership.fencedError(owner.is, takenOverBy);
  }

  #alreadyThere(): StateError {
    return new StateError(
      'checkpoint-location-exists',
      `${this.externalPointer} has metadata already: a snapshot is published once; take another checkpoint under a new id`,
      { details: { externalPointer: this.externalPointer, checkpointId: this.checkpointId } },
    );
  }
}
