// The files of a recorded disk, by the calls of a file system: what a storage writes through while its crashes are studied.
//
// Owns: the calls, which are those of the interface FileSystem of @tidemark/checkpoint-storage-filesystem. Leaves what
// survives a crash to recorded-disk.ts and faults to step-faults.ts.
//
//   SM1. What changes something or makes it durable is a step; looking is none.
//   SM2. A file that was written is seen at once, by its writer and by others; durable is another matter (RD1).

import { StateError } from '@tidemark/state-core';
import type { DiskNode, NameChange, NodeNumber, RecordedDisk } from './recorded-disk.js';
import { StepFaults } from './step-faults.js';

/** A name in a directory. */
export interface SimulatedEntry {
  readonly name: string;
  readonly kind: 'file' | 'directory';
}

/** A new file that is being written. */
export interface SimulatedWriter {
  write(bytes: Uint8Array): Promise<void>;
  sync(): Promise<void>;
  close(): Promise<void>;
}

/** A file that is being read. */
export interface SimulatedReader {
  readonly sizeBytes: number;
  read(position: number, length: number): Promise<Uint8Array>;
  close(): Promise<void>;
}

/**
 * What a storage on files needs of them. It is the interface `FileSystem` of @tidemark/checkpoint-storage-filesystem,
 * word for word in structure: what it says there holds here.
 */
export interface StorageFiles {
  pathOf(uri: string): string;
  uriOf(path: string): string;
  createDirectory(path: string): Promise<'created' | 'exists' | 'parent-missing'>;
  listDirectory(path: string): Promise<readonly SimulatedEntry[] | undefined>;
  removeDirectory(path: string): Promise<boolean>;
  syncDirectory(path: string): Promise<void>;
  openNew(path: string): Promise<SimulatedWriter | undefined>;
  openExisting(path: string): Promise<SimulatedReader | undefined>;
  link(existing: string, path: string): Promise<'linked' | 'exists' | 'unsupported'>;
  rename(from: string, to: string): Promise<void>;
  removeFile(path: string): Promise<boolean>;
  copyFile(from: string, to: string): Promise<'copied' | 'exists' | 'missing'>;
  status(path: string): Promise<{ readonly kind: SimulatedEntry['kind']; readonly sizeBytes: number } | undefined>;
  realPath(path: string): Promise<string | undefined>;
}

/** How a {@link SimulatedFileSystem} behaves. */
export interface SimulatedFileSystemOptions {
  /** Faults at its steps. Default: none. */
  readonly faults?: StepFaults;
  /** Whether a file can have a second name. Default true. */
  readonly hasLinks?: boolean;
}

/** One process on a recorded disk. URIs begin with `sim://`. */
export class SimulatedFileSystem implements StorageFiles {
  /** Files that are open. */
  openFiles = 0;
  readonly faults: StepFaults;
  private readonly disk: RecordedDisk;
  private readonly hasLinks: boolean;

  constructor(disk: RecordedDisk, { faults = new StepFaults(), hasLinks = true }: SimulatedFileSystemOptions = {}) {
    this.disk = disk;
    this.faults = faults;
    this.hasLinks = hasLinks;
  }

  pathOf(uri: string): string {
    return uri.slice('sim://'.length);
  }

  uriOf(path: string): string {
    return `sim://${path}`;
  }

  createDirectory(path: string): Promise<'created' | 'exists' | 'parent-missing'> {
    return this.step(`mkdir ${path}`, () => {
      const parent = this.directory(parentOf(path));
      if (parent === undefined) return 'parent-missing';
      if (parent.names.has(nameOf(path))) return 'exists';
      this.changeNames(`mkdir ${path}`, [this.coming(path, this.disk.add('directory'))]);
      return 'created';
    });
  }

  async listDirectory(path: string): Promise<readonly SimulatedEntry[] | undefined> {
    this.faults.requireLife();
    const directory = this.directory(path);
    return directory && [...directory.names].map(([name, node]) => ({ name, kind: this.disk.node(node).kind }));
  }

  removeDirectory(path: string): Promise<boolean> {
    return this.step(`rmdir ${path}`, () => {
      const directory = this.directory(path);
      if (directory === undefined || directory.names.size > 0) return false;
      this.changeNames(`rmdir ${path}`, [this.going(path)]);
      return true;
    });
  }

  syncDirectory(path: string): Promise<void> {
    const what = `fsync of the directory ${path}`;
    return this.faults.step(what, {
      run: () => {
        const found = this.disk.find(path);
        if (found?.node.kind !== 'directory') throw gone(path);
        this.disk.apply({ kind: 'sync', what, node: found.number });
      },
      lose: () => {},
    });
  }

  async openNew(path: string): Promise<SimulatedWriter | undefined> {
    const file = await this.step(`create ${path}`, () => {
      const parent = this.directory(parentOf(path));
      if (parent === undefined) throw gone(path);
      if (parent.names.has(nameOf(path))) return undefined;
      const number = this.disk.add('file');
      this.changeNames(`create ${path}`, [this.coming(path, number)]);
      return number;
    });
    return file === undefined ? undefined : this.writer(path, file);
  }

  async openExisting(path: string): Promise<SimulatedReader | undefined> {
    this.faults.requireLife();
    const node = this.disk.find(path)?.node;
    if (node?.kind !== 'file') return undefined;
    const { bytes } = node;
    return {
      sizeBytes: bytes.length,
      read: async (position, length) => bytes.slice(position, position + length),
      close: this.closer(),
    };
  }

  async link(existing: string, path: string): Promise<'linked' | 'exists' | 'unsupported'> {
    if (!this.hasLinks) return 'unsupported';
    const what = `link ${path} to ${existing}`;
    return this.step(what, () => {
      const [file, parent] = [this.disk.find(existing), this.directory(parentOf(path))];
      if (file === undefined || parent === undefined) throw gone(path);
      if (parent.names.has(nameOf(path))) return 'exists';
      this.changeNames(what, [this.coming(path, file.number)]);
      return 'linked';
    });
  }

  rename(from: string, to: string): Promise<void> {
    const what = `rename ${from} to ${to}`;
    return this.step(what, () => {
      const [file, target] = [this.disk.find(from), this.directory(parentOf(to))];
      if (file === undefined || target === undefined) throw gone(from);
      this.changeNames(what, [this.going(from), this.coming(to, file.number)]);
    });
  }

  removeFile(path: string): Promise<boolean> {
    return this.step(`unlink ${path}`, () => {
      const found = this.disk.find(path);
      if (found === undefined) return false;
      if (found.node.kind === 'directory') throw new StateError('storage-io-failed', `${path} is a directory`);
      this.changeNames(`unlink ${path}`, [this.going(path)]);
      return true;
    });
  }

  async copyFile(from: string, to: string): Promise<'copied' | 'exists' | 'missing'> {
    this.faults.requireLife();
    const source = this.disk.find(from)?.node;
    if (source?.kind !== 'file' || this.directory(parentOf(to)) === undefined) return 'missing';
    const writer = await this.openNew(to);
    if (writer === undefined) return 'exists';
    try {
      await writer.write(source.bytes);
      await writer.sync();
    } finally {
      await writer.close();
    }
    return 'copied';
  }

  async status(
    path: string,
  ): Promise<{ readonly kind: SimulatedEntry['kind']; readonly sizeBytes: number } | undefined> {
    this.faults.requireLife();
    const node = this.disk.find(path)?.node;
    return node && { kind: node.kind, sizeBytes: node.kind === 'file' ? node.bytes.length : 0 };
  }

  async realPath(path: string): Promise<string | undefined> {
    this.faults.requireLife();
    return this.disk.find(path) && path;
  }

  private writer(path: string, file: NodeNumber): SimulatedWriter {
    let at = 0;
    const write = (what: string, given: Uint8Array): void => {
      // The caller reuses its array.
      const bytes = given.slice();
      this.disk.apply({ kind: 'write', what, file, at, bytes });
      at += bytes.length;
    };
    const syncing = `fsync of ${path}`;
    return {
      write: (bytes) => {
        const what = `write of ${bytes.length} bytes to ${path}`;
        return this.faults.step<void>(what, {
          run: () => write(what, bytes),
          tear: () => write(what, bytes.subarray(0, bytes.length >> 1)),
          lose: () => {
            at += bytes.length;
          },
        });
      },
      sync: () =>
        this.faults.step<void>(syncing, {
          run: () => this.disk.apply({ kind: 'sync', what: syncing, node: file }),
          lose: () => {},
        }),
      close: this.closer(),
    };
  }

  private closer(): () => Promise<void> {
    this.openFiles++;
    let isOpen = true;
    return async () => {
      if (isOpen) this.openFiles--;
      isOpen = false;
      this.faults.requireLife();
    };
  }

  private step<T>(what: string, run: () => T): Promise<T> {
    return this.faults.step(what, { run });
  }

  private changeNames(what: string, changes: readonly NameChange[]): void {
    this.disk.apply({ kind: 'names', what, changes });
  }

  private coming(path: string, node: NodeNumber): NameChange {
    return { ...this.going(path), node };
  }

  private going(path: string): NameChange {
    const directory = this.disk.find(parentOf(path));
    if (directory === undefined) throw gone(path);
    return { directory: directory.number, name: nameOf(path), node: undefined };
  }

  private directory(path: string): Extract<DiskNode, { kind: 'directory' }> | undefined {
    const node = this.disk.find(path)?.node;
    return node?.kind === 'directory' ? node : undefined;
  }
}

function parentOf(path: string): string {
  return path.slice(0, path.lastIndexOf('/')) || '/';
}

function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

function gone(path: string): StateError {
  return new StateError('storage-io-failed', `a directory on the way to ${path} is gone`);
}
