// Bytes on local disk that are appended, read once or twice, and given back as a whole.
//
//   SF1. The file has no name from the moment it is open (where the system allows that): it is gone with the process.
//   SF2. What was appended can be read at once; up to BUFFER_BYTES of it are still in memory.
//   SF3. An append that fails takes nothing; everything before it stays readable, and it can be tried again.

import { closeSync, openSync, readSync, unlinkSync, writeSync } from 'node:fs';
import { StateError } from '@tidemark/state-core';
import type { KeyedStoreScratch } from '@tidemark/state-core/spi';
import { localFileError, localStateBroken } from './local-file-errors.js';

const BUFFER_BYTES: number = 64 * 1024;

/** A file of one owner. */
export class ScratchFile implements KeyedStoreScratch {
  private readonly path: string;
  private readonly descriptor: number;
  private readonly onClose: () => void;
  private buffer: Uint8Array | undefined = undefined;
  private bufferedBytes = 0;
  private fileBytes = 0;
  private isClosed = false;

  /** @throws StateError `storage-*`. */
  constructor(path: string, onClose: () => void) {
    this.path = path;
    this.onClose = onClose;
    try {
      this.descriptor = openSync(path, 'wx+', 0o600);
      if (process.platform !== 'win32') unlinkSync(path);
    } catch (error) {
      throw localFileError(error, 'make', path);
    }
  }

  get lengthBytes(): number {
    return this.fileBytes + this.bufferedBytes;
  }

  append(bytes: Uint8Array): number {
    this.checkOpen();
    const position = this.lengthBytes;
    if (this.bufferedBytes + bytes.length > BUFFER_BYTES) this.flush();
    if (bytes.length > BUFFER_BYTES) {
      this.fileBytes += this.write(bytes, bytes.length);
      return position;
    }
    this.buffer ??= new Uint8Array(BUFFER_BYTES);
    this.buffer.set(bytes, this.bufferedBytes);
    this.bufferedBytes += bytes.length;
    return position;
  }

  read(position: number, lengthBytes: number): Uint8Array {
    this.checkOpen();
    if (position < 0 || lengthBytes < 0 || position + lengthBytes > this.lengthBytes)
      throw new RangeError(
        `${lengthBytes} bytes at ${position} are not within the ${this.lengthBytes} bytes of ${this.path}`,
      );
    const bytes = new Uint8Array(lengthBytes);
    const inFile = Math.min(lengthBytes, Math.max(0, this.fileBytes - position));
    this.readFile(bytes, position, inFile);
    if (inFile < lengthBytes && this.buffer !== undefined) {
      const start = position + inFile - this.fileBytes;
      bytes.set(this.buffer.subarray(start, start + lengthBytes - inFile), inFile);
    }
    return bytes;
  }

  close(): void {
    if (this.isClosed) return;
    this.isClosed = true;
    this.buffer = undefined;
    closeSync(this.descriptor);
    if (process.platform === 'win32') unlinkSync(this.path);
    this.onClose();
  }

  private flush(): void {
    if (this.buffer === undefined || this.bufferedBytes === 0) return;
    this.fileBytes += this.write(this.buffer, this.bufferedBytes);
    this.bufferedBytes = 0;
  }

  private write(bytes: Uint8Array, length: number): number {
    let written = 0;
    try {
      while (written < length)
        written += writeSync(this.descriptor, bytes, written, length - written, this.fileBytes + written);
    } catch (error) {
      throw localFileError(error, 'write', this.path);
    }
    return length;
  }

  private readFile(target: Uint8Array, position: number, length: number): void {
    let read = 0;
    while (read < length) {
      let count: number;
      try {
        count = readSync(this.descriptor, target, read, length - read, position + read);
      } catch (error) {
        throw localFileError(error, 'read', this.path);
      }
      if (count === 0) throw localStateBroken(this.path, 'it is shorter than what was written');
      read += count;
    }
  }

  private checkOpen(): void {
    if (this.isClosed)
      throw new StateError('stream-closed', `${this.path} is closed`, { details: { path: this.path } });
  }
}
