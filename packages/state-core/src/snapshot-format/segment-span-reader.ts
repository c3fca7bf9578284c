// Reads a contiguous part of a segment from its start to its end in large steps, and hands it out in small ones.
//
//   SP1. Every byte of the part is read once, nothing outside it is.
//   SP2. What is handed out stays valid: it aliases an array that is not used again.

import type { CheckpointStateInputStream } from '../checkpoint-storage/checkpoint-stream.js';

const STEP_BYTES = 1024 * 1024;

/** Hands out the bytes from `start` to `end` one after another. */
export class SegmentSpanReader {
  /** Position in the segment of the next byte. */
  position: number;

  private readonly input: CheckpointStateInputStream;
  private readonly end: number;
  private chunk: Uint8Array = new Uint8Array(0);
  private chunkAt = 0;

  constructor(input: CheckpointStateInputStream, start: number, end: number) {
    this.input = input;
    this.position = start;
    this.end = end;
  }

  /** The next `count` bytes, which are within the part; they stay next. */
  async peek(count: number): Promise<Uint8Array> {
    if (this.chunk.length - this.chunkAt < count) await this.load(count);
    return this.chunk.subarray(this.chunkAt, this.chunkAt + count);
  }

  /** The next `count` bytes, which are within the part. */
  async take(count: number): Promise<Uint8Array> {
    const bytes = await this.peek(count);
    this.chunkAt += count;
    this.position += count;
    return bytes;
  }

  private async load(count: number): Promise<void> {
    const rest = this.chunk.subarray(this.chunkAt);
    const from = this.position + rest.length;
    const wanted = Math.min(this.end - from, Math.max(STEP_BYTES, count - rest.length));
    const read = await this.input.read(from, wanted);
    this.chunkAt = 0;
    if (rest.length === 0) {
      this.chunk = read;
      return;
    }
    this.chunk = new Uint8Array(rest.length + read.length);
    this.chunk.set(rest);
    this.chunk.set(read, rest.length);
  }
}
