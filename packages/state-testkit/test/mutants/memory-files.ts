// The files of this machine as they would be, on a disk in memory: paths and `file:` URIs, and nothing real behind them.

import { isAbsolute, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type * as Core from '@tidemark/state-core';
import type * as Testkit from '@tidemark/state-testkit';

/** Settings of a storage whose files are {@link memoryFiles}. */
export const MEMORY_FILE_SETTINGS = { directory: '/base/checkpoints' };

/** Files, and how all of them are called. */
export interface MemoryFiles {
  readonly files: Testkit.SimulatedFileSystem;
  names(): readonly string[];
}

/** An empty disk with the directory `/base`. */
export function memoryFiles(testkit: typeof Testkit, { StateError }: typeof Core): MemoryFiles {
  const disk = new testkit.RecordedDisk();
  class FilesOfMachine extends testkit.SimulatedFileSystem {
    override pathOf(uri: string): string {
      try {
        return resolve(fileURLToPath(new URL(uri)));
      } catch (error) {
        throw new StateError('path-not-allowed', `'${uri}' is no file on this machine`, { cause: error });
      }
    }
    override uriOf(path: string): string {
      if (!isAbsolute(path)) throw new RangeError(`${path} is no absolute path`);
      return pathToFileURL(path).href;
    }
  }
  const files = new FilesOfMachine(disk);
  return { files, names: () => namesUnder(disk, '') };
}

function namesUnder(disk: Testkit.RecordedDisk, path: string): readonly string[] {
  const found = disk.find(path === '' ? '/' : path);
  if (found?.node.kind !== 'directory') return [];
  return [...found.node.names.keys()]
    .sort()
    .flatMap((name) => [`${path}/${name}`, ...namesUnder(disk, `${path}/${name}`)]);
}
