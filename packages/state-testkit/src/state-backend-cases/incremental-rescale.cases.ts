// Any snapshot at any parallelism: increments of several subtasks, restored by fewer and by more, and written again.

import {
  assignToKeyGroup,
  createKeyGroupPartitions,
  int32,
  ListStateDescriptor,
  MapStateDescriptor,
  StateTtlConfig,
  string,
  ValueStateDescriptor,
} from '@tidemark/state-core';
import type { KeyedStateBackend, KeyedStateHandle } from '@tidemark/state-core/spi';
import { redistributeKeyedState, type SnapshotContextOptions } from '@tidemark/state-core/support';
import { assertEqual, assertTrue } from '../conformance/assertions.js';
import type { StateBackendCase } from './state-backend-case.js';
import { plainState, type StateBackendHarness } from './state-backend-harness.js';

const MAX_PARALLELISM = 128;
const KEYS = 1500;
const TTL_MS = 1_000_000_000;
const ttl = StateTtlConfig.of({ ttlMs: TTL_MS });
const numbers = new ValueStateDescriptor('numbers', { type: int32, ttl });
const texts = new ListStateDescriptor('texts', { type: string });
const ages = new MapStateDescriptor('ages', { key: string, value: int32, ttl });

interface Job {
  readonly subtasks: readonly KeyedStateBackend<number>[];
  readonly backendOf: (key: number) => KeyedStateBackend<number>;
}

async function deploy(
  harness: StateBackendHarness,
  parallelism: number,
  handles: readonly KeyedStateHandle[],
  restoredCheckpointId?: number,
): Promise<Job> {
  const ranges = createKeyGroupPartitions(MAX_PARALLELISM, parallelism);
  const subtasks: KeyedStateBackend<number>[] = [];
  for (const keyGroupRange of ranges) {
    subtasks.push(
      await harness.createKeyed({
        numberOfKeyGroups: MAX_PARALLELISM,
        keyGroupRange,
        restore: redistributeKeyedState(handles, keyGroupRange, MAX_PARALLELISM),
        ...(restoredCheckpointId === undefined ? {} : { restoredCheckpointId }),
        declaredStates: [numbers, texts, ages],
      }),
    );
  }
  return {
    subtasks,
    backendOf: (key) => {
      const keyGroup = assignToKeyGroup(key, int32, MAX_PARALLELISM);
      return subtasks.find((subtask) => subtask.keyGroupRange.contains(keyGroup)) as KeyedStateBackend<number>;
    },
  };
}

function change(job: Job, round: number): void {
  const step = round === 1 ? 1 : round * 3;
  for (let key = 0; key < KEYS; key += step) {
    const backend = job.backendOf(key);
    backend.setCurrentKey(key);
    if (key % 7 === round) plainState(backend, numbers).clear();
    else plainState(backend, numbers).update(key * 10 + round);
    plainState(backend, texts).add(`r${round}`);
    if (key % 11 === round) plainState(backend, ages).clear();
    plainState(backend, ages).put(`r${round}`, key);
  }
}

function contentsOf(job: Job): string {
  const lines: string[] = [];
  for (let key = 0; key < KEYS; key++) {
    const backend = job.backendOf(key);
    backend.setCurrentKey(key);
    const value = plainState(backend, numbers).value() ?? undefined;
    const map = [...plainState(backend, ages).entries()].map(String).sort();
    lines.push(`${key}: ${value} [${[...plainState(backend, texts).get()]}] {${map}}`);
  }
  return lines.join('\n');
}

async function snapshotAll(
  harness: StateBackendHarness,
  { subtasks }: Job,
  options: Partial<SnapshotContextOptions>,
): Promise<KeyedStateHandle[]> {
  const handles: KeyedStateHandle[] = [];
  for (const subtask of subtasks) handles.push((await harness.snapshot(subtask, options)) as KeyedStateHandle);
  return handles;
}

function digestsOf(handles: readonly KeyedStateHandle[]): string {
  const lines: string[] = [];
  for (const { digests, keyGroupRange } of handles) {
    assertTrue(digests !== undefined, 'a full image has digests');
    for (const { stateName, digests: bytes } of digests ?? []) {
      for (let index = 0; index < bytes.length; index += 8) {
        lines.push(`${stateName} ${keyGroupRange.first + index / 8} ${bytes.subarray(index, index + 8).join('.')}`);
      }
    }
  }
  return lines.sort().join('\n');
}

/** Takes a full checkpoint and two increments with changes in between; the last one. */
async function increments(harness: StateBackendHarness, job: Job, firstId: number): Promise<KeyedStateHandle[]> {
  change(job, 1);
  await snapshotAll(harness, job, { checkpointId: firstId, sharing: 'forward' });
  change(job, 2);
  await snapshotAll(harness, job, { checkpointId: firstId + 1, sharing: 'forward-backward', base: firstId });
  change(job, 3);
  return snapshotAll(harness, job, { checkpointId: firstId + 2, sharing: 'forward-backward', base: firstId });
}

const requires = ['incrementalSnapshots'] as const;

/** Cases about increments and rescaling. */
export const incrementalRescaleCases: readonly StateBackendCase[] = [
  {
    id: 'RESCALE-04',
    title: 'increments of three subtasks with time to live, at 1, 2, 3, 5 and 128: same contents, same digests',
    requires,
    async run(harness) {
      const job = await deploy(harness, 3, []);
      const handles = await increments(harness, job, 1);
      assertTrue(
        handles.every(({ segments }) => segments.length === 2),
        'each subtask has a full image and an increment',
      );
      const contents = contentsOf(job);
      const expected = digestsOf(await snapshotAll(harness, job, { checkpointId: 9, kind: 'savepoint' }));
      for (const parallelism of [1, 2, 3, 5, 128]) {
        const rescaled = await deploy(harness, parallelism, handles, 3);
        assertEqual(contentsOf(rescaled), contents, `contents at parallelism ${parallelism}`);
        const savepoints = await snapshotAll(harness, rescaled, { checkpointId: 10, kind: 'savepoint' });
        assertEqual(digestsOf(savepoints), expected, `digests at parallelism ${parallelism}`);
        for (const subtask of rescaled.subtasks) await subtask.close();
      }
    },
  },
  {
    id: 'RESCALE-05',
    title: 'increments go on after every rescale, on the segments of all subtasks before',
    requires,
    async run(harness) {
      let job = await deploy(harness, 3, []);
      let handles = await increments(harness, job, 1);
      let checkpointId = 3;
      for (const [index, parallelism] of [5, 1, 128, 2].entries()) {
        for (const subtask of job.subtasks) await subtask.close();
        job = await deploy(harness, parallelism, handles, checkpointId);
        change(job, 4 + index);
        const base = checkpointId++;
        handles = await snapshotAll(harness, job, { checkpointId, sharing: 'forward-backward', base });
        const built = handles.filter((handle) => handle.kind === 'incremental' && handle.baseCheckpointId === base);
        assertTrue(built.length > 0, `nobody built on the restored checkpoint at parallelism ${parallelism}`);
        for (const { segments } of handles) {
          const ids = segments.map((segment) => segment.checkpointId);
          assertEqual(
            ids,
            ids.toSorted((a, b) => a - b),
            'segments ascend by checkpoint',
          );
        }
        const again = await deploy(harness, 3, handles);
        assertEqual(contentsOf(again), contentsOf(job), `contents after parallelism ${parallelism}`);
        for (const subtask of again.subtasks) await subtask.close();
      }
    },
  },
  {
    id: 'RESCALE-06',
    title: 'a subtask opens the segments of its key groups only',
    requires,
    async run(harness) {
      const job = await deploy(harness, 16, []);
      const handles = await increments(harness, job, 1);
      const whole = handles.reduce((sum, { segments }) => sum + segments.reduce((s, one) => s + one.lengthBytes, 0), 0);
      const [united] = (await deploy(harness, 1, handles, 3)).subtasks;
      const one = (await harness.snapshot(united as KeyedStateBackend<number>, {
        checkpointId: 4,
        sharing: 'forward-backward',
        base: 3,
      })) as KeyedStateHandle;
      assertEqual(one.segments.length, 32, 'segments that the one subtask names');
      const before = harness.streams.bytesRead;
      const [keyGroupRange] = createKeyGroupPartitions(MAX_PARALLELISM, 16);
      await harness.createKeyed({
        numberOfKeyGroups: MAX_PARALLELISM,
        ...(keyGroupRange === undefined ? {} : { keyGroupRange }),
        restore: [one],
      });
      const read = harness.streams.bytesRead - before;
      assertTrue(read < whole / 8, `a sixteenth of the key groups read ${read} of ${whole} bytes`);
    },
  },
];
