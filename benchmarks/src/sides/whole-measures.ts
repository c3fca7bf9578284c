// What is measured of a backend as a whole: snapshots, restore, memory.

import { systemClock, systemScheduler, type ValueStateDescriptor } from '@tidemark/state-core';
import {
  type CheckpointStreamFactory,
  type KeyedStateBackend,
  type KeyedStateHandle,
  keyedStateCheckpointedSizeBytes,
  type SnapshotContext,
  VOID_NAMESPACE,
  voidNamespaceSerializer,
} from '@tidemark/state-core/spi';
import { createSnapshotContext } from '@tidemark/state-core/support';
import {
  collectGarbage,
  type Elapsed,
  nowMs,
  pause,
  residentBytesBeyondPageCache,
  type Span,
  startStopwatch,
  watchCollections,
} from '../ambient/process-clock.js';
import type { Figures } from '../runner/side.js';

/** Makes a backend with int64-sized integer keys, restored from handles. */
export type CreateBackend = (
  handles?: readonly KeyedStateHandle[],
  restoredCheckpointId?: number,
) => Promise<KeyedStateBackend<number>>;

const DIRTY_ENTRIES = 50_000;

interface Taken {
  readonly syncMs: number;
  readonly asyncMs: number;
  /** The longest time that the writer kept the loop: see {@link ownMs}. */
  readonly longestSliceMs: number;
  /** The same with the collections that fell into it. */
  readonly longestSliceWithGcMs: number;
  /** The longest garbage collection meanwhile. */
  readonly longestGcMs: number;
  readonly bytes: number;
  readonly handle: KeyedStateHandle | undefined;
}

/** Takes checkpoints of one backend, each on the one before. */
class Checkpoints {
  private lastId = 0;

  constructor(
    private readonly backend: KeyedStateBackend<number>,
    private readonly streams: CheckpointStreamFactory,
  ) {}

  get checkpointId(): number {
    return this.lastId;
  }

  async take(): Promise<Taken> {
    const base = this.lastId === 0 ? undefined : this.lastId;
    const checkpointId = ++this.lastId;
    collectGarbage();
    // Collectors go on sweeping after they have returned, which nobody has asked for but this.
    await pause(50);
    const context = createSnapshotContext({
      checkpointId,
      base,
      sharing: 'forward-backward',
      streams: this.streams,
      clock: systemClock,
      scheduler: systemScheduler,
    });
    const slices = new Slices();
    const startMs = nowMs();
    const view = this.backend.snapshot(slices.watch(context));
    const frozenMs = nowMs();
    const { result, collections } = await watchCollections(async () => {
      slices.begin();
      const { jobManagerOwned } = await view.write();
      slices.end();
      return { jobManagerOwned, writtenMs: nowMs() };
    });
    this.backend.notifyCheckpointComplete(checkpointId);
    const handle = result.jobManagerOwned;
    return {
      syncMs: frozenMs - startMs,
      asyncMs: result.writtenMs - frozenMs,
      longestSliceMs: Math.max(...slices.all.map((slice) => ownMs(slice, collections))),
      longestSliceWithGcMs: Math.max(...slices.all.map((slice) => ownMs(slice, []))),
      longestGcMs: Math.max(0, ...collections.map(({ startMs, endMs }) => endMs - startMs)),
      bytes: handle === undefined ? 0 : keyedStateCheckpointedSizeBytes(handle),
      handle,
    };
  }
}

/** A stretch in which the writer kept the loop. */
interface Slice extends Span {
  readonly elapsed: Elapsed;
}

/**
 * How long a slice kept the loop for its own work: without the collections that fell into it, without the time in which
 * somebody else had the processor, and no longer than the process had it.
 */
function ownMs({ startMs, endMs, elapsed }: Slice, collections: readonly Span[]): number {
  let ms = endMs - startMs - elapsed.waitedMs;
  for (const collection of collections) {
    ms -= Math.max(0, Math.min(collection.endMs, endMs) - Math.max(collection.startMs, startMs));
  }
  return Math.min(ms, elapsed.cpuMs);
}

/** Notes the slices of a writer, the last one included. */
class Slices {
  readonly all: Slice[] = [];
  private startMs = nowMs();
  private elapsed = startStopwatch();

  begin(): void {
    this.startMs = nowMs();
    this.elapsed = startStopwatch();
  }

  end(): void {
    const elapsed = this.elapsed();
    this.all.push({ startMs: this.startMs, endMs: nowMs(), elapsed });
  }

  watch(context: SnapshotContext): SnapshotContext {
    return {
      ...context,
      yieldNow: async () => {
        this.end();
        await context.yieldNow();
        this.begin();
      },
    };
  }
}

function setValues(
  backend: KeyedStateBackend<number>,
  descriptor: ValueStateDescriptor<number>,
  keys: Iterable<number>,
  factor: number,
): void {
  const state = backend.getPartitionedState(VOID_NAMESPACE, voidNamespaceSerializer, descriptor);
  for (const key of keys) {
    backend.setCurrentKey(key);
    state.update(key * factor);
  }
}

/** Every `step`-th of the first `entries` keys. */
function* keysBelow(entries: number, step = 1): Iterable<number> {
  for (let key = 0; key < entries; key += step) yield key;
}

/** The hundredth of the keys that changes, far from each other. */
function* hundredthOf(entries: number): Iterable<number> {
  for (let index = 0; index < entries / 100; index++) yield (index * 97) % entries;
}

/** A full checkpoint, one without changes, one after 1 % of the entries changed, one with 50,000 dirty entries. */
export async function measureSnapshot(
  create: CreateBackend,
  streams: CheckpointStreamFactory,
  descriptor: ValueStateDescriptor<number>,
  entries: number,
): Promise<{ readonly figures: Figures; readonly handle: KeyedStateHandle }> {
  const backend = await create();
  setValues(backend, descriptor, keysBelow(entries), 31);
  const checkpoints = new Checkpoints(backend, streams);
  const full = await checkpoints.take();
  const idle = await checkpoints.take();
  setValues(backend, descriptor, hundredthOf(entries), 7);
  const onePercent = await checkpoints.take();
  setValues(backend, descriptor, keysBelow(entries, Math.max(1, Math.floor(entries / DIRTY_ENTRIES))), 5);
  const dirty = await checkpoints.take();
  await backend.close();

  // The least that the changed entries take: a full snapshot of a state that holds nothing else.
  const alone = await create();
  setValues(alone, descriptor, hundredthOf(entries), 7);
  const changed = await new Checkpoints(alone, streams).take();
  await alone.close();

  const handle = dirty.handle;
  if (handle === undefined) throw new RangeError('nothing was written');
  const taken = { full, idle, onePercent, dirty };
  const figures: Record<string, number> = { changedBytes: changed.bytes };
  for (const [stage, one] of Object.entries(taken)) {
    const { syncMs, asyncMs, bytes, longestSliceMs, longestSliceWithGcMs, longestGcMs } = one;
    figures[`${stage}SyncMs`] = syncMs;
    figures[`${stage}AsyncMs`] = asyncMs;
    figures[`${stage}Bytes`] = bytes;
    figures[`${stage}LongestSliceMs`] = longestSliceMs;
    figures[`${stage}LongestSliceWithGcMs`] = longestSliceWithGcMs;
    figures[`${stage}LongestGcMs`] = longestGcMs;
  }
  return { figures, handle };
}

/** Time to the first record after a restore, and until every key group has been touched. */
export async function measureRestore(
  create: CreateBackend,
  descriptor: ValueStateDescriptor<number>,
  handle: KeyedStateHandle,
  entries: number,
): Promise<Figures> {
  collectGarbage();
  const startMs = nowMs();
  const backend = await create([handle], 4);
  const state = backend.getPartitionedState(VOID_NAMESPACE, voidNamespaceSerializer, descriptor);
  backend.setCurrentKey(5);
  if (state.value() === undefined) throw new RangeError('key 5 was not restored');
  const firstRecordMs = nowMs() - startMs;
  const touched = new Set<number>();
  for (let key = 0; key < entries && touched.size < backend.numberOfKeyGroups; key++) {
    backend.setCurrentKey(key);
    const keyGroup = backend.getCurrentKeyGroup();
    if (touched.has(keyGroup)) continue;
    touched.add(keyGroup);
    if (state.value() === undefined) throw new RangeError(`key ${key} was not restored`);
  }
  const allMs = nowMs() - startMs;
  const found = backend.numKeyValueStateEntries();
  if (found !== entries) throw new RangeError(`${found} of ${entries} entries were restored`);
  await backend.close();
  return { firstRecordMs, allMs };
}

/** How much memory the entries take that no page cache holds. */
export async function measureMemory(
  create: CreateBackend,
  descriptor: ValueStateDescriptor<number>,
  entries: number,
): Promise<Figures> {
  collectGarbage();
  const emptyBytes = residentBytesBeyondPageCache();
  const backend = await create();
  setValues(backend, descriptor, keysBelow(entries), 0.37);
  collectGarbage();
  // The collector gives memory back to the system a little later, each time.
  await pause(2000);
  collectGarbage();
  await pause(2000);
  const residentBytes = residentBytesBeyondPageCache() - emptyBytes;
  await backend.close();
  return { residentBytes };
}
