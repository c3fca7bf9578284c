// Restored entries in blocks of records, on a disk that is full.

import { closeSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { MapStateDescriptor, type StateError, string } from '@tidemark/state-core';
import { plainState, StateBackendHarness } from '@tidemark/state-testkit';
import { expect, it, onTestFinished } from 'vitest';
import { LmdbStateBackend } from '../src/index.js';
import { failureOf } from './failure-of.js';
import { smallVolume } from './small-volume.js';
import { temporaryDirectory } from './temporary-environment.js';

const MEBIBYTE: number = 1024 * 1024;
const ENTRIES = 60_000;

const CHANGED: string = 'changed'.padEnd(3000, '.');

const maps = new MapStateDescriptor('maps', { key: string, value: string });

/** Somebody else's file that takes what is left. */
function fillUp(path: string): void {
  const zeros = new Uint8Array(4096);
  const file = openSync(path, 'w');
  try {
    for (;;) writeSync(file, zeros);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
  } finally {
    closeSync(file);
  }
}

it('what was restored is read on a full disk, changes are refused, and take place when there is room', {
  timeout: 60_000,
}, async (context) => {
  const volume = smallVolume(context, 64 * MEBIBYTE);
  const first = new StateBackendHarness(new LmdbStateBackend({ localDirectories: temporaryDirectory() }));
  onTestFinished(() => first.close());
  const source = await first.createKeyed({ numberOfKeyGroups: 1 });
  source.setCurrentKey(1);
  const entryOf = (index: number): [string, string] => [`entry ${100_000 + index}`, `${index}`.padEnd(200, '.')];
  plainState(source, maps).putAll(Array.from({ length: ENTRIES }, (_, index) => entryOf(index)));
  const handle = await first.snapshot(source);

  // Without a cache: every change goes to the store at once.
  const harness = new StateBackendHarness(
    new LmdbStateBackend({ localDirectories: volume.path, cacheBytes: 0 }),
    first.streams,
  );
  onTestFinished(() => harness.close());
  const backend = await harness.createKeyed({ numberOfKeyGroups: 1, restore: [handle] });
  backend.setCurrentKey(1);
  const state = plainState(backend, maps);
  expect(state.get(entryOf(0)[0])).toBe(entryOf(0)[1]);

  fillUp(join(volume.path, 'others'));

  const changed = new Map(Array.from({ length: ENTRIES }, (_, index) => entryOf(index)));
  let failure: StateError | undefined;
  let next = 0;
  for (; failure === undefined && next < ENTRIES; next += 3) {
    const [mapKey] = entryOf(next);
    failure = failureOf(() => state.put(mapKey, CHANGED));
    if (failure === undefined) changed.set(mapKey, CHANGED);
  }
  expect(failure?.code).toBe('storage-no-space');
  const [refused] = entryOf(next - 3);
  for (let index = 0; index < ENTRIES; index += 7) {
    const [mapKey] = entryOf(index);
    if (mapKey !== refused) expect(state.get(mapKey)).toBe(changed.get(mapKey));
  }
  changed.delete(refused);
  const others = (): Map<string, string> => new Map([...state].filter(([mapKey]) => mapKey !== refused));
  expect(others()).toEqual(changed);

  volume.resize(256 * MEBIBYTE);
  state.put(refused, CHANGED);
  state.remove(entryOf(7)[0]);
  state.put(entryOf(ENTRIES - 1)[0], 'last');
  changed.set(refused, CHANGED);
  changed.set(entryOf(ENTRIES - 1)[0], 'last');
  changed.delete(entryOf(7)[0]);
  expect(new Map(state)).toEqual(changed);
  const again = await harness.restart(backend);
  again.setCurrentKey(1);
  expect(new Map(plainState(again, maps))).toEqual(changed);
});
