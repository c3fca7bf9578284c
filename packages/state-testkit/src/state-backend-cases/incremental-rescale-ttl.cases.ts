// Increments of several subtasks with time to live, of all kinds and by both clocks, at other parallelisms.

import {
  AggregatingStateDescriptor,
  assignToKeyGroup,
  createKeyGroupPartitions,
  FoldingStateDescriptor,
  int32,
  ListStateDescriptor,
  list,
  MapStateDescriptor,
  ReducingStateDescriptor,
  type StateDescriptor,
  StateTtlConfig,
  string,
  type TtlTimeCharacteristic,
  ValueStateDescriptor,
} from '@tidemark/state-core';
import type { KeyedStateBackend, KeyedStateHandle } from '@tidemark/state-core/spi';
import { redistributeKeyedState, type SnapshotContextOptions } from '@tidemark/state-core/support';
import { assertEqual, assertTrue } from '../conformance/assertions.js';
import { ManualClock } from '../fault/manual-clock.js';
import { ManualScheduler } from '../fault/manual-scheduler.js';
import type { StateBackendCase } from './state-backend-case.js';
import { plainState, type StateBackendHarness } from './state-backend-harness.js';

const MAX_PARALLELISM = 128;
const KEYS = 250;
const TTL_MS = 100;

function append(a: number[], b: readonly number[]): number[] {
  a.push(...b);
  return a;
}

/** One state of every kind that goes by this clock. */
function statesBy(timeCharacteristic: TtlTimeCharacteristic) {
  const ttl = StateTtlConfig.of({ ttlMs: TTL_MS, timeCharacteristic });
  const name = (kind: string) => `${kind} by ${timeCharacteristic}`;
  return {
    value: new ValueStateDescriptor(name('value'), { type: int32, ttl }),
    list: new ListStateDescriptor(name('list'), { type: int32, ttl }),
    map: new MapStateDescriptor(name('map'), { key: string, value: int32, ttl }),
    reducing: new ReducingStateDescriptor<number[]>(name('reducing'), { type: list(int32), reduce: append, ttl }),
    aggregating: new AggregatingStateDescriptor<number, number[], string>(name('aggregating'), {
      type: list(int32),
      aggregate: {
        createAccumulator: () => [],
        add: (value, accumulator) => append(accumulator, [value]),
        getResult: (accumulator) => accumulator.join('+'),
        merge: append,
      },
      ttl,
    }),
    folding: new FoldingStateDescriptor<number, number[]>(name('folding'), {
      type: list(int32),
      initialValue: [-1],
      fold: (accumulator, value) => append(accumulator, [value]),
      ttl,
    }),
  };
}

const SORTS = [statesBy('ProcessingTime'), statesBy('EventTime')];
const ALL: readonly StateDescriptor[] = SORTS.flatMap((states) => Object.values(states) as StateDescriptor[]);

/** A job whose clocks stand still until they are told to go on. */
class TtlJob {
  subtasks: readonly KeyedStateBackend<number>[] = [];
  readonly clock: ManualClock = new ManualClock(1000);
  private readonly scheduler: ManualScheduler = new ManualScheduler(this.clock);

  constructor(private readonly harness: StateBackendHarness) {}

  async deploy(
    parallelism: number,
    handles: readonly KeyedStateHandle[],
    restoredCheckpointId?: number,
  ): Promise<void> {
    const { clock, scheduler } = this;
    const subtasks: KeyedStateBackend<number>[] = [];
    for (const keyGroupRange of createKeyGroupPartitions(MAX_PARALLELISM, parallelism)) {
      subtasks.push(
        await this.harness.createKeyed({
          clock,
          scheduler,
          numberOfKeyGroups: MAX_PARALLELISM,
          keyGroupRange,
          restore: redistributeKeyedState(handles, keyGroupRange, MAX_PARALLELISM),
          ...(restoredCheckpointId === undefined ? {} : { restoredCheckpointId }),
          declaredStates: ALL,
        }),
      );
    }
    this.subtasks = subtasks;
  }

  markEventTime(timestampMs: number): void {
    for (const subtask of this.subtasks) subtask.advanceEventTime?.(timestampMs);
  }

  at(key: number): KeyedStateBackend<number> {
    const keyGroup = assignToKeyGroup(key, int32, MAX_PARALLELISM);
    const subtask = this.subtasks.find(({ keyGroupRange }) => keyGroupRange.contains(keyGroup));
    subtask?.setCurrentKey(key);
    return subtask as KeyedStateBackend<number>;
  }

  change(round: number): void {
    for (let key = 0; key < KEYS; key += round === 1 ? 1 : round * 2) {
      const backend = this.at(key);
      for (const states of SORTS) {
        if (key % 7 === round) plainState(backend, states.value).clear();
        else plainState(backend, states.value).update(key * 10 + round);
        plainState(backend, states.list).add(round);
        if (key % 11 === round) plainState(backend, states.map).clear();
        else if (key % 5 === round) plainState(backend, states.map).remove(`r${round - 1}`);
        plainState(backend, states.map).put(`r${round}`, key);
        plainState(backend, states.reducing).add([round]);
        if (key % 13 === round) plainState(backend, states.folding).clear();
        plainState(backend, states.folding).add(round);
        plainState(backend, states.aggregating).add(round);
      }
    }
  }

  contents(): string {
    const lines: string[] = [];
    for (let key = 0; key < KEYS; key++) {
      const backend = this.at(key);
      const ofKey = SORTS.flatMap((states) => [
        plainState(backend, states.value).value(),
        [...plainState(backend, states.list).get()],
        [...plainState(backend, states.map).entries()].sort(([a], [b]) => (a < b ? -1 : 1)),
        plainState(backend, states.reducing).get(),
        plainState(backend, states.aggregating).get(),
        plainState(backend, states.folding).get(),
      ]);
      lines.push(`${key}: ${JSON.stringify(ofKey)}`);
    }
    return lines.join('\n');
  }

  async snapshot(options: Partial<SnapshotContextOptions>): Promise<KeyedStateHandle[]> {
    const { clock, scheduler } = this;
    const handles: KeyedStateHandle[] = [];
    for (const subtask of this.subtasks)
      handles.push((await this.harness.snapshot(subtask, { clock, scheduler, ...options })) as KeyedStateHandle);
    return handles;
  }

  /** The digests per state and key group of a savepoint. */
  async digests(checkpointId: number): Promise<string> {
    const lines: string[] = [];
    for (const { digests, keyGroupRange } of await this.snapshot({ checkpointId, kind: 'savepoint' })) {
      assertEqual(digests?.length, ALL.length, 'states with digests');
      for (const { stateName, digests: bytes } of digests ?? []) {
        for (let index = 0; index < bytes.length; index += 8)
          lines.push(`${stateName} ${keyGroupRange.first + index / 8} ${bytes.subarray(index, index + 8).join('.')}`);
      }
    }
    return lines.sort().join('\n');
  }

  async close(): Promise<void> {
    for (const subtask of this.subtasks) await subtask.close();
  }
}

/** Cases about increments with time to live and rescaling. */
export const incrementalRescaleTtlCases: readonly StateBackendCase[] = [
  {
    id: 'RESCALE-07',
    title:
      'increments of three subtasks, all kinds by both clocks, at 1, 2, 5 and 128: same contents, digests and ends',
    requires: ['incrementalSnapshots'],
    async run(harness) {
      const job = new TtlJob(harness);
      await job.deploy(3, []);
      // Three rounds at 1000, 1030 and 1060 of processing time, and at other times of event time.
      job.markEventTime(5000);
      job.change(1);
      await job.snapshot({ checkpointId: 1, sharing: 'forward' });
      job.clock.advance(30);
      job.markEventTime(5040);
      job.change(2);
      await job.snapshot({ checkpointId: 2, sharing: 'forward-backward', base: 1 });
      job.clock.advance(30);
      job.markEventTime(5080);
      job.change(3);
      const handles = await job.snapshot({ checkpointId: 3, sharing: 'forward-backward', base: 2 });
      assertTrue(
        handles.every(({ kind, segments }) => kind === 'incremental' && segments.length === 3),
        'each subtask has a full image and two increments',
      );
      const digests = await job.digests(9);
      const contents = job.contents();
      const later = await contentsLater(job);
      for (const parallelism of [1, 2, 5, 128]) {
        const rescaled = new TtlJob(harness);
        rescaled.clock.advance(60);
        await rescaled.deploy(parallelism, handles, 3);
        assertEqual(await rescaled.digests(10), digests, `digests at parallelism ${parallelism}`);
        assertEqual(rescaled.contents(), contents, `contents at parallelism ${parallelism}`);
        assertEqual(await rescaled.digests(11), digests, `digests at parallelism ${parallelism}, read`);
        assertEqual(await contentsLater(rescaled), later, `contents later at parallelism ${parallelism}`);
        await rescaled.close();
      }
      await job.close();
    },
  },
];

/** What is left where the entries of the first round have expired, then those of the second, then all. */
async function contentsLater(job: TtlJob): Promise<readonly string[]> {
  const seen: string[] = [];
  for (const [durationMs, markMs] of [
    [40, 5100],
    [30, 5140],
    [30, 5180],
  ] as const) {
    job.clock.advance(durationMs);
    job.markEventTime(markMs);
    seen.push(job.contents());
  }
  const entries = job.subtasks.reduce((sum, subtask) => sum + subtask.numKeyValueStateEntries(), 0);
  assertEqual(entries, 0, 'entries when all have expired and been read');
  return seen;
}
