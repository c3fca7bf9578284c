// What an increment of the heap costs beside a full snapshot, when a hundredth of the entries changed; and what the
// bookkeeping for increments costs the program.
//
// Measured: bytes and time of a full checkpoint, of one in which 1 % of the entries were updated, of one in which 1 % were
// removed and as many added, and of one in which nothing changed; the bytes that the changed entries alone take in a
// segment; then updates and removals of entries with increments off and on, in turns. Not measured: a storage; bytes go to
// memory.
//
//   pnpm bench:incremental [--entries 2000000] [--rounds 5]

import { parseArgs } from 'node:util';
import { int32, systemClock, systemScheduler, ValueStateDescriptor } from '@tidemark/state-core';
import {
  type KeyedStateBackend,
  keyedStateCheckpointedSizeBytes,
  type SnapshotSharing,
  VOID_NAMESPACE,
  voidNamespaceSerializer,
} from '@tidemark/state-core/spi';
import { createSnapshotContext } from '@tidemark/state-core/support';
import { nowMs } from './ambient/process-clock.js';
import { CountingStream, createHeapBackend } from './heap-subject.js';
import { describeMachine } from './machine.js';
import { spreadOf } from './runner/statistics.js';
import { KEY_GROUPS } from './workloads/sequences.js';

const MIB: number = 2 ** 20;
const ALLOWANCE_BYTES: number = 64 * 1024;

const descriptor: ValueStateDescriptor<number> = new ValueStateDescriptor('value', { type: int32 });

class Subject {
  private checkpointId = 0;

  private constructor(
    private readonly backend: KeyedStateBackend<number>,
    private readonly sharing: SnapshotSharing,
  ) {}

  static async create(sharing: SnapshotSharing): Promise<Subject> {
    const backend = await createHeapBackend('incremental');
    return new Subject(backend, sharing);
  }

  /** Sets the values of keys `first`, `first + step`, ... below `end`; the time it took in milliseconds. */
  set(first: number, end: number, step: number, value: number): number {
    const { backend } = this;
    const state = backend.getPartitionedState(VOID_NAMESPACE, voidNamespaceSerializer, descriptor);
    const startMs = nowMs();
    for (let key = first; key < end; key += step) {
      backend.setCurrentKey(key);
      state.update(value);
    }
    return nowMs() - startMs;
  }

  /** Removes keys; the time it took in milliseconds. */
  remove(first: number, end: number, step: number): number {
    const { backend } = this;
    const state = backend.getPartitionedState(VOID_NAMESPACE, voidNamespaceSerializer, descriptor);
    const startMs = nowMs();
    for (let key = first; key < end; key += step) {
      backend.setCurrentKey(key);
      state.clear();
    }
    return nowMs() - startMs;
  }

  /** Takes a checkpoint on the one before; its size and time. */
  async checkpoint(isFull = false): Promise<{ readonly bytes: number; readonly ms: number }> {
    const startMs = nowMs();
    const checkpointId = ++this.checkpointId;
    const context = createSnapshotContext({
      checkpointId,
      sharing: this.sharing,
      base: isFull || checkpointId === 1 || this.sharing === 'no-sharing' ? undefined : checkpointId - 1,
      streams: { createCheckpointStateOutputStream: async () => new CountingStream() },
      clock: systemClock,
      scheduler: systemScheduler,
    });
    const { jobManagerOwned } = await this.backend.snapshot(context).write();
    const bytes = jobManagerOwned === undefined ? 0 : keyedStateCheckpointedSizeBytes(jobManagerOwned);
    return { bytes, ms: nowMs() - startMs };
  }

  close(): Promise<void> {
    return this.backend.close();
  }
}

interface Figures {
  readonly bytes: number;
  readonly ms: number;
}

function line(name: string, { bytes, ms }: Figures, full: Figures): void {
  const mib = (bytes / MIB).toFixed(2).padStart(8);
  const ofFull = ((ms / full.ms) * 100).toFixed(1).padStart(6);
  console.log(`${name.padEnd(42)}${mib} MiB ${ms.toFixed(1).padStart(9)} ms ${ofFull} % of the time of a full one`);
}

function median(values: readonly number[]): number {
  return spreadOf(values).median;
}

async function sizes(entries: number, rounds: number): Promise<boolean> {
  const subject = await Subject.create('forward-backward');
  subject.set(0, entries, 1, 1);
  await subject.checkpoint();
  const full = { bytes: 0, ms: 0 };
  const timesMs: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const taken = await subject.checkpoint(true);
    full.bytes = taken.bytes;
    timesMs.push(taken.ms);
  }
  full.ms = median(timesMs);
  // The least that changed entries take: a full snapshot of a state that holds nothing else.
  const alone = await Subject.create('forward-backward');
  alone.set(7, entries, 100, 2);
  const changed = await alone.checkpoint();
  await alone.close();

  const updated: Figures[] = [];
  for (let round = 0; round < rounds; round++) {
    subject.set(7 + round, entries, 100, 2 + round);
    updated.push(await subject.checkpoint());
  }
  const increment = { bytes: updated[0]?.bytes ?? 0, ms: median(updated.map(({ ms }) => ms)) };
  const churns: Figures[] = [];
  for (let round = 0; round < rounds; round++) {
    subject.remove(50 + round, entries, 100);
    subject.set(entries + (round * entries) / 100, entries + ((round + 1) * entries) / 100, 1, 1);
    churns.push(await subject.checkpoint());
  }
  const churned = { bytes: churns[0]?.bytes ?? 0, ms: median(churns.map(({ ms }) => ms)) };
  const idle = await subject.checkpoint();
  await subject.close();

  line('full', full, full);
  line('1 % updated', increment, full);
  line('1 % removed and as many added', churned, full);
  line('nothing changed', idle, full);
  const factor = increment.bytes / changed.bytes;
  const allowed = 1.25 * changed.bytes + ALLOWANCE_BYTES;
  console.log(
    `the changed entries alone: ${(changed.bytes / MIB).toFixed(2)} MiB; the increment is ${factor.toFixed(3)} times that (allowed 1.25 and 64 KiB: ${increment.bytes <= allowed})`,
  );
  console.log(
    `time: 1/${(full.ms / increment.ms).toFixed(1)} of a full one (allowed 1/10: ${increment.ms * 10 <= full.ms})`,
  );
  return increment.bytes <= allowed && increment.ms * 10 <= full.ms;
}

async function bookkeeping(entries: number, rounds: number): Promise<void> {
  const [off, on] = [await Subject.create('no-sharing'), await Subject.create('forward-backward')];
  const figures = {
    updateOff: [] as number[],
    updateOn: [] as number[],
    churnOff: [] as number[],
    churnOn: [] as number[],
  };
  for (const subject of [off, on]) subject.set(0, entries, 1, 0);
  for (let round = 0; round < rounds * 2; round++) {
    for (const subject of round % 2 === 0 ? [off, on] : [on, off]) {
      await subject.checkpoint();
      const updateMs = subject.set(0, entries, 1, round);
      await subject.checkpoint();
      const churnMs = subject.remove(round, entries, 10) + subject.set(round, entries, 10, round);
      (subject === off ? figures.updateOff : figures.updateOn).push(updateMs);
      (subject === off ? figures.churnOff : figures.churnOn).push(churnMs);
    }
  }
  await off.close();
  await on.close();
  const perUpdate = (ms: number): string => ((ms * 1e6) / entries).toFixed(1);
  const perChurn = (ms: number): string => ((ms * 1e6) / (entries / 10)).toFixed(1);
  console.log(
    `update, first in its epoch: ${perUpdate(median(figures.updateOff))} ns off, ${perUpdate(median(figures.updateOn))} ns on`,
  );
  console.log(
    `remove and put again: ${perChurn(median(figures.churnOff))} ns off, ${perChurn(median(figures.churnOn))} ns on`,
  );
}

async function main(): Promise<void> {
  const { values } = parseArgs({ options: { entries: { type: 'string' }, rounds: { type: 'string' } } });
  const entries = Number(values.entries ?? 2_000_000);
  const rounds = Number(values.rounds ?? 5);
  console.log(describeMachine());
  console.log(`${entries} values under int32 keys in ${KEY_GROUPS} key groups, medians of ${rounds}`);
  const isKept = await sizes(entries, rounds);
  await bookkeeping(Math.floor(entries / 4), rounds);
  if (!isKept) process.exitCode = 1;
}

await main();
