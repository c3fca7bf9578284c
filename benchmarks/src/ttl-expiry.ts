// What becomes of entries whose time is up while nobody reads them: how many are left, and how much memory they take.
//
// Measured: values, list elements and map entries with a time to live of some seconds, written once and never touched again,
// beside a tenth without; heap and snapshot bytes after a forced garbage collection. Then what time to live costs: reading,
// updating and both, of a state with and of one without, in turns. Not measured: a storage; bytes go to memory.
//
//   pnpm bench:ttl [--entries 500000] [--ttl-seconds 4] [--rounds 7]

import { parseArgs } from 'node:util';
import {
  int32,
  ListStateDescriptor,
  MapStateDescriptor,
  StateTtlConfig,
  string,
  systemClock,
  systemScheduler,
  ValueStateDescriptor,
} from '@tidemark/state-core';
import { type KeyedStateBackend, keyedStateSizeBytes, voidNamespaceSerializer } from '@tidemark/state-core/spi';
import { createSnapshotContext } from '@tidemark/state-core/support';
import { collectGarbage, nowMs, pause, startStopwatch } from './ambient/process-clock.js';
import { CountingStream, createHeapBackend } from './heap-subject.js';
import { describeMachine } from './machine.js';
import { shuffled } from './workloads/sequences.js';

const MIB: number = 2 ** 20;

/** Adds what its streams took to {@link counted}. */
class TotalledStream extends CountingStream {
  override closeAndGetHandle(): ReturnType<CountingStream['closeAndGetHandle']> {
    counted.bytes += this.position;
    return super.closeAndGetHandle();
  }
}

const counted = { bytes: 0 };

/** Half values, a quarter lists, a quarter maps, and a tenth as many values that stay. */
function fill(backend: KeyedStateBackend<number>, entries: number, ttl: StateTtlConfig): void {
  const value = backend.getOrCreateKeyedState(
    voidNamespaceSerializer,
    new ValueStateDescriptor('value', { type: string, ttl }),
  );
  const list = backend.getOrCreateKeyedState(
    voidNamespaceSerializer,
    new ListStateDescriptor('list', { type: int32, ttl }),
  );
  const map = backend.getOrCreateKeyedState(
    voidNamespaceSerializer,
    new MapStateDescriptor('map', { key: int32, value: int32, ttl }),
  );
  const kept = backend.getOrCreateKeyedState(
    voidNamespaceSerializer,
    new ValueStateDescriptor('kept', { type: int32 }),
  );
  for (let key = 0; key < entries; key++) {
    backend.setCurrentKey(key);
    if (key % 4 < 2) value.update(`the value of key number ${key}`);
    else if (key % 4 === 2) list.addAll([key, key + 1, key + 2]);
    else map.put(key, key);
    if (key % 10 === 0) kept.update(key);
  }
}

async function snapshotBytes(backend: KeyedStateBackend<number>, checkpointId: number): Promise<number> {
  counted.bytes = 0;
  const context = createSnapshotContext({
    checkpointId,
    streams: { createCheckpointStateOutputStream: async () => new TotalledStream() },
    clock: systemClock,
    scheduler: systemScheduler,
  });
  const { jobManagerOwned } = await backend.snapshot(context).write();
  return counted.bytes || (jobManagerOwned === undefined ? 0 : keyedStateSizeBytes(jobManagerOwned));
}

async function measureExpiry(entries: number, ttlSeconds: number): Promise<void> {
  collectGarbage();
  const emptyBytes = process.memoryUsage().heapUsed + process.memoryUsage().arrayBuffers;
  const backend = await createHeapBackend('ttl-expiry');
  const startMs = nowMs();
  fill(backend, entries, StateTtlConfig.of({ ttlMs: ttlSeconds * 1000 }));
  const filledMs = nowMs();
  console.log(`${entries} keys written in ${((filledMs - startMs) / 1000).toFixed(1)} s, then nobody touches them`);
  console.log('  seconds   entries    expired   heap MiB   snapshot MiB');
  const elapsed = startStopwatch();
  for (let second = 0, checkpointId = 1; second <= ttlSeconds + 4; second++, checkpointId++) {
    collectGarbage();
    const memory = process.memoryUsage();
    const heapMib = (memory.heapUsed + memory.arrayBuffers - emptyBytes) / MIB;
    const entriesLeft = backend.numKeyValueStateEntries();
    const expired = Number(backend.metrics()['expiredEntries']);
    const snapshotMib = (await snapshotBytes(backend, checkpointId)) / MIB;
    const atSeconds = (nowMs() - startMs) / 1000;
    const columns = [atSeconds.toFixed(1), entriesLeft, expired, heapMib.toFixed(1), snapshotMib.toFixed(1)];
    console.log(
      `  ${columns.map((column, index) => String(column).padStart([7, 9, 9, 9, 13][index] as number)).join('  ')}`,
    );
    await pause(Math.max(0, (second + 1) * 1000 - (nowMs() - filledMs)));
  }
  console.log(
    `  CPU time of the watch, its snapshots and collections included: ${(elapsed().cpuMs / 1000).toFixed(1)} s`,
  );
  await backend.close();
}

type Operation = (backend: KeyedStateBackend<number>, state: CostState, keys: Int32Array) => number;

interface CostState {
  value(): number | undefined;
  update(value: number): void;
}

const OPERATIONS: Readonly<Record<string, Operation>> = {
  valueGet(backend, state, keys) {
    let sum = 0;
    for (const key of keys) {
      backend.setCurrentKey(key);
      sum += state.value() as number;
    }
    return sum;
  },
  valueUpdate(backend, state, keys) {
    for (const key of keys) {
      backend.setCurrentKey(key);
      state.update(key);
    }
    return 0;
  },
  rmw(backend, state, keys) {
    for (const key of keys) {
      backend.setCurrentKey(key);
      state.update((state.value() as number) + 1);
    }
    return 0;
  },
};

async function measureCost(entries: number, rounds: number): Promise<void> {
  const hour = { ttlMs: 3_600_000 };
  const variants = new Map([
    ['without', {}],
    ['OnCreateAndWrite', { ttl: StateTtlConfig.of(hour) }],
    ['OnReadAndWrite', { ttl: StateTtlConfig.of({ ...hour, updateType: 'OnReadAndWrite' }) }],
  ]);
  const keys = Int32Array.from(shuffled(entries, 0, 12_345));
  const best = new Map<string, number>();
  const made: { name: string; backend: KeyedStateBackend<number>; state: CostState }[] = [];
  for (const [name, options] of variants) {
    const backend = await createHeapBackend('ttl-expiry');
    const descriptor = new ValueStateDescriptor('value', { type: int32, ...options });
    const state = backend.getOrCreateKeyedState(voidNamespaceSerializer, descriptor);
    OPERATIONS['valueUpdate']?.(backend, state as CostState, Int32Array.from(keys).sort());
    made.push({ name, backend, state: state as CostState });
  }
  let sum = 0;
  for (let round = 0; round < rounds; round++) {
    for (const [operation, run] of Object.entries(OPERATIONS)) {
      for (const { name, backend, state } of made) {
        const elapsed = startStopwatch();
        sum += run(backend, state, keys);
        const nanoseconds = (elapsed().cpuMs * 1e6) / entries;
        const key = `${operation} ${name}`;
        best.set(key, Math.min(best.get(key) ?? Number.POSITIVE_INFINITY, nanoseconds));
      }
    }
  }
  console.log(
    `CPU nanoseconds per operation, choosing one of ${entries} keys included, best of ${rounds} (${sum % 7})`,
  );
  for (const operation of Object.keys(OPERATIONS)) {
    const without = best.get(`${operation} without`) as number;
    const columns = made.map(({ name }) => {
      const figure = best.get(`${operation} ${name}`) as number;
      return `${name} ${figure.toFixed(0)} (${(figure / without).toFixed(2)}x)`;
    });
    console.log(`  ${operation.padEnd(12)} ${columns.join('   ')}`);
  }
  for (const { backend } of made) await backend.close();
}

const { values: options } = parseArgs({
  options: {
    entries: { type: 'string', default: '500000' },
    'ttl-seconds': { type: 'string', default: '4' },
    rounds: { type: 'string', default: '7' },
  },
});

console.log(describeMachine());
await measureExpiry(Number(options.entries), Number(options['ttl-seconds']));
await measureCost(Number(options.entries), Number(options.rounds));
