// Raw keyed state: bytes of the operator's own, of which only is recorded where each key group begins.
//
//   W3. Bytes before the first key group would never be read again: they are refused.

import type { RawKeyedStateHandle } from '../checkpoint/checkpoint-metadata.js';
import type { CheckpointStateOutputStream } from '../checkpoint-storage/checkpoint-stream.js';
import type { KeyGroupRange } from '../key-group/key-group-range.js';
import { endRawStream, type RawStateWriter, rawStreamClosed } from './raw-state-writer.js';

/** The offset of a key group that was not started. */
export const NO_OFFSET_SET: number = -1;

/** Raw keyed state: parts by key group. Flink's KeyedStateCheckpointOutputStream. */
export class KeyedStateCheckpointOutputStream implements RawStateWriter {
  readonly keyGroupRange: KeyGroupRange;
  private readonly delegate: CheckpointStateOutputStream;
  private readonly offsets: number[];
  private hasStarted = false;
  private leased = true;

  constructor(delegate: CheckpointStateOutputStream, keyGroupRange: KeyGroupRange) {
    this.delegate = delegate;
    this.keyGroupRange = keyGroupRange;
    this.offsets = new Array<number>(keyGroupRange.numberOfKeyGroups).fill(NO_OFFSET_SET);
  }

  get position(): number {
    return this.delegate.position;
  }

  /** The key groups that have been started, in ascending order. */
  get startedKeyGroups(): readonly number[] {
    return [...this.keyGroupRange].filter((keyGroup) => this.isKeyGroupStarted(keyGroup));
  }

  /** Whether a key group has been started. */
  isKeyGroupStarted(keyGroup: number): boolean {
    return (this.offsets[keyGroup - this.keyGroupRange.first] ?? NO_OFFSET_SET) !== NO_OFFSET_SET;
  }

  /**
   * What is written from here on belongs to `keyGroup`. In any order, each key group once.
   *
   * @throws RangeError outside the range, or for a key group started before. StateError `stream-closed`.
   */
  startNewKeyGroup(keyGroup: number): void {
    this.checkLeased();
    if (!this.keyGroupRange.contains(keyGroup))
      throw new RangeError(`key group ${keyGroup} is outside ${this.keyGroupRange}`);
    if (this.isKeyGroupStarted(keyGroup))
      throw new RangeError(`key group ${keyGroup} was started before: write all of it at once`);
    this.offsets[keyGroup - this.keyGroupRange.first] = this.delegate.position;
    this.hasStarted = true;
  }

  /** @throws RangeError before the first key group was started. StateError `stream-closed`, `storage-*`. */
  async write(bytes: Uint8Array): Promise<void> {
    this.checkLeased();
    if (!this.hasStarted) throw new RangeError('no key group was started: call startNewKeyGroup() before write()');
    await this.delegate.write(bytes);
  }

  async flush(): Promise<void> {
    this.checkLeased();
    await this.delegate.flush();
  }

  /** Does nothing (W1). */
  close(): void {}

  /** Ends the stream; for whoever made it. `undefined` when no key group was started. @throws StateError as the delegate. */
  async closeAndGetHandle(): Promise<RawKeyedStateHandle | undefined> {
    this.checkLeased();
    this.leased = false;
    const { first, last } = this.keyGroupRange;
    const stream = await endRawStream(this.delegate);
    return stream && { kind: 'raw-keyed', keyGroupRange: { first, last }, offsets: this.offsets, stream };
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
