// What a case about a checkpoint storage is given: an empty storage and short words for what every case does.

import { type StateLogger, silentLogger, systemClock, systemRandom } from '@tidemark/state-core';
import type {
  CheckpointedStateScope,
  CheckpointOwner,
  CheckpointStateOutputStream,
  CheckpointStorage,
  CheckpointStorageCoordinatorView,
  CheckpointStorageLocation,
  CheckpointStorageWorkerView,
  CheckpointStreamFactory,
  StateHandleReader,
  StreamStateHandle,
} from '@tidemark/state-core/spi';
import { ConformanceFailure } from '../conformance/assertions.js';

/** A checkpoint storage under test. */
export interface CheckpointStorageUnderTest {
  /** Empty, with no default place for savepoints. */
  readonly storage: CheckpointStorage;
  /** The same storage as another process would make it; default: `storage` itself. */
  reopen?(): CheckpointStorage | Promise<CheckpointStorage>;
  /** A place for savepoints; needed when the storage declares savepoints. */
  readonly savepointTarget?: string;
  /** Names everything that the storage keeps, for cases that look for remains. */
  remains?(): Promise<readonly string[]>;
  /** Removes the storage with all that is in it. */
  close?(): void | Promise<void>;
}

/** Both views of one job. */
export interface CheckpointStorageViews {
  readonly coordinator: CheckpointStorageCoordinatorView;
  readonly worker: CheckpointStorageWorkerView;
}

/** A checkpoint that was started. */
export interface StartedCheckpoint {
  readonly location: CheckpointStorageLocation;
  readonly streams: CheckpointStreamFactory;
}

const PURPOSE = { stateNames: ['total'], sort: 'keyed' } as const;

/** Opens views, writes and reads. */
export class CheckpointStorageHarness {
  readonly underTest: CheckpointStorageUnderTest;
  readonly #views: CheckpointStorageViews[] = [];

  constructor(underTest: CheckpointStorageUnderTest) {
    this.underTest = underTest;
  }

  /** Views of a job, in the storage as it was made. */
  async open(jobId = 'job'): Promise<CheckpointStorageViews> {
    return this.#openIn(this.underTest.storage, jobId);
  }

  /** Views of a job as another process would have them. */
  async openElsewhere(jobId = 'job'): Promise<CheckpointStorageViews> {
    return this.#openIn((await this.underTest.reopen?.()) ?? this.underTest.storage, jobId);
  }

  /** Takes the job over and decides for a clean start: what comes before the first checkpoint. */
  async takeOver({ coordinator }: Pick<CheckpointStorageViews, 'coordinator'>): Promise<CheckpointOwner> {
    const owner = await coordinator.acquireOwnership();
    await coordinator.recordRestoredFrom(owner, null);
    return owner;
  }

  /** The location of a checkpoint and the streams that go into it. */
  async start(views: CheckpointStorageViews, checkpointId: number, owner: CheckpointOwner): Promise<StartedCheckpoint> {
    const location = await views.coordinator.initializeLocationForCheckpoint(checkpointId, owner);
    const reference = structuredClone(location.reference);
    return { location, streams: await views.worker.resolveCheckpointStorageLocation(checkpointId, reference) };
  }

  /** A stream for a state named `total`. */
  stream(
    streams: CheckpointStreamFactory,
    scope: CheckpointedStateScope = 'exclusive',
    signal?: AbortSignal,
  ): Promise<CheckpointStateOutputStream> {
    return streams.createCheckpointStateOutputStream(scope, PURPOSE, signal);
  }

  /** Writes bytes as one stream; the handle comes as it would from another thread. */
  async write(
    streams: CheckpointStreamFactory,
    bytes: Uint8Array,
    scope: CheckpointedStateScope = 'exclusive',
  ): Promise<StreamStateHandle> {
    const stream = await this.stream(streams, scope);
    await stream.write(bytes);
    const handle = await stream.closeAndGetHandle();
    if (handle === undefined) throw new ConformanceFailure('a stream with bytes gave no handle');
    return structuredClone(handle);
  }

  /** Everything behind a handle. */
  async read(view: StateHandleReader, handle: StreamStateHandle): Promise<Uint8Array> {
    const input = await view.openInput(handle);
    try {
      return await input.read(0, input.sizeBytes);
    } finally {
      await input.close();
    }
  }

  async close(): Promise<void> {
    for (const { coordinator, worker } of this.#views) {
      await worker.close();
      await coordinator.close();
    }
    await this.underTest.close?.();
  }

  async #openIn(storage: CheckpointStorage, jobId: string): Promise<CheckpointStorageViews> {
    const logger: StateLogger = silentLogger;
    const parameters = { jobId, clock: systemClock, random: systemRandom, logger };
    const coordinator = await storage.createCoordinatorView(parameters);
    const views = { coordinator, worker: await storage.createWorkerView(parameters) };
    this.#views.push(views);
    return views;
  }
}

/** Bytes that tell their position and seed. */
export function patternBytes(length: number, seed = 1): Uint8Array {
  const bytes = new Uint8Array(length);
  for (let index = 0, state = seed; index < length; index++) {
    state = (Math.imul(state, 1103515245) + 12345) >>> 0;
    bytes[index] = state >>> 16;
  }
  return bytes;
}
