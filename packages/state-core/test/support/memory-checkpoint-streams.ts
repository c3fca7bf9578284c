// The streams of one checkpoint in memory, as a checkpoint storage would bring them, with a gate that holds writes back
// and a record of every stream that was opened.

import type {
  CheckpointStateInputStream,
  CheckpointStateOutputStream,
  CheckpointStreamFactory,
  CheckpointStreamPurpose,
  StateHandleReader,
} from '../../src/checkpoint-storage/checkpoint-stream.js';
import { StateError } from '../../src/error/state-error.js';
import type { StreamStateHandle } from '../../src/handle/stream-state-handle.js';
import { MemoryInputStream } from '../snapshot-format/memory-stream.js';

export class MemoryCheckpointStreams implements CheckpointStreamFactory, StateHandleReader {
  readonly opened: GatedStream[] = [];
  readonly purposes: CheckpointStreamPurpose[] = [];
  /** Awaited by every write; never resolves by itself when {@link hold} was called. */
  gate: Promise<void> = Promise.resolve();
  private openGate: () => void = () => {};

  /** Makes writes wait until {@link letGo}. */
  hold(): void {
    this.gate = new Promise((resolve) => {
      this.openGate = resolve;
    });
  }

  letGo(): void {
    this.openGate();
  }

  async createCheckpointStateOutputStream(
    _scope: 'exclusive' | 'shared',
    purpose: CheckpointStreamPurpose,
  ): Promise<CheckpointStateOutputStream> {
    const stream = new GatedStream(this, `stream-${this.opened.length}`);
    this.opened.push(stream);
    this.purposes.push(purpose);
    return stream;
  }

  async openInput(handle: StreamStateHandle): Promise<CheckpointStateInputStream> {
    if (handle.kind !== 'byte-stream') throw new StateError('file-missing', `no ${handle.location}`);
    return new MemoryInputStream(handle.bytes);
  }
}

export class GatedStream implements CheckpointStateOutputStream {
  closed = false;
  discarded = false;
  private content: Uint8Array = new Uint8Array(0);
  private readonly owner: MemoryCheckpointStreams;
  private readonly name: string;
  private giveUp: (reason: unknown) => void = () => {};
  private readonly givenUp: Promise<never>;

  constructor(owner: MemoryCheckpointStreams, name: string) {
    this.owner = owner;
    this.name = name;
    this.givenUp = new Promise((_resolve, reject) => {
      this.giveUp = reject;
    });
    this.givenUp.catch(() => {});
  }

  get position(): number {
    return this.content.length;
  }

  async write(bytes: Uint8Array): Promise<void> {
    this.checkOpen();
    const copy = Uint8Array.from(bytes);
    await Promise.race([this.owner.gate, this.givenUp]);
    const grown = new Uint8Array(this.content.length + copy.length);
    grown.set(this.content);
    grown.set(copy, this.content.length);
    this.content = grown;
  }

  async flush(): Promise<void> {
    this.checkOpen();
  }

  async closeAndGetHandle(): Promise<StreamStateHandle | undefined> {
    this.checkOpen();
    this.closed = true;
    return this.content.length === 0 ? undefined : { kind: 'byte-stream', name: this.name, bytes: this.content };
  }

  async close(): Promise<void> {
    if (this.closed) return;
    this.closed = true;
    this.discarded = true;
    this.giveUp(new StateError('stream-closed', 'the stream was closed'));
  }

  private checkOpen(): void {
    if (this.closed) throw new StateError('stream-closed', 'the stream is closed');
  }
}
