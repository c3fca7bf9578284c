// What timers cost: registering and firing them, beside a binary heap and sets that somebody would write by hand.
//
// Measured: CPU time of adding timers in random order of their times and of polling them all in order, each peeked at first as
// a timer service does; all of one key, and one of each key. Both sides know each timer once, whatever it is added twice for:
// the queue by value of key, namespace and time, the bare side by a set of times for each key. Only the queue can be
// snapshotted. Not measured: choosing the keys, user code.
//
//   node benchmarks/run.mjs timers [--timers 150000] [--rounds 9] [--backend hashmap] [--config <key>=<value>]...
//
// Goal and bound are those of the hashmap backend; others are measured beside the same bare side without.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Configuration, loadStateBackend, safeInteger } from '@tidemark/state-core';
import {
  type KeyGroupedInternalPriorityQueue,
  type PriorityQueueElement,
  VOID_NAMESPACE,
  voidNamespaceSerializer,
} from '@tidemark/state-core/spi';
import { importStateBackend } from 'workspace-state-backends';
import { createEmptyBackend } from './heap-subject.js';
import { describeMachine } from './machine.js';

/** The goal, and what would be a defect. */
const RATIO_GOAL = 2.5;
const RATIO_MAX = 4;

interface BareTimer {
  readonly key: number;
  readonly timeMs: number;
}

/** A binary heap of timers, and sets that know which ones are there. */
class BareTimers {
  private readonly heap: BareTimer[] = [];
  private readonly timesOfKeys: Map<number, Set<number>> = new Map();

  add(key: number, timeMs: number): void {
    const times = this.timesOfKeys.get(key);
    if (times === undefined) this.timesOfKeys.set(key, new Set([timeMs]));
    else if (times.has(timeMs)) return;
    else times.add(timeMs);
    const { heap } = this;
    const timer = { key, timeMs };
    let position = heap.length;
    heap.push(timer);
    while (position > 0) {
      const parent = (position - 1) >> 1;
      const above = heap[parent] as BareTimer;
      if (above.timeMs <= timeMs) break;
      heap[position] = above;
      position = parent;
    }
    heap[position] = timer;
  }

  peek(): BareTimer | undefined {
    return this.heap[0];
  }

  poll(): BareTimer | undefined {
    const { heap } = this;
    const [first] = heap;
    const last = heap.pop();
    if (first === undefined || last === undefined) return undefined;
    if (heap.length > 0) this.sink(last);
    const times = this.timesOfKeys.get(first.key) as Set<number>;
    times.delete(first.timeMs);
    if (times.size === 0) this.timesOfKeys.delete(first.key);
    return first;
  }

  private sink(timer: BareTimer): void {
    const { heap } = this;
    const { length } = heap;
    let position = 0;
    for (let child = 1; child < length; child = 2 * position + 1) {
      const right = child + 1;
      if (right < length && (heap[right] as BareTimer).timeMs < (heap[child] as BareTimer).timeMs) child = right;
      const below = heap[child] as BareTimer;
      if (timer.timeMs <= below.timeMs) break;
      heap[position] = below;
      position = child;
    }
    heap[position] = timer;
  }
}

type Queue = KeyGroupedInternalPriorityQueue<PriorityQueueElement<number, typeof VOID_NAMESPACE, number>>;

function runBare(keys: Int32Array, timesMs: Float64Array): number {
  const timers = new BareTimers();
  for (let index = 0; index < keys.length; index++) timers.add(keys[index] as number, timesMs[index] as number);
  let fired = 0;
  for (let next = timers.peek(); next !== undefined; next = timers.peek()) {
    timers.poll();
    fired++;
  }
  return fired;
}

function runQueue(queue: Queue, keys: Int32Array, timesMs: Float64Array): number {
  for (let index = 0; index < keys.length; index++) {
    const [key, priority] = [keys[index] as number, timesMs[index] as number];
    queue.add({ key, namespace: VOID_NAMESPACE, priority });
  }
  let fired = 0;
  for (let next = queue.peek(); next !== undefined; next = queue.peek()) {
    queue.poll();
    fired++;
  }
  return fired;
}

function randomTimes(count: number): Float64Array {
  let seed = 12_345;
  return Float64Array.from({ length: count }, () => {
    seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
    return 1_700_000_000_000 + seed;
  });
}

/** CPU nanoseconds for each timer. */
function timed(timers: number, run: () => number): number {
  (globalThis as { gc?: () => void }).gc?.();
  const before = process.cpuUsage();
  const fired = run();
  const { user, system } = process.cpuUsage(before);
  if (fired !== timers) throw new Error(`${fired} of ${timers} timers fired`);
  return ((user + system) * 1000) / timers;
}

const { values: options } = parseArgs({
  options: {
    timers: { type: 'string', default: '150000' },
    rounds: { type: 'string', default: '9' },
    backend: { type: 'string', default: 'hashmap' },
    config: { type: 'string', multiple: true, default: [] },
  },
});
const timers = Number(options.timers);
const directory = mkdtempSync(join(tmpdir(), 'tidemark-timers-'));
process.on('exit', () => rmSync(directory, { recursive: true, force: true }));
const config = Configuration.from({
  'state.backend': options.backend,
  ...(options.backend === 'lmdb' ? { 'state.backend.lmdb.localdir': directory } : {}),
  ...Object.fromEntries(options.config.map((line) => line.split(/=(.*)/s).slice(0, 2))),
});
const stateBackend = await loadStateBackend(config, { importModule: importStateBackend });
const isBounded = options.backend === 'hashmap';
const timesMs = randomTimes(timers);

console.log(describeMachine());
console.log(
  `CPU nanoseconds to register and fire one of ${timers} timers of ${options.backend}, best of ${options.rounds}`,
);
let isTooSlow = false;
for (const [name, keyOf] of [
  ['one key', () => 7],
  ['a key each', (index: number) => index],
] as const) {
  const keys = Int32Array.from({ length: timers }, (_, index) => keyOf(index));
  const backend = await createEmptyBackend(stateBackend, 'timers', config);
  const queue = backend.createPriorityQueue?.({
    name: 'timers',
    namespace: voidNamespaceSerializer,
    priority: safeInteger,
  }) as Queue;
  let [bare, ours] = [Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY];
  for (let round = 0; round < Number(options.rounds); round++) {
    bare = Math.min(
      bare,
      timed(timers, () => runBare(keys, timesMs)),
    );
    ours = Math.min(
      ours,
      timed(timers, () => runQueue(queue, keys, timesMs)),
    );
  }
  const ratio = ours / bare;
  isTooSlow ||= isBounded && ratio > RATIO_MAX;
  console.log(
    `  ${name.padEnd(12)} bare ${bare.toFixed(0)}   queue ${ours.toFixed(0)}   ${ratio.toFixed(2)}x${isBounded ? ` (goal ${RATIO_GOAL}x, bound ${RATIO_MAX}x)` : ''}`,
  );
  await backend.close();
}
if (isTooSlow) process.exitCode = 1;
