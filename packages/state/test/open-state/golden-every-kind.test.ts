// The directory with every kind of state that is kept for ever: a copy of what `runEveryKindJob` wrote when the format was
// new. It never changes; a new version of the format gets another beside it.

import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { temporaryDirectory } from '../temporary-directory.js';
import {
  everyKindOf,
  GOLDEN_MARK_MS,
  GOLDEN_START_MS,
  GOLDEN_TTL_MS,
  type GoldenClock,
  openEveryKind,
} from './golden-every-kind.js';

const GOLDEN = fileURLToPath(new URL('../golden/every-kind-v1', import.meta.url));

const GONE = '- [] {} - - -';
const FIRST = 'a1 [a1,ä😀] {both=10,k1=1} 1 1 99';
const SORTS = ['plain', 'processing', 'event'] as const;

/** The line of each sort of a key. */
function lines(
  key: string,
  ...[plain, processing = plain, event = processing]: string[]
): Record<string, string | undefined> {
  return { [`${key} plain`]: plain, [`${key} processing`]: processing, [`${key} event`]: event };
}

async function restored(relativePath: string, clock: GoldenClock) {
  const directory = temporaryDirectory();
  cpSync(GOLDEN, directory, { recursive: true });
  return openEveryKind(temporaryDirectory(), clock, join(directory, relativePath));
}

it('restores every kind by both clocks from the full checkpoint', async () => {
  const clock = { nowMs: GOLDEN_START_MS + 400 };
  await using state = await restored('every-kind/chk-1', clock);
  expect(everyKindOf(state, ['a', 'c', 'new'])).toEqual({
    ...lines('a', FIRST),
    ...lines('c', FIRST.replaceAll('a1', 'c1')),
    ...lines('new', GONE),
  });
  // The stamps of both clocks came along: each ends at its moment, and not one before.
  clock.nowMs = GOLDEN_START_MS + GOLDEN_TTL_MS - 1;
  state.advanceEventTime(GOLDEN_MARK_MS + GOLDEN_TTL_MS - 1);
  expect(everyKindOf(state, ['a'])).toEqual(lines('a', FIRST));
  clock.nowMs++;
  expect(everyKindOf(state, ['a'])).toEqual(lines('a', FIRST, GONE, FIRST));
  state.advanceEventTime(GOLDEN_MARK_MS + GOLDEN_TTL_MS);
  expect(everyKindOf(state, ['a'])).toEqual(lines('a', FIRST, GONE, GONE));
});

it.each(['every-kind/chk-2', 'savepoint'])('restores every kind by both clocks from %s', async (path) => {
  const clock = { nowMs: GOLDEN_START_MS + 400 };
  await using state = await restored(path, clock);
  const both = 'b2 [b1,ä😀,b2,ä😀] {both=20,k1=1,k2=2} 3 1+2 97';
  const second = 'new2 [new2,ä😀] {both=20,k2=2} 2 2 98';
  const replaced = 'd1 [replaced] {both=10} 1 1 99';
  expect(everyKindOf(state, ['a', 'b', 'c', 'd', 'new'])).toEqual({
    ...lines('a', FIRST),
    ...lines('b', both),
    ...lines('c', GONE),
    ...lines('d', replaced),
    ...lines('new', second),
  });
  // What the second part wrote lives longer: by 400 ms of the one clock, 600 ms of the other.
  clock.nowMs = GOLDEN_START_MS + GOLDEN_TTL_MS;
  state.advanceEventTime(GOLDEN_MARK_MS + GOLDEN_TTL_MS);
  expect(everyKindOf(state, ['a', 'b', 'd', 'new'])).toEqual({
    ...lines('a', FIRST, GONE),
    ...lines('b', both, 'b2 [b2,ä😀] {both=20,k2=2} 3 1+2 97'),
    ...lines('d', replaced, '- [replaced] {} - - -'),
    ...lines('new', second),
  });
  clock.nowMs = GOLDEN_START_MS + 400 + GOLDEN_TTL_MS;
  state.advanceEventTime(GOLDEN_MARK_MS + 600 + GOLDEN_TTL_MS - 1);
  expect(everyKindOf(state, ['new'])).toEqual(lines('new', second, GONE, second));
  state.advanceEventTime(GOLDEN_MARK_MS + 600 + GOLDEN_TTL_MS);
  expect(everyKindOf(state, ['new'])).toEqual(lines('new', second, GONE));
});

it('knows every state that was written', async () => {
  await using state = await restored('every-kind/chk-2', { nowMs: GOLDEN_START_MS + 400 });
  const kinds = ['value', 'list', 'map', 'reducing', 'aggregating', 'folding'];
  for (const sort of SORTS) for (const kind of kinds) expect([...state.keys(`${sort}_${kind}`)]).toContain('a');
});
