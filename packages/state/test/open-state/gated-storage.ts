// A real storage with a gate in it: the tests hold a step of a checkpoint, or make it fail.

import type {
  CheckpointStorage,
  CheckpointStorageCoordinatorView,
  CheckpointStorageLocation,
  CheckpointStorageWorkerView,
} from '@tidemark/state-core/spi';

/** A step of a checkpoint in the storage. */
export type StorageStep = 'location' | 'stream' | 'publish';

/** Where a checkpoint waits before it is published. */
export interface Gate {
  readonly reached: Promise<void>;
  open(): void;
}

/** A storage and the hands on it. */
export interface GatedStorage {
  readonly storage: CheckpointStorage;
  /** Holds the next publication. */
  closeGate(): Gate;
  /** Makes the next step of this sort fail. */
  failNext(step: StorageStep, failure: Error): void;
}

/** Puts a gate around the views of `inner`. */
export function gatedStorage(inner: CheckpointStorage): GatedStorage {
  const failures = new Map<StorageStep, Error>();
  const gates: { reach: () => void; opened: Promise<void> }[] = [];
  const pass = (step: StorageStep): void => {
    const failure = failures.get(step);
    failures.delete(step);
    if (failure !== undefined) throw failure;
  };
  const publishThroughGate = (location: CheckpointStorageLocation): CheckpointStorageLocation =>
    override(location, {
      publish: async (metadata, signal) => {
        pass('publish');
        const gate = gates.shift();
        gate?.reach();
        await gate?.opened;
        return location.publish(metadata, signal);
      },
    });
  const storage: CheckpointStorage = override<CheckpointStorage & { configure?: undefined }>(inner, {
    // A loader would configure the storage and thereby leave the gate behind.
    configure: undefined,
    createCoordinatorView: async (parameters) => {
      const view = await inner.createCoordinatorView(parameters);
      return override<CheckpointStorageCoordinatorView>(view, {
        initializeLocationForCheckpoint: async (checkpointId, owner) => {
          pass('location');
          return publishThroughGate(await view.initializeLocationForCheckpoint(checkpointId, owner));
        },
      });
    },
    createWorkerView: async (parameters) => {
      const view = await inner.createWorkerView(parameters);
      return override<CheckpointStorageWorkerView>(view, {
        resolveCheckpointStorageLocation: async (checkpointId, reference) => {
          pass('stream');
          return view.resolveCheckpointStorageLocation(checkpointId, reference);
        },
      });
    },
  });
  return {
    storage,
    closeGate() {
      const reached = promiseWithResolve();
      const opened = promiseWithResolve();
      gates.push({ reach: reached.resolve, opened: opened.promise });
      return { reached: reached.promise, open: opened.resolve };
    },
    failNext: (step, failure) => void failures.set(step, failure),
  };
}

/** `target` with some methods replaced; the others keep their own `this`. */
function override<T extends object>(target: T, replaced: Partial<T>): T {
  return new Proxy(target, {
    get(_, name) {
      if (Object.hasOwn(replaced, name)) return replaced[name as keyof T];
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}

function promiseWithResolve(): { promise: Promise<void>; resolve: () => void } {
  let resolve: () => void = () => undefined;
  const promise = new Promise<void>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}
