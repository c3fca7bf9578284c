// Scratch space in a file: bytes that are appended, read once or twice, and given up.

import { closeSync, openSync, readSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { StateError } from '@tidemark/state-core';
import type { KeyedStoreScratch } from '@tidemark/state-core/spi';
import { TemporaryDirectory } from './temporary-directory.js';

/** One scratch space. */
export class ScratchFile implements KeyedStoreScratch {
  lengthBytes = 0;
  private readonly directory: TemporaryDirectory;
  private file: number | undefined;

  constructor(parent: string) {
    this.directory = new TemporaryDirectory(parent);
    this.file = openSync(join(this.directory.path, 'scratch'), 'wx+');
    this.directory.remove();
  }

  append(bytes: Uint8Array): number {
    const position = this.lengthBytes;
    for (let written = 0; written < bytes.length; ) {
      written += writeSync(this.opened(), bytes, written, bytes.length - written, position + written);
    }
    this.lengthBytes = position + bytes.length;
    return position;
  }

  read(position: number, lengthBytes: number): Uint8Array {
    const bytes = new Uint8Array(lengthBytes);
    for (let filled = 0; filled < lengthBytes; ) {
      const count = readSync(this.opened(), bytes, filled, lengthBytes - filled, position + filled);
      if (count === 0) {
        throw new StateError(
          'local-state-broken',
          `scratch space in ${this.directory.path} ends before ${position + lengthBytes}; start again from the last checkpoint`,
        );
      }
      filled += count;
    }
    return bytes;
  }

  close(): void {
    if (this.file === undefined) return;
    closeSync(this.file);
    this.file = undefined;
    this.directory.remove();
  }

  private opened(): number {
    if (this.file === undefined) throw new StateError('backend-closed', 'the scratch space has been closed');
    return this.file;
  }
}
