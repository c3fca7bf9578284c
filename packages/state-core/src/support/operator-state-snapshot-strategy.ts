// Snapshots of operator state: a deep copy at the freeze, written in slices afterwards.
//
//   P1. The freeze copies every list and map with its serializer: what the program changes later is not seen. Operator
//       state is small next to keyed state; what is large belongs there.
//   P2. Nothing registered and nothing restored: no stream, no handle.
//   P3. Restored states that nobody asked for are written as they were.

import type { Clock } from '../ambient/clock.js';
import type { ByteOutput } from '../bytes/byte-writer.js';
import { isStateError, StateError } from '../error/state-error.js';
import type {
  OperatorStateHandle,
  OperatorStateMode,
  OperatorStatePartitions,
} from '../handle/operator-state-handle.js';
import type {
  SnapshotContext,
  SnapshotResult,
  SnapshotStrategy,
  SnapshotView,
} from '../state-backend/snapshot-context.js';
import { AsyncSnapshotCallable, type SnapshotRun } from './async-snapshot-callable.js';
import type { CloseableRegistry } from './closeable-registry.js';
import type { HeapBroadcastState } from './heap-broadcast-state.js';
import { type OperatorStateSchema, OperatorStateWriter } from './operator-state-format.js';
import type { RestoredOperatorState } from './operator-state-restore.js';
import { PartitionableListState } from './partitionable-list-state.js';

/** How often the time is asked for: a call costs as much as a few small elements. */
const ELEMENTS_PER_TIME_CHECK = 64;

/** A state of the backend, in use. */
export interface RegisteredOperatorState {
  readonly mode: OperatorStateMode;
  readonly state: PartitionableListState<unknown> | HeapBroadcastState<unknown, unknown>;
}

/** What the strategy freezes. */
export interface OperatorStateSource {
  readonly registered: ReadonlyMap<string, RegisteredOperatorState>;
  readonly restored: ReadonlyMap<string, RestoredOperatorState>;
}

/** Elements of one state under one schema, as they were at the freeze. */
interface FrozenRegion {
  readonly name: string;
  readonly mode: OperatorStateMode;
  readonly schema: OperatorStateSchema;
  readonly count: number;
  writeElement(index: number, output: OperatorStateWriter): void;
}

/** The {@link SnapshotStrategy} of the operator state backend. */
export class OperatorStateSnapshotStrategy implements SnapshotStrategy<OperatorStateHandle> {
  readonly description: string = 'operator state, copied at the freeze';
  private readonly source: OperatorStateSource;
  private readonly owner: CloseableRegistry;
  private readonly clock: Clock;

  constructor(source: OperatorStateSource, owner: CloseableRegistry, clock: Clock) {
    this.source = source;
    this.owner = owner;
    this.clock = clock;
  }

  prepare(context: SnapshotContext): SnapshotView<OperatorStateHandle> {
    let frozen: readonly FrozenRegion[] = this.freeze();
    return new AsyncSnapshotCallable<OperatorStateHandle>({
      context,
      owner: this.owner,
      clock: this.clock,
      call: (run) => writeRegions(frozen, run),
      cleanup: () => {
        frozen = [];
      },
    });
  }

  private freeze(): FrozenRegion[] {
    const regions: FrozenRegion[] = [];
    for (const { mode, state } of this.source.registered.values()) {
      regions.push(state instanceof PartitionableListState ? frozenList(mode, state) : frozenBroadcast(state));
    }
    for (const restored of this.source.restored.values()) regions.push(...keptRegions(restored));
    return regions;
  }
}

function frozenList(mode: OperatorStateMode, state: PartitionableListState<unknown>): FrozenRegion {
  const { name, serializer } = state;
  const elements = state.freeze();
  return {
    name,
    mode,
    schema: { value: serializer.snapshot() },
    count: elements.length,
    writeElement: (index, output) => output.writeElement((bytes) => serializer.serialize(elements[index], bytes)),
  };
}

function frozenBroadcast(state: HeapBroadcastState<unknown, unknown>): FrozenRegion {
  const { name, keySerializer, valueSerializer } = state;
  const entries = state.freeze();
  return {
    name,
    mode: 'BROADCAST',
    schema: { value: valueSerializer.snapshot(), key: keySerializer.snapshot() },
    count: entries.length,
    writeElement: (index, output) => {
      const [key, value] = entries[index] as readonly [unknown, unknown];
      output.writeElement((bytes) => keySerializer.serializeKey(key, bytes));
      output.writeElement((bytes) => valueSerializer.serialize(value, bytes));
    },
  };
}

function keptRegions(restored: RestoredOperatorState): FrozenRegion[] {
  const { name, mode } = restored;
  if (restored.mode === 'BROADCAST') {
    // Every subtask had the same content: one copy is all of it.
    return restored.parts.slice(-1).map(({ schema, entries }) => ({
      name,
      mode,
      schema,
      count: entries.length,
      writeElement: (index, output) => {
        for (const part of entries[index] as readonly Uint8Array[])
          output.writeElement((bytes) => bytes.writeBytes(part));
      },
    }));
  }
  return restored.parts.map(({ schema, elements }) => ({
    name,
    mode,
    schema,
    count: elements.length,
    writeElement: (index, output) => {
      output.writeElement((bytes: ByteOutput) => bytes.writeBytes(elements[index] as Uint8Array));
    },
  }));
}

async function writeRegions(
  regions: readonly FrozenRegion[],
  run: SnapshotRun,
): Promise<SnapshotResult<OperatorStateHandle>> {
  if (regions.length === 0) return { jobManagerOwned: undefined };
  const { context, closeables } = run;
  const stateNames = [...new Set(regions.map(({ name }) => name))];
  const stream = await context.streams.createCheckpointStateOutputStream(
    'exclusive',
    { stateNames, sort: 'operator' },
    context.signal,
  );
  closeables.registerCloseable(stream);
  const output = new OperatorStateWriter(stream, context.checkpointId);
  const states = new Map<string, OperatorStatePartitions>();
  for (const region of regions) {
    const offsets = await writeRegion(region, output, context);
    const before = states.get(region.name)?.offsets ?? [];
    states.set(region.name, { name: region.name, mode: region.mode, offsets: [...before, ...offsets] });
  }
  const checksum = await output.finish();
  const handle = await stream.closeAndGetHandle();
  closeables.unregisterCloseable(stream);
  if (handle === undefined) return { jobManagerOwned: undefined };
  return { jobManagerOwned: { kind: 'operator', stream: handle, states: [...states.values()], checksum } };
}

async function writeRegion(
  region: FrozenRegion,
  output: OperatorStateWriter,
  context: SnapshotContext,
): Promise<number[]> {
  const { name, mode, schema, count } = region;
  const start = output.position;
  const isBroadcast = mode === 'BROADCAST';
  const offsets: number[] = isBroadcast ? [start] : [];
  if (isBroadcast) output.writeCount(count);
  for (let index = 0; index < count; index++) {
    if (!isBroadcast) offsets.push(output.position);
    writeElement(region, index, output);
    const flushing = output.wantsFlush;
    if (flushing) await output.flush();
    if ((flushing || index % ELEMENTS_PER_TIME_CHECK === ELEMENTS_PER_TIME_CHECK - 1) && context.shouldYield())
      await context.yieldNow();
  }
  output.endRegion({ name, mode, schema, start, count });
  return offsets;
}

function writeElement(region: FrozenRegion, index: number, output: OperatorStateWriter): void {
  try {
    region.writeElement(index, output);
  } catch (error) {
    if (!isStateError(error, 'value-not-serializable')) throw error;
    throw new StateError(
      error.code,
      `element ${index} of operator state '${region.name}' cannot be written: ${error.message}`,
      {
        details: { ...error.details, stateName: region.name, element: index },
        cause: error,
      },
    );
  }
}
