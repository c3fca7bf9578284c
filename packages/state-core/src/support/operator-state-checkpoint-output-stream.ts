// Raw operator state: bytes of the operator's own, of which only is recorded where each partition begins.
//
//   W3. Bytes before the first partition are a partition too: nothing that was written is lost.

import type { CheckpointStateOutputStream } from '../checkpoint-storage/checkpoint-stream.js';
import type { OperatorStateHandle } from '../handle/operator-state-handle.js';
import { endRawStream, type RawStateWriter, rawStreamClosed } from './raw-state-writer.js';

/** The name of raw operator state. */
export const RAW_OPERATOR_STATE_NAME: string = '_default_';

/** Raw operator state: a list of partitions. Flink's OperatorStateCheckpointOutputStream. */
export class OperatorStateCheckpointOutputStream implements RawStateWriter {
  private readonly delegate: CheckpointStateOutputStream;
  private readonly offsets: number[] = [];
  private leased = true;

  constructor(delegate: CheckpointStateOutputStream) {
    this.delegate = delegate;
  }

  get position(): number {
    return this.delegate.position;
  }

  get numberOfPartitions(): number {
    return this.offsets.length;
  }

  /** What is written from here on is a partition of its own: the unit in which state is dealt out. @throws StateError `stream-closed`. */
  startNewPartition(): void {
    this.checkLeased();
    // What was written before belongs to a partition too (W3).
    if (this.offsets.length === 0 && this.delegate.position > 0) this.offsets.push(0);
    this.offsets.push(this.delegate.position);
  }

  /** @throws StateError `stream-closed`, `storage-*`. */
  async write(bytes: Uint8Array): Promise<void> {
    this.checkLeased();
    await this.delegate.write(bytes);
  }

  async flush(): Promise<void> {
    this.checkLeased();
    await this.delegate.flush();
  }

  /** Does nothing (W1). */
  close(): void {}

  /** Ends the stream; for whoever made it. `undefined` when nothing was written. @throws StateError as the delegate. */
  async closeAndGetHandle(): Promise<OperatorStateHandle | undefined> {
    this.checkLeased();
    this.leased = false;
    const offsets = this.offsets.length === 0 ? [0] : this.offsets;
    const stream = await endRawStream(this.delegate);
    return (
      stream && {
        kind: 'operator',
        stream,
        states: [{ name: RAW_OPERATOR_STATE_NAME, mode: 'SPLIT_DISTRIBUTE', offsets }],
      }
    );
  }

  /** Gives the stream up and removes what was written; for whoever made it. */
  async discard(): Promise<void> {
    this.leased = false;
    await this.delegate.close();
  }

  private checkLeased(): void {
    if (!this.leased) throw rawStreamClosed();
  }
}
