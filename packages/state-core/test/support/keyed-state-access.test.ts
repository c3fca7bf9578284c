// The life of a keyed backend, seen from a backend that keeps values in a plain Map.

import { expect, it } from 'vitest';
import { systemClock } from '../../src/ambient/clock.js';
import { silentLogger } from '../../src/ambient/logger.js';
import { systemRandom } from '../../src/ambient/random.js';
import { systemScheduler } from '../../src/ambient/scheduler.js';
import { Configuration } from '../../src/config/configuration.js';
import { KeyGroupRange } from '../../src/key-group/key-group-range.js';
import { string } from '../../src/serialization/string-serializer.js';
import { VOID_NAMESPACE, voidNamespaceSerializer } from '../../src/state/namespace.js';
import { ValueStateDescriptor } from '../../src/state/state-descriptor.js';
import type { StateMetrics } from '../../src/state-backend/keyed-state-backend.js';
import type { KeyedStateBackendParameters } from '../../src/state-backend/keyed-state-backend-parameters.js';
import type { SnapshotContext } from '../../src/state-backend/snapshot-context.js';
import { createSnapshotContext } from '../../src/support/create-snapshot-context.js';
import { type FrozenKeyedState, KeyedStateAccess } from '../../src/support/keyed-state-access.js';
import type { KeyedStateRegistration } from '../../src/support/keyed-state-registry.js';
import { NamespacedState, type TablesByKeyGroup } from '../../src/support/namespaced-state.js';
import { RestoredKeyedState } from '../../src/support/restored-keyed-state.js';
import type { TtlCursor } from '../../src/support/ttl-cleanup.js';
import { MemoryCheckpointStreams } from './memory-checkpoint-streams.js';

const streams = new MemoryCheckpointStreams();
const counts = new ValueStateDescriptor('counts', { type: string });

type Values = Map<unknown, unknown>;

class MapTables implements TablesByKeyGroup<Values> {
  onAccess: (() => void) | undefined = undefined;
  private readonly values: Values = new Map();
  constructor(readonly registration: KeyedStateRegistration) {}
  open(): Values {
    return this.values;
  }
  keys(): Iterable<unknown> {
    return this.values.keys();
  }
}

class MapValueState<K> extends NamespacedState<K, unknown, string, Values, MapTables> {
  value(): string | undefined {
    return this.table().get(this.currentKey.identity) as string | undefined;
  }
  update(value: string): void {
    this.table().set(this.currentKey.identity, value);
  }
  clear(): void {
    this.table().delete(this.currentKey.identity);
  }
}

class MapBackend extends KeyedStateAccess<string, { readonly state: object; readonly tables: MapTables }, never> {
  readonly calls: string[] = [];

  static async create(parameters: Partial<KeyedStateBackendParameters<string>> = {}): Promise<MapBackend> {
    const all: KeyedStateBackendParameters<string> = {
      jobId: 'job',
      operatorIdentifier: 'operator_0',
      attempt: 0,
      config: Configuration.from({}),
      clock: systemClock,
      scheduler: systemScheduler,
      random: systemRandom,
      logger: silentLogger,
      stateReader: streams,
      signal: new AbortController().signal,
      keySerializer: string,
      numberOfKeyGroups: 4,
      keyGroupRange: KeyGroupRange.of(0, 3),
      stateHandles: [],
      restoredCheckpointId: undefined,
      declaredStates: [],
      managedMemoryFraction: 1,
      ...parameters,
    };
    const restored = await RestoredKeyedState.load(all);
    return new MapBackend(all, { backendName: 'map', maxConcurrentSnapshots: 2, restored });
  }

  *getKeys(stateName: string): Iterable<string> {
    this.currentKey.checkOpen();
    for (const key of this.states.get(stateName)?.tables.keys() ?? []) yield this.keyForProgram(key);
  }
  *getKeysAndNamespaces<N>(stateName: string): Iterable<readonly [string, N]> {
    for (const key of this.getKeys(stateName)) yield [key, VOID_NAMESPACE as N];
  }
  numKeyValueStateEntries(): number {
    return [...this.states.keys()].flatMap((name) => [...this.getKeys(name)]).length;
  }
  metrics(): StateMetrics {
    return this.figures();
  }
  notifyCheckpointAborted(): void {}

  protected openState(registration: KeyedStateRegistration) {
    this.calls.push(`open ${registration.name}`);
    const { currentKey, keySerializer } = this;
    const tables = new MapTables(registration);
    return { tables, state: new MapValueState({ currentKey, keySerializer, tables }) };
  }
  protected openQueue(): never {
    throw new TypeError('no queues here');
  }
  protected ttlCursorOf(): TtlCursor {
    return { advance: () => 0 };
  }
  protected freeze({ checkpointId }: SnapshotContext): FrozenKeyedState<string> {
    this.calls.push(`freeze ${checkpointId}`);
    return {
      write: async ({ registrations }) => {
        this.calls.push(`write ${registrations.map(({ name }) => name)}`);
        return { jobManagerOwned: undefined };
      },
      release: () => this.calls.push(`release ${checkpointId}`),
    };
  }
  protected stopIdleWork(): void {
    this.calls.push('stop');
  }
  protected letGo(): void {
    this.calls.push('let go');
  }
}

const context = (checkpointId: number): SnapshotContext =>
  createSnapshotContext({ checkpointId, streams, clock: systemClock, scheduler: systemScheduler });

it('a state is opened once, and given again without being opened (KA2)', async () => {
  const backend = await MapBackend.create();
  const state = backend.getPartitionedState(VOID_NAMESPACE, voidNamespaceSerializer, counts);
  backend.setCurrentKey('a');
  state.update('one');
  expect(backend.getPartitionedState(VOID_NAMESPACE, voidNamespaceSerializer, counts)).toBe(state);
  expect(backend.getOrCreateKeyedState(voidNamespaceSerializer, counts)).toBe(state);
  backend.applyToAllKeys(VOID_NAMESPACE, voidNamespaceSerializer, counts, (key, each) => each.update(`${key} again`));
  expect(state.value()).toBe('a again');
  expect(backend.calls).toEqual(['open counts']);
  await backend.close();
});

it('a snapshot writes the states of its freeze (KA4), and no more run than are allowed', async () => {
  const backend = await MapBackend.create();
  const first = backend.snapshot(context(1));
  const second = backend.snapshot(context(2));
  expect(() => backend.snapshot(context(3))).toThrow(
    expect.objectContaining({ code: 'too-many-concurrent-snapshots' }),
  );
  backend.getOrCreateKeyedState(voidNamespaceSerializer, counts);
  await first.write();
  expect(backend.metrics()).toMatchObject({ registeredStates: 1, runningSnapshots: 1 });
  await backend.snapshot(context(4)).write();
  second.release();
  expect(backend.calls).toEqual([
    'freeze 1',
    'freeze 2',
    'open counts',
    'write ',
    'release 1',
    'freeze 4',
    'write counts',
    'release 4',
    'release 2',
  ]);
  await backend.close();
});

it('close ends idle work, gives snapshots up, and lets go last; afterwards everything is refused (KA1, KA5)', async () => {
  const backend = await MapBackend.create();
  const state = backend.getOrCreateKeyedState(voidNamespaceSerializer, counts);
  backend.setCurrentKey('a');
  backend.snapshot(context(1));
  await Promise.all([backend.close(), backend.close()]);
  expect(backend.calls).toEqual(['open counts', 'freeze 1', 'stop', 'release 1', 'let go']);
  const closed = expect.objectContaining({ code: 'backend-closed' });
  expect(() => state.value()).toThrow(closed);
  expect(() => backend.getOrCreateKeyedState(voidNamespaceSerializer, counts)).toThrow(closed);
  expect(() => backend.snapshot(context(2))).toThrow(closed);
  expect(() => backend.advanceEventTime(1)).toThrow(closed);
});

it('two sorts of state declared under one name fail the creation', async () => {
  const twice = [counts, { ...counts, kind: 'list' } as never];
  await expect(MapBackend.create({ declaredStates: twice })).rejects.toMatchObject({
    code: 'state-already-registered',
  });
});
