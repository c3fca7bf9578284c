// Snapshots of operator state: frozen at once, written in slices afterwards.
//
//   P1. What the program changes after the freeze is not seen. The freeze takes the lists and maps themselves, and the
//       states go on with others when they change; only where the program reuses objects every element is copied.
//   P2. Nothing registered and nothing restored: no stream, no handle.
//   P3. Restored states that nobody asked for are written as they were.

import type { Clock } from '../ambient/clock.js';
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
  readonly elements: Iterable<unknown>;
  writeElement(element: never, output: OperatorStateWriter): void;
}

/** The {@link SnapshotStrategy} of the operator state backend. */
export class OperatorStateSnapshotStrategy implements SnapshotStrategy<OperatorStateHandle> {
  readonly description: string = 'operator state';
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
    elements,
    writeElement: (element, output) => output.writeElement((bytes) => serializer.serialize(element, bytes)),
  };
}

function frozenBroadcast(state: HeapBroadcastState<unknown, unknown>): FrozenRegion {
  const { name, keySerializer, valueSerializer } = state;
  const entries = state.freeze();
  return {
    name,
    mode: 'BROADCAST',
    schema: { value: valueSerializer.snapshot(), key: keySerializer.snapshot() },
    count: entries.size,
    elements: entries.values(),
    writeElement: ([key, value]: readonly [unknown, unknown], output) => {
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
      elements: entries,
      writeElement: (entry: readonly Uint8Array[], output) => {
        for (const part of entry) output.writeElement((bytes) => bytes.writeBytes(part));
      },
    }));
  }
  return restored.parts.map(({ schema, elements }) => ({
    name,
    mode,
    schema,
    count: elements.length,
    elements,
    writeElement: (element: Uint8Array, output) => output.writeElement((bytes) => bytes.writeBytes(element)),
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
  let written = 0;
  for (const element of region.elements) {
    if (!isBroadcast) offsets.push(output.position);
    writeElement(region, element, written++, output);
    const flushing = output.wantsFlush;
    if (flushing) await output.flush();
    if ((flushing || written % ELEMENTS_PER_TIME_CHECK === 0) && context.shouldYield()) await context.yieldNow();
  }
  output.endRegion({ name, mode, schema, start, count });
  return offsets;
}

function writeElement(region: FrozenRegion, element: unknown, index: number, output: OperatorStateWriter): void {
  try {
    region.writeElement(element as never, output);
  } catch (error) {
    if (!isStateError(error, 'value-not-serializable')) throw error;
    const message = `element ${index} of operator state '${region.name}' cannot be written: ${error.message}`;
    const details = { ...error.details, stateName: region.name, element: index };
    throw new StateError(error.code, message, { details, cause: error });
  }
}
