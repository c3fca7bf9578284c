// How long a snapshot of the heap backend stops the program: the freeze, and the longest slice while it is written.
//
// Measured: 500,000 entries in three states over 128 key groups; a timer stands for the program, so whatever keeps the
// loop from it counts, with garbage collection told apart, and so is what other processes take from a busy machine: a
// slice has worked no longer than the CPU time that it took. Not measured: a storage; bytes go to memory.
//
//   pnpm bench:pause [--entries 500000] [--rounds 5]

import { PerformanceObserver } from 'node:perf_hooks';
import { parseArgs } from 'node:util';
import {
  float64,
  int32,
  ListStateDescriptor,
  MapStateDescriptor,
  systemClock,
  systemScheduler,
  ValueStateDescriptor,
} from '@tidemark/state-core';
import {
  type CheckpointStreamFactory,
  type KeyedStateBackend,
  type SnapshotContext,
  voidNamespaceSerializer,
} from '@tidemark/state-core/spi';
import { createSnapshotContext } from '@tidemark/state-core/support';
import { nowMs, pause, startStopwatch } from './ambient/process-clock.js';
import { CountingStream, createHeapBackend } from './heap-subject.js';
import { KEY_GROUPS } from './workloads/sequences.js';

const counting: CheckpointStreamFactory = { createCheckpointStateOutputStream: async () => new CountingStream() };
/** A stretch of time in which nothing else could run, in milliseconds since the start of the process. */
interface Span {
  readonly startMs: number;
  readonly endMs: number;
}

/** A turn of the writer. */
interface Slice extends Span {
  /** CPU time of the process, helper threads included. */
  readonly cpuMs: number;
}

/** One round: what the program would have felt. */
interface Round {
  readonly freezeMs: number;
  /** With the garbage collections that fell into it. */
  readonly longestSliceMs: number;
  /** Without them, and without the time in which other processes had the processor. */
  readonly longestOwnSliceMs: number;
  readonly writeMs: number;
  readonly slices: number;
  readonly longestGapMs: number;
  readonly gcMs: number;
  readonly longestGcMs: number;
}

/** Four fifths values, one tenth lists, one tenth maps. */
function fill(backend: KeyedStateBackend<number>, entries: number): (key: number) => void {
  const value = backend.getOrCreateKeyedState(
    voidNamespaceSerializer,
    new ValueStateDescriptor('value', { type: float64 }),
  );
  const list = backend.getOrCreateKeyedState(voidNamespaceSerializer, new ListStateDescriptor('list', { type: int32 }));
  const map = backend.getOrCreateKeyedState(
    voidNamespaceSerializer,
    new MapStateDescriptor('map', { key: int32, value: int32 }),
  );
  for (let key = 0; key < entries; key++) {
    backend.setCurrentKey(key);
    if (key % 10 === 8) list.addAll([key, key + 1]);
    else if (key % 10 === 9) map.put(key % 7, key);
    else value.update(key / 3);
  }
  return (key) => {
    backend.setCurrentKey(key);
    if (key % 10 === 8) list.add(key);
    else if (key % 10 === 9) map.put(key % 7, -key);
    else value.update(-key);
  };
}

/** Measures the slices of a writer by the times at which it takes and gives back the loop. */
function timed(context: SnapshotContext, note: (slice: Slice) => void, betweenSlices: () => void): SnapshotContext {
  let startMs = nowMs();
  let elapsed = startStopwatch();
  return {
    ...context,
    yieldNow: async () => {
      note({ startMs, endMs: nowMs(), cpuMs: elapsed().cpuMs });
      await context.yieldNow();
      betweenSlices();
      await context.yieldNow();
      elapsed = startStopwatch();
      startMs = nowMs();
    },
  };
}

/** How long a slice worked: without the collections that fell into it, and no longer than it had the processor. */
function ownMs(slice: Slice, collections: readonly Span[]): number {
  let ms = slice.endMs - slice.startMs;
  for (const { startMs, endMs } of collections) {
    ms -= Math.max(0, Math.min(endMs, slice.endMs) - Math.max(startMs, slice.startMs));
  }
  return Math.min(ms, slice.cpuMs);
}

async function round(backend: KeyedStateBackend<number>, checkpointId: number, change: () => void): Promise<Round> {
  const collections: Span[] = [];
  const observer = new PerformanceObserver((list) => {
    for (const { startTime, duration } of list.getEntries()) {
      collections.push({ startMs: startTime, endMs: startTime + duration });
    }
  });
  observer.observe({ entryTypes: ['gc'] });
  const slices: Slice[] = [];
  const gaps: number[] = [];
  let lastTickMs = nowMs();
  const ticker = setInterval(() => {
    gaps.push(nowMs() - lastTickMs);
    lastTickMs = nowMs();
  }, 1);

  const context = createSnapshotContext({
    checkpointId,
    streams: counting,
    clock: systemClock,
    scheduler: systemScheduler,
  });
  const watched = timed(context, (slice) => slices.push(slice), change);
  const freezeStartMs = nowMs();
  const view = backend.snapshot(watched);
  const freezeMs = nowMs() - freezeStartMs;
  await view.write();
  const writeMs = nowMs() - freezeStartMs - freezeMs;

  clearInterval(ticker);
  await pause(10);
  observer.disconnect();
  const gcPauses = collections.map(({ startMs, endMs }) => endMs - startMs);
  return {
    freezeMs,
    longestSliceMs: Math.max(0, ...slices.map(({ startMs, endMs }) => endMs - startMs)),
    longestOwnSliceMs: Math.max(0, ...slices.map((slice) => ownMs(slice, collections))),
    writeMs,
    slices: slices.length,
    longestGapMs: Math.max(0, ...gaps),
    gcMs: gcPauses.reduce((sum, pause) => sum + pause, 0),
    longestGcMs: Math.max(0, ...gcPauses),
  };
}

const { values: flags } = parseArgs({
  options: { entries: { type: 'string', default: '500000' }, rounds: { type: 'string', default: '5' } },
});
const entries = Number(flags.entries);
const rounds = Number(flags.rounds);
const backend = await createHeapBackend('snapshot-pause');
const update = fill(backend, entries);
console.log(
  `${entries.toLocaleString('en')} entries in 3 states, ${KEY_GROUPS} key groups, node ${process.version}; ms`,
);
console.log('round  freeze  longest slice  own work  slices  write  longest gap of a 1 ms timer  gc total  longest gc');
for (let number = 1; number <= rounds; number++) {
  let position = 0;
  // The program changes 100 keys between two slices, in a turn of its own.
  const change = (): void => {
    for (let count = 0; count < 100; count++) {
      position = (position + 7919) % entries;
      update(position);
    }
  };
  const figures = await round(backend, number, change);
  const columns: [number, number, number?][] = [
    [figures.freezeMs, 8, 3],
    [figures.longestSliceMs, 15, 2],
    [figures.longestOwnSliceMs, 10, 2],
    [figures.slices, 8, 0],
    [figures.writeMs, 7, 0],
    [figures.longestGapMs, 29, 2],
    [figures.gcMs, 10, 1],
    [figures.longestGcMs, 12, 2],
  ];
  console.log(
    String(number).padEnd(5) + columns.map(([value, width, digits]) => value.toFixed(digits).padStart(width)).join(''),
  );
}
await backend.close();
