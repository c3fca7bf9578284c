// Single states of the program's own operator that are let go of on purpose.

import { describe, expect, it } from 'vitest';
import { formatRestorePlan, openState, string } from '../../src/index.js';
import { temporaryDirectory } from '../temporary-directory.js';
import { accountStates, openAccounts, pay } from './accounts.js';

const { total } = accountStates;

/** The same operator, of a program that declares the totals only. */
function openTotals(directory: string, options: Record<string, unknown> = {}, incremental = false) {
  return openState({
    name: 'accounts',
    states: { total },
    keySerializer: string,
    configFile: false,
    logger: { warn() {}, info() {} },
    config: { 'execution.checkpointing.dir': directory, 'execution.checkpointing.incremental': String(incremental) },
    ...options,
  });
}

/** A checkpoint in a directory of its own, incremental or not; with 300 accounts in three states. */
async function directoryWithAccounts(incremental = false): Promise<string> {
  const directory = temporaryDirectory();
  const state = await openAccounts(directory, {
    config: { 'execution.checkpointing.incremental': String(incremental) },
  });
  for (let index = 0; index < 300; index++) pay(state, `account ${index}`, index);
  await state.checkpoint();
  pay(state, 'account 7', 7);
  await state.checkpoint();
  await state.close();
  return directory;
}

const DISCARD_LOG = { discard: [{ operator: 'state', state: 'log' }] };

describe('a state that the program does not declare', () => {
  for (const incremental of [false, true]) {
    const of = incremental ? 'increments' : 'full images';
    it(`is discarded by name, and is in no further snapshot of ${of}, while the others are kept`, async () => {
      const directory = await directoryWithAccounts(incremental);
      let state = await openTotals(directory, DISCARD_LOG, incremental);
      const plan = state.restored?.plan ?? expect.fail('nothing was restored');
      expect(plan.states.map(({ stateName, outcome }) => [stateName, outcome])).toEqual([
        ['by-day', 'kept'],
        ['total', 'matched'],
        ['log', 'discarded'],
      ]);
      expect(plan.states.find(({ stateName }) => stateName === 'log')).toEqual({
        stateName: 'log',
        kind: 'list',
        outcome: 'discarded',
        previousSchema: 'string',
      });
      expect(formatRestorePlan(plan)).toMatch(/ log +list +discarded +string\n[\s\S]*discarded: let go of on purpose/);
      for (const amount of [1, 2]) {
        state.withKey('account 3', (states) => states.total.update(amount));
        await state.checkpoint();
      }
      await state.close();

      state = await openTotals(directory, {}, incremental);
      expect(state.restored?.plan.states.map(({ stateName }) => stateName)).toEqual(['by-day', 'total']);
      expect(state.withKey('account 3', (states) => states.total.value())).toBe(2);
      await state.close();
      const all = await openAccounts(directory);
      expect([...all.keys('log')]).toEqual([]);
      expect([...all.keys('byDay')]).toHaveLength(300);
      await all.close();
    });
  }

  it('may stay discarded in the options over any number of starts', async () => {
    const directory = await directoryWithAccounts();
    for (let start = 0; start < 3; start++) {
      const state = await openTotals(directory, DISCARD_LOG);
      expect(state.withKey('account 7', (states) => states.total.value())).toBe(14);
      await state.checkpoint();
      await state.close();
    }
    const never = await openTotals(temporaryDirectory(), { discard: [{ operator: 'state', state: 'anything' }] });
    await never.close();
  });

  it('is kept when no checkpoint completes after it was discarded', async () => {
    const directory = await directoryWithAccounts();
    await (await openTotals(directory, DISCARD_LOG)).close();
    const state = await openAccounts(directory);
    expect([...state.keys('log')]).toHaveLength(300);
    await state.close();
  });
});

describe('what cannot be discarded', () => {
  it('a state that was never there: the message has the name that was meant', async () => {
    const directory = await directoryWithAccounts();
    const opening = openTotals(directory, { discard: [{ operator: 'state', state: 'by-dya' }] });
    await expect(opening).rejects.toMatchObject({
      code: 'discarded-state-unknown',
      kind: 'configure',
      message: expect.stringMatching(/no state 'by-dya'.*did you mean by-day\?/),
    });
    await expect(openTotals(directory, { discard: [{ operator: 'state', state: 'zzz' }] })).rejects.toThrow(
      /it has 'by-day', 'log', 'total'/,
    );
    await (await openTotals(directory)).close();
  });

  it('a state that the program declares, and a single state of another operator', async () => {
    const directory = await directoryWithAccounts();
    await expect(openTotals(directory, { discard: [{ operator: 'state', state: 'total' }] })).rejects.toThrow(
      new TypeError("discard names the state 'total', which the program declares: leave it out of one of the two"),
    );
    await expect(openTotals(directory, { discard: [{ operator: 'stat', state: 'log' }] })).rejects.toThrow(
      /whose uid is 'state'; did you mean state\?/,
    );
  });

  it.each([
    ['log'],
    [[{ operator: 'state' }]],
    [[{ state: 'log' }]],
    [[{ operator: 'state', state: '' }]],
    [[{ operator: 'state', state: 'log', name: 'x' }]],
    [[null]],
    [[7]],
  ])('%j is refused before anything is opened', async (discard) => {
    await expect(openTotals(temporaryDirectory(), { discard })).rejects.toThrow(
      /^discard is a list of operators by uid/,
    );
  });
});
