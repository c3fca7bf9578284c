// A state backend of ours as a side, loaded by name and driven through the public interface only.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  Configuration,
  float64,
  KeyGroupRange,
  type KeySerializer,
  ListStateDescriptor,
  loadStateBackend,
  MapStateDescriptor,
  safeInteger,
  silentLogger,
  string,
  systemClock,
  systemRandom,
  systemScheduler,
  ValueStateDescriptor,
} from '@tidemark/state-core';
import {
  type KeyedStateBackend,
  type KeyedStateHandle,
  type StateBackend,
  VOID_NAMESPACE,
  voidNamespaceSerializer,
} from '@tidemark/state-core/spi';
import { importStateBackend } from 'workspace-state-backends';
import type { Figures } from '../runner/side.js';
import type { Fixture, Operation, SideContent } from '../runner/side-loop.js';
import { createSequences, HOT_KEYS, KEY_GROUPS, MAP_KEYS, type Sequences } from '../workloads/sequences.js';
import { ScratchStreams } from './scratch-streams.js';
import { measureMemory, measureRestore, measureSnapshot } from './whole-measures.js';

const VALUE = new ValueStateDescriptor('value', { type: float64 });
const LIST = new ListStateDescriptor('list', { type: float64 });
const MAP = new MapStateDescriptor('map', { key: safeInteger, value: float64 });

/** How a {@link TidemarkSide} is made. */
export interface TidemarkSideSettings {
  /** The word that `state.backend` takes. */
  readonly backend: string;
  readonly keys: number;
  readonly seed: number;
  /** Further lines of configuration. */
  readonly config: Readonly<Record<string, string>>;
}

/** Makes keyed state of one backend. */
export class TidemarkSide implements SideContent {
  readonly streams: ScratchStreams;
  private readonly sequences: Sequences;
  private attempts = 0;
  private lastSnapshot: KeyedStateHandle | undefined = undefined;

  private constructor(
    private readonly stateBackend: StateBackend,
    private readonly config: Configuration,
    private readonly directory: string,
    { keys, seed }: TidemarkSideSettings,
  ) {
    this.sequences = createSequences(keys, seed);
    this.streams = new ScratchStreams(directory);
  }

  static async create(settings: TidemarkSideSettings): Promise<TidemarkSide> {
    const directory = await mkdtemp(join(tmpdir(), 'tidemark-benchmark-'));
    const config = Configuration.from({ 'state.backend': settings.backend, ...settings.config });
    const stateBackend = await loadStateBackend(config, { importModule: importStateBackend });
    return new TidemarkSide(stateBackend, config, directory, settings);
  }

  async createFixture(suite: string): Promise<Fixture> {
    const { sequences } = this;
    if (suite === 'string') {
      const backend = await this.createBackend(string);
      return { operations: stringOperations(backend, sequences), close: () => backend.close() };
    }
    const backend = await this.createBackend(safeInteger);
    const operations = { value: valueOperations, list: listOperations, map: mapOperations }[suite];
    if (operations === undefined) throw new RangeError(`no suite '${suite}'`);
    return { operations: operations(backend, sequences), close: () => backend.close() };
  }

  async measure(what: string, entries: number): Promise<Figures> {
    const create = (handles: readonly KeyedStateHandle[] = [], restoredCheckpointId?: number) =>
      this.createBackend(safeInteger, handles, restoredCheckpointId);
    if (what === 'memory') return measureMemory(create, VALUE, entries);
    if (what === 'snapshot') {
      const { figures, handle } = await measureSnapshot(create, this.streams, VALUE, entries);
      this.lastSnapshot = handle;
      return figures;
    }
    if (what !== 'restore') throw new RangeError(`no measure '${what}'`);
    this.lastSnapshot ??= (await measureSnapshot(create, this.streams, VALUE, entries)).handle;
    return measureRestore(create, VALUE, this.lastSnapshot, entries);
  }

  async close(): Promise<void> {
    await rm(this.directory, { recursive: true, force: true });
  }

  private createBackend<K>(
    keySerializer: KeySerializer<K>,
    stateHandles: readonly KeyedStateHandle[] = [],
    restoredCheckpointId?: number,
  ): Promise<KeyedStateBackend<K>> {
    return this.stateBackend.createKeyedStateBackend({
      jobId: 'benchmark',
      operatorIdentifier: 'benchmark_0',
      attempt: this.attempts++,
      config: this.config,
      clock: systemClock,
      scheduler: systemScheduler,
      random: systemRandom,
      logger: silentLogger,
      stateReader: this.streams,
      signal: new AbortController().signal,
      keySerializer,
      numberOfKeyGroups: KEY_GROUPS,
      keyGroupRange: KeyGroupRange.of(0, KEY_GROUPS - 1),
      stateHandles,
      restoredCheckpointId,
      declaredStates: [],
      managedMemoryFraction: 1,
    });
  }
}

type Operations = Readonly<Record<string, Operation>>;

function clearAll(
  backend: KeyedStateBackend<number>,
  state: { clear(): void },
  keys: readonly number[],
  calls: number,
): void {
  for (let call = 0; call < Math.min(calls, keys.length); call++) {
    backend.setCurrentKey(keys[call] as number);
    state.clear();
  }
}

function valueOperations(backend: KeyedStateBackend<number>, { known, fresh }: Sequences): Operations {
  const state = backend.getPartitionedState(VOID_NAMESPACE, voidNamespaceSerializer, VALUE);
  const count = known.length;
  for (let key = 0; key < count; key++) {
    backend.setCurrentKey(key);
    state.update(key);
  }
  return {
    valueGet: {
      run(first, calls) {
        let sum = 0;
        for (let call = first; call < first + calls; call++) {
          backend.setCurrentKey(known[call % count] as number);
          sum += state.value() as number;
        }
        return sum;
      },
    },
    valueUpdate: {
      run(first, calls) {
        for (let call = first; call < first + calls; call++) {
          backend.setCurrentKey(known[call % count] as number);
          state.update(call);
        }
        return 0;
      },
    },
    valueReadModifyWrite: {
      run(first, calls) {
        for (let call = first; call < first + calls; call++) {
          backend.setCurrentKey(known[call % count] as number);
          state.update((state.value() as number) + 1);
        }
        return 0;
      },
    },
    hotReadModifyWrite: {
      run(first, calls) {
        for (let call = first; call < first + calls; call++) {
          backend.setCurrentKey(known[call % HOT_KEYS] as number);
          state.update((state.value() as number) + 1);
        }
        return 0;
      },
    },
    valueAdd: {
      run(first, calls) {
        for (let call = first; call < first + calls; call++) {
          backend.setCurrentKey(fresh[call % count] as number);
          state.update(call);
        }
        return 0;
      },
      undo: (calls) => clearAll(backend, state, fresh, calls),
    },
  };
}

function stringOperations(backend: KeyedStateBackend<string>, { names }: Sequences): Operations {
  const state = backend.getPartitionedState(VOID_NAMESPACE, voidNamespaceSerializer, VALUE);
  const count = names.length;
  for (let index = 0; index < count; index++) {
    backend.setCurrentKey(names[index] as string);
    state.update(index);
  }
  return {
    stringGet: {
      run(first, calls) {
        let sum = 0;
        for (let call = first; call < first + calls; call++) {
          backend.setCurrentKey(names[call % count] as string);
          sum += state.value() as number;
        }
        return sum;
      },
    },
    stringReadModifyWrite: {
      run(first, calls) {
        for (let call = first; call < first + calls; call++) {
          backend.setCurrentKey(names[call % count] as string);
          state.update((state.value() as number) + 1);
        }
        return 0;
      },
    },
  };
}

function listOperations(backend: KeyedStateBackend<number>, { known, fresh, hundred }: Sequences): Operations {
  const state = backend.getPartitionedState(VOID_NAMESPACE, voidNamespaceSerializer, LIST);
  const count = known.length;
  for (let key = 0; key < count; key++) {
    backend.setCurrentKey(key);
    state.add(key);
  }
  const shorten = (calls: number): void => {
    for (let call = 0; call < Math.min(calls, count); call++) {
      backend.setCurrentKey(known[call] as number);
      state.update([call]);
    }
  };
  return {
    listUpdate: {
      run(first, calls) {
        for (let call = first; call < first + calls; call++) {
          backend.setCurrentKey(known[call % count] as number);
          state.update([call]);
        }
        return 0;
      },
    },
    listAdd: {
      run(first, calls) {
        for (let call = first; call < first + calls; call++) {
          backend.setCurrentKey(fresh[call % count] as number);
          state.update([call]);
        }
        return 0;
      },
      undo: (calls) => clearAll(backend, state, fresh, calls),
    },
    listAppend: {
      run(first, calls) {
        for (let call = first; call < first + calls; call++) {
          backend.setCurrentKey(known[call % count] as number);
          state.add(call);
        }
        return 0;
      },
      undo: shorten,
    },
    listGet: {
      run(first, calls) {
        let found = 0;
        for (let call = first; call < first + calls; call++) {
          backend.setCurrentKey(known[call % count] as number);
          if (state.get() !== undefined) found++;
        }
        return found;
      },
    },
    listGetAndIterate: {
      run(first, calls) {
        let sum = 0;
        for (let call = first; call < first + calls; call++) {
          backend.setCurrentKey(known[call % count] as number);
          for (const value of state.get()) sum += value;
        }
        return sum;
      },
    },
    listAddAll: {
      run(first, calls) {
        for (let call = first; call < first + calls; call++) {
          backend.setCurrentKey(known[call % count] as number);
          state.addAll(hundred);
        }
        return 0;
      },
      undo: shorten,
    },
  };
}

function mapOperations(backend: KeyedStateBackend<number>, { known, fresh, mapValues, ten }: Sequences): Operations {
  const state = backend.getPartitionedState(VOID_NAMESPACE, voidNamespaceSerializer, MAP);
  const count = known.length;
  for (let key = 0; key < count; key++) {
    backend.setCurrentKey(key);
    for (let index = 0; index < MAP_KEYS; index++) state.put(index, mapValues[index] as number);
  }
  return {
    mapGet: {
      run(first, calls) {
        let sum = 0;
        for (let call = first; call < first + calls; call++) {
          backend.setCurrentKey(known[call % count] as number);
          sum += state.get(call % MAP_KEYS) as number;
        }
        return sum;
      },
    },
    mapContains: {
      run(first, calls) {
        let found = 0;
        for (let call = first; call < first + calls; call++) {
          backend.setCurrentKey(known[call % count] as number);
          if (state.contains((call % MAP_KEYS) << 1)) found++;
        }
        return found;
      },
    },
    mapIsEmpty: {
      run(first, calls) {
        let found = 0;
        for (let call = first; call < first + calls; call++) {
          backend.setCurrentKey(known[call % count] as number);
          if (state.isEmpty()) found++;
        }
        return found;
      },
    },
    mapKeys: {
      run(first, calls) {
        let sum = 0;
        for (let call = first; call < first + calls; call++) {
          backend.setCurrentKey(known[call % count] as number);
          for (const key of state.keys()) sum += key;
        }
        return sum;
      },
    },
    mapValues: {
      run(first, calls) {
        let sum = 0;
        for (let call = first; call < first + calls; call++) {
          backend.setCurrentKey(known[call % count] as number);
          for (const value of state.values()) sum += value;
        }
        return sum;
      },
    },
    mapEntries: {
      run(first, calls) {
        let sum = 0;
        for (let call = first; call < first + calls; call++) {
          backend.setCurrentKey(known[call % count] as number);
          for (const [key, value] of state.entries()) sum += key + value;
        }
        return sum;
      },
    },
    mapIterator: {
      run(first, calls) {
        let sum = 0;
        for (let call = first; call < first + calls; call++) {
          backend.setCurrentKey(known[call % count] as number);
          const entries = state[Symbol.iterator]();
          for (let next = entries.next(); next.done !== true; next = entries.next())
            sum += next.value[0] + next.value[1];
        }
        return sum;
      },
    },
    mapUpdate: {
      run(first, calls) {
        for (let call = first; call < first + calls; call++) {
          backend.setCurrentKey(known[call % count] as number);
          state.put(call % MAP_KEYS, mapValues[(call + 1) % MAP_KEYS] as number);
        }
        return 0;
      },
    },
    mapPutAll: {
      run(first, calls) {
        for (let call = first; call < first + calls; call++) {
          backend.setCurrentKey(known[call % count] as number);
          state.putAll(ten);
        }
        return 0;
      },
    },
    mapAdd: {
      run(first, calls) {
        for (let call = first; call < first + calls; call++) {
          backend.setCurrentKey(fresh[call % count] as number);
          state.put(call % MAP_KEYS, mapValues[call % MAP_KEYS] as number);
        }
        return 0;
      },
      undo: (calls) => clearAll(backend, state, fresh, calls),
    },
    mapRemove: {
      run(first, calls) {
        for (let call = first; call < first + calls; call++) {
          backend.setCurrentKey(known[call % count] as number);
          state.remove(call % MAP_KEYS);
        }
        return 0;
      },
      undo: (calls) => {
        for (let call = 0; call < Math.min(calls, count); call++) {
          backend.setCurrentKey(known[call] as number);
          state.put(call % MAP_KEYS, mapValues[call % MAP_KEYS] as number);
        }
      },
    },
  };
}
