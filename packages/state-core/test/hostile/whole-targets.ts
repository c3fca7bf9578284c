// Whole states on damaged ground: a directory of checkpoints in which files were changed, and a local store that gives back
// other bytes than it was given.

import { ListStateDescriptor, MapStateDescriptor, openState, string, ValueStateDescriptor } from '@tidemark/state-core';
import type { KeyedStore } from '@tidemark/state-core/spi';
import { readCheckpointMetadata, storedStateBackend, writeCheckpointMetadata } from '@tidemark/state-core/support';
import {
  contentAt,
  type FuzzTarget,
  isEqual,
  MemoryKeyedStore,
  mutateBytes,
  mutateJson,
  type RecordedDisk,
  SeededRandom,
  SimulatedFileSystem,
} from '@tidemark/state-testkit';
import { numbered } from './numbered.js';
import { type CorpusFile, openLedger, type SnapshotCorpus, segmentsIn } from './snapshot-corpus.js';
import { forgedSegment, reframed, withReference } from './snapshot-targets.js';

const AS_IT_IS = { referenceOf: (location: string) => location, locationOf: (reference: string) => reference };

/** Inputs from here on have damage that fits the checksums: then other values may come out. */
const FITS = 128;

export function wholeRestoreTarget(corpus: SnapshotCorpus): FuzzTarget {
  const { files, version, newest } = corpus;
  const metadata = readCheckpointMetadata(newest.bytes, AS_IT_IS);
  const segments = segmentsIn(metadata);
  return {
    name: 'whole restore',
    weight: 2,
    accepted: [
      'format-version-unsupported',
      'compression-unknown',
      'max-parallelism-mismatch',
      'key-serializer-incompatible',
      'value-serializer-incompatible',
      'namespace-serializer-incompatible',
      'state-type-incompatible',
      'state-orphaned',
      'serializer-missing',
      'restore-failed',
      'snapshot-claimed',
      'checkpoint-not-found',
    ],
    damage(random) {
      switch (random.below(3)) {
        case 0: {
          const number = random.below(files.length);
          const { bytes } = files[number] as CorpusFile;
          return numbered(number, mutateBytes(bytes, random.pick(files).bytes, random));
        }
        case 1: {
          const forged = reframed(newest.bytes, (json) => mutateJson(json, random));
          return numbered(FITS + files.indexOf(newest), forged);
        }
        default: {
          // A segment whose damage the metadata vouches for: the new metadata comes first, then the segment.
          const reference = random.pick(segments);
          const name = reference.stream.kind === 'file' ? reference.stream.location : '';
          const number = files.findIndex(({ path }) => path.endsWith(name.slice(name.lastIndexOf('/'))));
          const forged = forgedSegment((files[number] as CorpusFile).bytes, reference.uid, random);
          const { lengthBytes, checksum } = forged.reference;
          const vouching = writeCheckpointMetadata(
            withReference(metadata, reference.uid, lengthBytes, checksum),
            AS_IT_IS,
          );
          const input = new Uint8Array(5 + vouching.length + forged.bytes.length);
          input[0] = FITS + number;
          new DataView(input.buffer).setUint32(1, vouching.length);
          input.set(vouching, 5);
          input.set(forged.bytes, 5 + vouching.length);
          return input;
        }
      }
    },
    async read(input) {
      const isFitting = (input[0] as number) >= FITS;
      const { path } = files[(input[0] as number) % FITS] as CorpusFile;
      const disk = corpus.disk.settled();
      if (isFitting && path !== newest.path) {
        const length = new DataView(input.buffer, input.byteOffset).getUint32(1);
        overwrite(disk, newest.path, input.slice(5, 5 + length));
        overwrite(disk, path, input.slice(5 + length));
      } else overwrite(disk, path, input.slice(1));
      const touched: string[] = [];
      const outcome = readWhole(watched(disk, touched), 1000 + input.length, { version, isFitting });
      await outcome.catch(() => undefined);
      for (const place of touched) {
        if (!place.startsWith('/base/checkpoints/ledger/')) throw new Error(`a way out of the snapshot: ${place}`);
      }
      return outcome;
    },
  };
}

async function readWhole(
  files: SimulatedFileSystem,
  seed: number,
  { version, isFitting }: { readonly version: number; readonly isFitting: boolean },
): Promise<string> {
  const ledger = await openLedger(files, seed);
  try {
    const content: Record<string, unknown> = {};
    for (const key of [...ledger.state.keys('log')].sort()) {
      content[key] = ledger.state.withKey(key, ({ total, log, marks }) => ({
        total: total.value(),
        log: [...log.get()],
        marks: Object.fromEntries([...marks.entries()].sort()),
      }));
    }
    // Nobody can say what an attachment of another's making should stand for.
    const isRight = isFitting ? false : isEqual(content, contentAt(ledger.version));
    if (!isRight && !isFitting) throw new Error(`the state is none that ever was: ${JSON.stringify(content)}`);
    if (!isFitting && ledger.version !== version && ledger.state.restored?.skipped.length === 0) {
      throw new Error(`version ${ledger.version} came back, and nothing was said of version ${version}`);
    }
    ledger.version = version;
    ledger.work();
    await ledger.checkpoint();
    return isRight ? 'the state' : 'some state';
  } finally {
    await ledger.close();
  }
}

function overwrite(disk: RecordedDisk, path: string, bytes: Uint8Array): void {
  const node = disk.find(path)?.node;
  if (node?.kind === 'file') node.bytes = bytes;
}

const TOUCHING: ReadonlySet<string> = new Set(['openNew', 'openExisting', 'link', 'rename', 'removeFile', 'copyFile']);

/** Files that write down which of them were opened, removed or made. */
function watched(disk: RecordedDisk, touched: string[]): SimulatedFileSystem {
  return new Proxy(new SimulatedFileSystem(disk), {
    get(target, name) {
      const value: unknown = Reflect.get(target, name);
      if (typeof value !== 'function') return value;
      return (...given: unknown[]) => {
        if (TOUCHING.has(String(name))) touched.push(String(given[0]));
        return value.apply(target, given);
      };
    },
  });
}

const STATES = {
  value: new ValueStateDescriptor('value', { type: string }),
  list: new ListStateDescriptor('list', { type: string }),
  map: new MapStateDescriptor('map', { key: string, value: string }),
};

/** A store in memory that gives back damaged entries from some moment on. */
class DamagedStore extends MemoryKeyedStore {
  private readonly random: SeededRandom;
  /** How likely a value comes back whole: without it nothing behind the first read would ever be reached. */
  private readonly mercy: number;
  isDamaged = false;

  constructor(seed: number) {
    super();
    this.random = new SeededRandom(seed);
    this.mercy = this.random.pick([0.5, 0.8, 0.95, 1]);
  }

  override get(...given: Parameters<KeyedStore['get']>): Uint8Array | undefined {
    return this.damaged(super.get(...given));
  }

  override scan(...given: Parameters<KeyedStore['scan']>): ReturnType<KeyedStore['scan']> {
    const prefix = given[2];
    return super.scan(...given).map((entry) => {
      const value = this.damaged(entry.value) ?? entry.value;
      if (!this.isDamaged || this.random.chance(0.97)) return { path: entry.path, value };
      // Behind the prefix that was asked for: a store that gives back something else has an error of its own.
      const rest = entry.path.slice(prefix.length);
      return { path: Uint8Array.of(...prefix, ...mutateBytes(rest, rest, this.random)), value };
    });
  }

  private damaged(bytes: Uint8Array | undefined): Uint8Array | undefined {
    if (bytes === undefined || !this.isDamaged || this.random.chance(this.mercy)) return bytes;
    return mutateBytes(bytes, bytes, this.random);
  }
}

export const localStoreTarget: FuzzTarget = {
  name: 'local store',
  weight: 2,
  accepted: ['local-state-broken', 'restore-failed', 'value-too-large'],
  // A seed of the damage that the store does.
  damage: (random) => Uint8Array.from({ length: 4 }, () => random.below(256)),
  async read(input) {
    const store = new DamagedStore(new DataView(input.buffer).getInt32(0));
    const stateBackend = storedStateBackend({ name: 'damaged', openStore: () => store, cacheBytes: 0 });
    const state = await openState({
      name: 'job',
      states: STATES,
      keySerializer: string,
      maxParallelism: 2,
      stateBackend,
    });
    try {
      for (const key of ['a', 'b', 'c']) {
        state.withKey(key, ({ value, list, map }) => {
          value.update(`value of ${key}`);
          list.update(['one', 'two', key.repeat(40)]);
          map.put('x', key);
          map.put('y', 'z');
        });
      }
      store.isDamaged = true;
      for (const key of [...state.keys('value'), ...state.keys('list'), ...state.keys('map')]) key.toUpperCase();
      for (const key of ['a', 'b', 'c', 'none']) {
        state.withKey(key, ({ value, list, map }) => {
          value.value()?.toUpperCase();
          for (const element of list.get()) element.toUpperCase();
          for (const [name, held] of map.entries()) `${name}${held}`.toUpperCase();
          map.get('x');
          list.add('more');
          map.remove('y');
          value.clear();
        });
      }
      return 'values';
    } finally {
      await state.close();
    }
  },
};
