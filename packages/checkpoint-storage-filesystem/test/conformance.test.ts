// The conformance suite of checkpoint storages, run against this one; and proof that the suite notices what is broken.

import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type {
  CheckpointStorage,
  CheckpointStorageCoordinatorView,
  CheckpointStorageWorkerView,
} from '@tidemark/state-core/spi';
import { type CheckpointStorageUnderTest, checkpointStorageConformance } from '@tidemark/state-testkit';
import { register } from '@tidemark/state-testkit/vitest';
import { describe, expect, it } from 'vitest';
import { FileSystemCheckpointStorage } from '../src/index.js';
import { CountingFileSystem } from './fixtures/counting-file-system.js';

const capabilities = { durable: true, savepoints: true, externallyAddressable: true, fencing: true };

async function underTest(
  change: (storage: CheckpointStorage) => CheckpointStorage = (storage) => storage,
): Promise<CheckpointStorageUnderTest> {
  const root = await mkdtemp(join(tmpdir(), 'tidemark-conformance-'));
  const directory = join(root, 'checkpoints');
  const file = new CountingFileSystem();
  const make = () => change(new FileSystemCheckpointStorage({ directory, fileSystems: { file } }));
  return {
    storage: make(),
    reopen: make,
    savepointTarget: join(root, 'savepoints'),
    remains: async () => (await readdir(root, { recursive: true })).sort(),
    close: async () => {
      await rm(root, { recursive: true });
      expect(file.openFiles, 'files left open').toBe(0);
    },
  };
}

register(checkpointStorageConformance({ name: 'filesystem', capabilities, create: () => underTest() }));

register(
  checkpointStorageConformance({
    name: 'filesystem without in-line state and with entropy',
    capabilities,
    create: async () => {
      const plain = await underTest();
      const root = join(plain.savepointTarget as string, '..');
      const make = () =>
        new FileSystemCheckpointStorage({
          directory: join(root, '_entropy_', 'cp'),
          entropyKey: '_entropy_',
          fileStateSizeThresholdBytes: 0,
        });
      const files = async () => {
        const entries = await readdir(root, { recursive: true, withFileTypes: true });
        // Entropy leaves empty directories behind, which object stores do not have.
        return entries
          .filter((entry) => entry.isFile())
          .map((entry) => entry.name)
          .sort();
      };
      return { ...plain, storage: make(), reopen: make, remains: files };
    },
  }),
);

type Coordinator = CheckpointStorageCoordinatorView;
type Worker = CheckpointStorageWorkerView;

/** A storage whose views have some calls replaced. */
function broken(
  storage: CheckpointStorage,
  breakCoordinator: (view: Coordinator) => Partial<Coordinator>,
  breakWorker: (view: Worker) => Partial<Worker> = () => ({}),
): CheckpointStorage {
  const replaced = <T extends object>(view: T, calls: Partial<T>): T =>
    new Proxy(view, {
      get: (target, name) => {
        const value = (calls as Record<PropertyKey, unknown>)[name] ?? Reflect.get(target, name);
        return typeof value === 'function' ? value.bind(target) : value;
      },
    });
  return {
    name: storage.name,
    capabilities: storage.capabilities,
    createCoordinatorView: async (parameters) => {
      const view = await storage.createCoordinatorView(parameters);
      return replaced(view, breakCoordinator(view));
    },
    createWorkerView: async (parameters) => {
      const view = await storage.createWorkerView(parameters);
      return replaced(view, breakWorker(view));
    },
  };
}

const MUTANTS: readonly {
  what: string;
  caughtBy: string;
  change: (storage: CheckpointStorage) => CheckpointStorage;
}[] = [
  {
    what: 'lists checkpoints as published when they are started',
    caughtBy: 'CS-LOCATION-01',
    change: (storage) =>
      broken(storage, (view) => ({
        list: async () => {
          const listing = await view.list();
          return { ...listing, checkpoints: listing.checkpoints.map((found) => ({ ...found, published: true })) };
        },
      })),
  },
  {
    what: 'keeps the array of a write until later',
    caughtBy: 'CS-STREAM-01',
    change: (storage) =>
      broken(
        storage,
        () => ({}),
        (view) => ({
          resolveCheckpointStorageLocation: async (id, reference) => {
            const factory = await view.resolveCheckpointStorageLocation(id, reference);
            return {
              createCheckpointStateOutputStream: async (...args) => {
                const stream = await factory.createCheckpointStateOutputStream(...args);
                const kept: Uint8Array[] = [];
                return {
                  get position() {
                    return stream.position;
                  },
                  write: async (bytes) => void kept.push(bytes),
                  flush: () => stream.flush(),
                  closeAndGetHandle: async () => {
                    for (const bytes of kept) await stream.write(bytes);
                    return stream.closeAndGetHandle();
                  },
                  close: () => stream.close(),
                };
              },
            };
          },
        }),
      ),
  },
  {
    what: 'removes shared streams with a checkpoint',
    caughtBy: 'CS-REMOVAL-01',
    change: (storage) =>
      broken(storage, (view) => ({
        disposeCheckpoint: async (id) => {
          await view.disposeCheckpoint(id);
          await view.sweepUnreferenced([], (await view.list()).owners.at(-1) as { epoch: number });
        },
      })),
  },
  {
    what: 'sweeps what is named',
    caughtBy: 'CS-REMOVAL-04',
    change: (storage) =>
      broken(storage, (view) => ({ sweepUnreferenced: (_live, owner) => view.sweepUnreferenced([], owner) })),
  },
  {
    what: 'gives every owner the same epoch',
    caughtBy: 'CS-OWNER-01',
    change: (storage) =>
      broken(storage, (view) => ({
        acquireOwnership: async () => {
          await view.acquireOwnership();
          return { epoch: 1 };
        },
      })),
  },
  {
    what: 'forgets what an owner continues from',
    caughtBy: 'CS-OWNER-02',
    change: (storage) => broken(storage, () => ({ recordRestoredFrom: async () => {} })),
  },
  {
    what: 'trusts references',
    caughtBy: 'CS-LOCATION-06',
    change: (storage) =>
      broken(storage, (view) => ({
        resolveCheckpoint: async (pointer) => {
          const resolved = await view.resolveCheckpoint(pointer);
          return { ...resolved, locationOf: (reference) => `file:///${reference}` };
        },
      })),
  },
  {
    what: 'takes an id twice',
    caughtBy: 'CS-LOCATION-02',
    change: (storage) =>
      broken(storage, (view) => ({
        initializeLocationForCheckpoint: async (id, owner) => {
          try {
            return await view.initializeLocationForCheckpoint(id, owner);
          } catch {
            return view.initializeLocationForCheckpoint(id + 1000, owner);
          }
        },
      })),
  },
  {
    what: 'leaves what failed',
    caughtBy: 'CS-LOCATION-07',
    change: (storage) =>
      broken(storage, (view) => ({
        initializeLocationForCheckpoint: async (id, owner) => {
          const location = await view.initializeLocationForCheckpoint(id, owner);
          return new Proxy(location, {
            get: (target, name) => {
              if (name === 'disposeOnFailure') return async () => {};
              const value = Reflect.get(target, name);
              return typeof value === 'function' ? value.bind(target) : value;
            },
          });
        },
      })),
  },
];

describe('the conformance suite notices a storage that', () => {
  it.each(MUTANTS)('$what', async ({ caughtBy, change }) => {
    const suite = checkpointStorageConformance({ name: 'broken', capabilities, create: () => underTest(change) });
    const noticed = suite.cases.find(({ id }) => id === caughtBy);
    await expect(noticed?.run()).rejects.toThrow();
  });
});
