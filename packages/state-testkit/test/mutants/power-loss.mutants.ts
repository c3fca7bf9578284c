// Faults of the storage in directories that show when the power goes or a call fails.

// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the texts are source.

import type { MutantOf } from './mutant.js';

/** On a disk that keeps no more than was made durable. See {@link MutantOf}. */
export const POWER_LOSS_MUTANTS: readonly MutantOf[] = [
  {
    id: 'state-file-not-synced',
    file: 'packages/checkpoint-storage-filesystem/src/filesystem-checkpoint-stream.ts',
    find: 'await writer.sync();',
    replace: '',
    breaks: 'the bytes of a state file are not made durable',
    killers: ['CS-CRASH-01'],
  },
  {
    id: 'metadata-not-synced',
    file: 'packages/checkpoint-storage-filesystem/src/atomic-publication.ts',
    find: 'await writer.sync();',
    replace: '',
    breaks: 'the bytes of the metadata are not made durable',
    killers: ['CS-CRASH-01'],
  },
  {
    id: 'name-of-metadata-not-synced',
    file: 'packages/checkpoint-storage-filesystem/src/atomic-publication.ts',
    find: 'await fileSystem.syncDirectory(parentPath(path));',
    replace: '',
    breaks: 'the name of the metadata is not made durable',
    killers: ['CS-CRASH-04'],
  },
  {
    id: 'names-of-state-files-not-synced',
    file: 'packages/checkpoint-storage-filesystem/src/filesystem-checkpoint-location.ts',
    find: 'for (const written of [directory, ...directoriesWrittenTo]) await fileSystem.syncDirectory(written);',
    replace:
      'for (const written of [directory]) await fileSystem.syncDirectory(written);\n    void directoriesWrittenTo;',
    breaks: 'the names of shared state files are not made durable',
    killers: ['CS-CRASH-06'],
  },
  {
    id: 'metadata-before-names',
    file: 'packages/checkpoint-storage-filesystem/src/filesystem-checkpoint-location.ts',
    find: 'for (const written of [directory, ...directoriesWrittenTo]) await fileSystem.syncDirectory(written);\n    signal?.throwIfAborted();\n    const path = childPath(directory, METADATA_FILE_NAME);\n    const outcome = await publishAtomically({ fileSystem, path, bytes: metadata, random: newName(), signal });',
    replace:
      'const path = childPath(directory, METADATA_FILE_NAME);\n    const outcome = await publishAtomically({ fileSystem, path, bytes: metadata, random: newName(), signal });\n    for (const written of [directory, ...directoriesWrittenTo]) await fileSystem.syncDirectory(written);',
    breaks: 'the metadata is durable before what it names',
    killers: ['CS-CRASH-01'],
  },
  {
    id: 'directory-of-checkpoint-not-synced',
    file: 'packages/checkpoint-storage-filesystem/src/filesystem-coordinator-view.ts',
    find: "if (made !== 'created') throw this.#locationExists(directory, checkpointId);\n    await fileSystem.syncDirectory(jobPath);",
    replace: "if (made !== 'created') throw this.#locationExists(directory, checkpointId);",
    breaks: 'the directory of a checkpoint is not made durable',
    killers: ['CS-CRASH-01'],
  },
  {
    id: 'directory-of-savepoint-not-synced',
    file: 'packages/checkpoint-storage-filesystem/src/filesystem-coordinator-view.ts',
    find: "if ((await fileSystem.createDirectory(directory)) !== 'created') continue;\n      await fileSystem.syncDirectory(path);",
    replace: "if ((await fileSystem.createDirectory(directory)) !== 'created') continue;",
    breaks: 'the directory of a savepoint is not made durable',
    killers: ['CS-CRASH-03'],
  },
  {
    id: 'metadata-in-place',
    file: 'packages/checkpoint-storage-filesystem/src/atomic-publication.ts',
    find: 'const temporary = `${path}.${random}.tmp`;\n  try {\n    if (!(await writeDurably(fileSystem, temporary, bytes))) return',
    replace:
      'const temporary = `${path}.${random}.tmp`;\n  try {\n    if (path.endsWith("_metadata")) return (await writeDurably(fileSystem, path, bytes)) ? (await fileSystem.syncDirectory(parentPath(path)), "published") : "exists";\n    if (!(await writeDurably(fileSystem, temporary, bytes))) return',
    breaks: 'metadata is written where it is found, and may be there by half',
    killers: ['CS-CRASH-01', 'CS-CRASH-05'],
  },
  {
    id: 'files-removed-before-metadata',
    file: 'packages/checkpoint-storage-filesystem/src/file-system/directory-tree.ts',
    find: 'for (const name of first) {',
    replace: 'for (const name of first.slice(1)) {',
    breaks: 'a checkpoint that is being removed looks whole',
    killers: ['CS-CRASH-02', 'CS-CRASH-07'],
  },
  {
    id: 'removal-of-metadata-not-synced',
    file: 'packages/checkpoint-storage-filesystem/src/file-system/directory-tree.ts',
    find: 'if (await fileSystem.removeFile(childPath(path, name))) await fileSystem.syncDirectory(path);',
    replace: 'await fileSystem.removeFile(childPath(path, name));',
    breaks: 'the files of a checkpoint are gone before its metadata is',
    killers: ['CS-CRASH-02', 'CS-CRASH-07'],
  },
];

/** Where every call of the storage fails once. */
export const FAILING_STEP_MUTANTS: readonly MutantOf[] = [
  {
    id: 'failed-checkpoint-keeps-its-metadata',
    file: 'packages/checkpoint-storage-filesystem/src/filesystem-checkpoint-location.ts',
    find: 'await removeTree(fileSystem, directory, [METADATA_FILE_NAME]);',
    replace: `for (const { name, kind } of (await fileSystem.listDirectory(directory)) ?? [])
      if (kind === 'file' && name !== METADATA_FILE_NAME) await fileSystem.removeFile(childPath(directory, name));`,
    breaks: 'a checkpoint whose publication was told as failed keeps its metadata and loses its files',
    killers: ['CS-FAULT-02'],
  },
  {
    id: 'failure-removes-shared-files',
    file: 'packages/checkpoint-storage-filesystem/src/filesystem-checkpoint-location.ts',
    find: 'for (const other of await exclusiveDirectoriesElsewhere()) await removeTree(fileSystem, other);',
    replace: `for (const other of [...(await exclusiveDirectoriesElsewhere()), ...this.#settings.directoriesWrittenTo])
      await removeTree(fileSystem, other);`,
    breaks: 'a checkpoint that fails takes the files of older ones away',
    killers: ['CS-FAULT-01', 'CS-FAULT-03'],
  },
];
