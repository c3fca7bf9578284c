// Rescaling: any snapshot at any parallelism, each subtask reading its key groups only.

import {
  assignToKeyGroup,
  computeKeyGroupRangeForOperatorIndex,
  int32,
  ListStateDescriptor,
  MapStateDescriptor,
  string,
  ValueStateDescriptor,
} from '@tidemark/state-core';
import { intersectKeyedStateHandle, type KeyedStateBackend, type KeyedStateHandle } from '@tidemark/state-core/spi';
import { assertEqual, assertTrue } from '../conformance/assertions.js';
import type { StateBackendCase } from './state-backend-case.js';
import { plainState, type StateBackendHarness } from './state-backend-harness.js';

const MAX_PARALLELISM = 16;
const KEYS = 200;
const numbers = new ValueStateDescriptor('numbers', { type: int32 });
const texts = new ListStateDescriptor('texts', { type: string });
const ages = new MapStateDescriptor('ages', { key: string, value: int32 });

interface Subtask {
  readonly backend: KeyedStateBackend<number>;
  owns(key: number): boolean;
}

async function deploy(
  harness: StateBackendHarness,
  parallelism: number,
  handles: readonly (KeyedStateHandle | undefined)[],
): Promise<Subtask[]> {
  const subtasks: Subtask[] = [];
  for (let index = 0; index < parallelism; index++) {
    const keyGroupRange = computeKeyGroupRangeForOperatorIndex(MAX_PARALLELISM, parallelism, index);
    const restore = handles.map((handle) =>
      handle === undefined ? undefined : intersectKeyedStateHandle(handle, keyGroupRange),
    );
    const backend = await harness.createKeyed({ numberOfKeyGroups: MAX_PARALLELISM, keyGroupRange, restore });
    subtasks.push({ backend, owns: (key) => keyGroupRange.contains(assignToKeyGroup(key, int32, MAX_PARALLELISM)) });
  }
  return subtasks;
}

function change(subtasks: readonly Subtask[], round: number): void {
  for (const { backend, owns } of subtasks) {
    const [value, list, map] = [plainState(backend, numbers), plainState(backend, texts), plainState(backend, ages)];
    for (let key = 0; key < KEYS; key++) {
      if (!owns(key)) continue;
      backend.setCurrentKey(key);
      value.update(key * 10 + round);
      list.add(`r${round}`);
      map.put(`r${round}`, key);
    }
  }
}

function check(subtasks: readonly Subtask[], round: number, what: string): void {
  let checked = 0;
  for (const { backend, owns } of subtasks) {
    const [value, list, map] = [plainState(backend, numbers), plainState(backend, texts), plainState(backend, ages)];
    for (let key = 0; key < KEYS; key++) {
      if (!owns(key)) continue;
      checked++;
      backend.setCurrentKey(key);
      const rounds = Array.from({ length: round }, (_, index) => `r${index + 1}`);
      assertEqual(value.value(), key * 10 + round, `${what}: value of key ${key}`);
      assertEqual([...list.get()], rounds, `${what}: list of key ${key}`);
      assertEqual([...map.keys()].sort(), rounds, `${what}: map of key ${key}`);
    }
  }
  assertEqual(checked, KEYS, `${what}: keys over all subtasks`);
}

async function snapshotAll(
  harness: StateBackendHarness,
  subtasks: readonly Subtask[],
): Promise<(KeyedStateHandle | undefined)[]> {
  return Promise.all(subtasks.map(({ backend }) => harness.snapshot(backend)));
}

/** Cases about rescaling. */
export const rescaleCases: readonly StateBackendCase[] = [
  {
    id: 'RESCALE-01',
    title: 'testKeyGroupSnapshotRestore: scale out, in, and to odd parallelisms, with changes in between',
    async run(harness) {
      let subtasks = await deploy(harness, 1, []);
      let round = 0;
      for (const parallelism of [3, 16, 5, 2, 1]) {
        change(subtasks, ++round);
        subtasks = await deploy(harness, parallelism, await snapshotAll(harness, subtasks));
        check(subtasks, round, `at parallelism ${parallelism}`);
      }
    },
  },
  {
    id: 'RESCALE-02',
    title: 'testKeyGroupSnapshotRestoreScaleDown: two subtasks into one without touching anything, twice',
    async run(harness) {
      const two = await deploy(harness, 2, []);
      change(two, 1);
      const one = await deploy(harness, 1, await snapshotAll(harness, two));
      const three = await deploy(harness, 3, await snapshotAll(harness, one));
      check(three, 1, 'after two rescales');
    },
  },
  {
    id: 'RESCALE-03',
    title: 'a subtask reads its share of the bytes and not the rest',
    async run(harness) {
      const [whole] = await deploy(harness, 1, []);
      const backend = (whole as Subtask).backend;
      const state = plainState(backend, texts);
      for (let key = 0; key < 2000; key++) {
        backend.setCurrentKey(key);
        state.add('x'.repeat(100));
      }
      const handles = await snapshotAll(harness, [whole as Subtask]);
      const size = handles[0]?.segments[0]?.lengthBytes ?? 0;
      const before = harness.streams.bytesRead;
      const keyGroupRange = computeKeyGroupRangeForOperatorIndex(MAX_PARALLELISM, 8, 3);
      await harness.createKeyed({ numberOfKeyGroups: MAX_PARALLELISM, keyGroupRange, restore: handles });
      const read = harness.streams.bytesRead - before;
      assertTrue(read < size / 4, `a subtask with an eighth of the key groups read ${read} of ${size} bytes`);
    },
  },
];
