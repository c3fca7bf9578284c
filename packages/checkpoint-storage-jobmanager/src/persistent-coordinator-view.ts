// The coordinator's window when there is a directory: everything is the metadata storage's business except the limit.

import type {
  CheckpointListing,
  CheckpointOwner,
  CheckpointStateInputStream,
  CheckpointStorageCoordinatorView,
  CheckpointStorageLocation,
  ExternalSnapshot,
  ResolvedCheckpoint,
  RestoredFrom,
  SnapshotClaims,
  StreamStateHandle,
} from '@tidemark/state-core/spi';
import { requireRoom } from './memory-checkpoint-location.js';
import type { SizeLimits } from './size-limits.js';

/** See {@link CheckpointStorageCoordinatorView}. */
export class PersistentCoordinatorView implements CheckpointStorageCoordinatorView {
  readonly #files: CheckpointStorageCoordinatorView;
  readonly #limits: SizeLimits;

  constructor(files: CheckpointStorageCoordinatorView, limits: SizeLimits) {
    this.#files = files;
    this.#limits = limits;
  }

  list(signal?: AbortSignal): Promise<CheckpointListing> {
    return this.#files.list(signal);
  }

  acquireOwnership(signal?: AbortSignal, epochMin?: number): Promise<CheckpointOwner> {
    return this.#files.acquireOwnership(signal, epochMin);
  }

  recordRestoredFrom(owner: CheckpointOwner, restoredFrom: RestoredFrom, external?: ExternalSnapshot): Promise<void> {
    return this.#files.recordRestoredFrom(owner, restoredFrom, external);
  }

  initializeBaseLocationsForCheckpoint(): Promise<void> {
    return this.#files.initializeBaseLocationsForCheckpoint();
  }

  async initializeLocationForCheckpoint(
    checkpointId: number,
    owner: CheckpointOwner,
  ): Promise<CheckpointStorageLocation> {
    return limitedLocation(await this.#files.initializeLocationForCheckpoint(checkpointId, owner), this.#limits);
  }

  async initializeLocationForSavepoint(
    checkpointId: number,
    target: string | undefined,
  ): Promise<CheckpointStorageLocation> {
    return limitedLocation(await this.#files.initializeLocationForSavepoint(checkpointId, target), this.#limits);
  }

  get claims(): SnapshotClaims | undefined {
    return this.#files.claims;
  }

  resolveCheckpoint(pointer: string): Promise<ResolvedCheckpoint> {
    return this.#files.resolveCheckpoint(pointer);
  }

  disposeCheckpoint(checkpointId: number): Promise<void> {
    return this.#files.disposeCheckpoint(checkpointId);
  }

  sweepUnreferenced(live: readonly StreamStateHandle[], owner: CheckpointOwner): Promise<void> {
    return this.#files.sweepUnreferenced(live, owner);
  }

  openInput(handle: StreamStateHandle, signal?: AbortSignal): Promise<CheckpointStateInputStream> {
    return this.#files.openInput(handle, signal);
  }

  discard(handle: StreamStateHandle): Promise<void> {
    return this.#files.discard(handle);
  }

  async forgetOwners(inUse: ReadonlySet<number>, owner: CheckpointOwner): Promise<void> {
    await this.#files.forgetOwners?.(inUse, owner);
  }

  close(): Promise<void> {
    return this.#files.close();
  }
}

/** A location in a directory whose metadata, which contains all state, is checked for its size. */
export function limitedLocation(location: CheckpointStorageLocation, limits: SizeLimits): CheckpointStorageLocation {
  return {
    checkpointId: location.checkpointId,
    // State goes into the metadata wherever that lies: a task has to know nothing about the place.
    reference: '',
    externalPointer: location.externalPointer,
    referenceOf: (path) => location.referenceOf(path),
    locationOf: (reference) => location.locationOf(reference),
    async publish(metadata, signal) {
      requireRoom(location.checkpointId, metadata, limits);
      return location.publish(metadata, signal);
    },
    disposeOnFailure: () => location.disposeOnFailure(),
  };
}
