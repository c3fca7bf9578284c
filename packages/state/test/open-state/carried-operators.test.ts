// Operators that the program lacks: refused, carried along, discarded; and the restore plan, as data and as a table.

import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { formatRestorePlan, openState, safeInteger, string, ValueStateDescriptor } from '../../src/index.js';
import { temporaryDirectory } from '../temporary-directory.js';
import { accountStates, contentOf, openAccounts, pay, recordingLogger } from './accounts.js';

const visits = new ValueStateDescriptor('visits', { type: safeInteger });

/** Another operator, in a job of its own. */
function openVisits(directory: string, options: Record<string, unknown> = {}) {
  return openState({
    name: 'accounts',
    uid: 'visits',
    states: { visits },
    keySerializer: string,
    configFile: false,
    logger: { warn() {}, info() {} },
    config: { 'execution.checkpointing.dir': directory, 'execution.checkpointing.num-retained': '1' },
    ...options,
  });
}

const RETAIN_ONE = { 'execution.checkpointing.num-retained': '1' };

/** A snapshot of accounts, incremental or not; its pointer and what is in it. */
async function snapshotOfAccounts(directory: string, incremental: boolean) {
  const state = await openAccounts(directory, {
    config: { ...RETAIN_ONE, 'execution.checkpointing.incremental': String(incremental) },
  });
  for (let index = 0; index < 300; index++) pay(state, `account ${index}`, index);
  await state.checkpoint();
  pay(state, 'account 7', 7);
  const { externalPointer } = await state.checkpoint();
  const content = contentOf(state);
  await state.close();
  return { externalPointer, content };
}

describe('an operator that the program lacks', () => {
  it('fails the restore, and the message says all three ways out', async () => {
    const { externalPointer } = await snapshotOfAccounts(temporaryDirectory(), false);
    const opening = openVisits(temporaryDirectory(), { restore: externalPointer });
    await expect(opening).rejects.toMatchObject({
      code: 'state-orphaned',
      message: expect.stringMatching(/uid: 'state'.*allowNonRestoredState: true.*discard: \['state'\]/),
    });
  });

  for (const incremental of [false, true]) {
    it(`is carried along until it is taken over again, ${incremental ? 'out of an increment' : 'out of a full image'}`, async () => {
      const [first, second, third] = [temporaryDirectory(), temporaryDirectory(), temporaryDirectory()];
      const { externalPointer, content } = await snapshotOfAccounts(first, incremental);
      const logger = recordingLogger();
      const given = { allowNonRestoredState: true, logger };
      const config = {
        ...RETAIN_ONE,
        'execution.checkpointing.dir': second,
        'execution.checkpointing.incremental': 'true',
      };
      let state = await openVisits(second, { ...given, config, restore: externalPointer });
      expect(logger.warnings).toContainEqual(
        expect.objectContaining({ code: 'state-orphaned', message: expect.stringContaining('carried along') }),
      );
      expect(state.restored?.plan.operators).toEqual([
        { uid: 'visits', outcome: 'new' },
        { uid: 'state', outcome: 'carried' },
      ]);
      for (let index = 0; index < 200; index++) {
        state.withKey(`visitor ${index}`, (states) => states.visits.update(1));
      }
      const full = await state.checkpoint();
      // The snapshot that it came from may go: every checkpoint has a copy of its own.
      rmSync(first, { recursive: true });
      for (let visit = 2; visit < 5; visit++) {
        state.withKey('somebody', (states) => states.visits.update(visit));
        const next = await state.checkpoint();
        expect(next.checkpointedSizeBytes).toBeLessThan(full.checkpointedSizeBytes);
      }
      await state.close();
      expect(readdirSync(join(second, 'accounts')).filter((name) => name.startsWith('chk-'))).toHaveLength(1);

      state = await openVisits(second, { ...given, config });
      expect(state.withKey('somebody', (states) => states.visits.value())).toBe(4);
      const savepoint = await state.savepoint(third);
      await state.close();
      rmSync(second, { recursive: true });
      const accounts = await openAccounts(temporaryDirectory(), {
        restore: savepoint.externalPointer,
        allowNonRestoredState: true,
      });
      expect(contentOf(accounts)).toEqual(content);
      await accounts.close();
    });
  }

  it('is let go of when it is discarded by name, and only then', async () => {
    const directory = temporaryDirectory();
    const { externalPointer } = await snapshotOfAccounts(temporaryDirectory(), false);
    let state = await openVisits(directory, { restore: externalPointer, discard: ['state', 'nobody'] });
    expect(state.restored?.plan.operators).toEqual([
      { uid: 'visits', outcome: 'new' },
      { uid: 'state', outcome: 'discarded' },
    ]);
    state.withKey('somebody', (states) => states.visits.update(1));
    await state.checkpoint();
    await state.close();
    state = await openVisits(directory);
    expect(state.restored?.plan.operators).toEqual([{ uid: 'visits', outcome: 'matched' }]);
    await state.close();
    await expect(openVisits(directory, { discard: 'state' })).rejects.toThrow(TypeError);
  });

  it('a checkpoint that cannot copy it fails, and leaves nothing', async () => {
    const [first, second] = [temporaryDirectory(), temporaryDirectory()];
    const state = await openAccounts(first, { config: { 'execution.checkpointing.data-inline-threshold': '0' } });
    pay(state, 'account', 1);
    const { externalPointer } = await state.checkpoint();
    await state.close();
    const other = await openVisits(second, { restore: externalPointer, allowNonRestoredState: true });
    rmSync(first, { recursive: true });
    await expect(other.checkpoint()).rejects.toMatchObject({ code: 'file-missing' });
    expect(readdirSync(join(second, 'accounts')).filter((name) => name.startsWith('chk-'))).toEqual([]);
    await other.close();
  });
});

describe('formatRestorePlan', () => {
  it('shows operators and states with what became of them, and says what that means', async () => {
    const directory = temporaryDirectory();
    const { externalPointer } = await snapshotOfAccounts(directory, false);
    const { total, log } = accountStates;
    const fresh = new ValueStateDescriptor('fresh', { type: string });
    const state = await openState({
      name: 'accounts',
      states: { total, log, fresh },
      keySerializer: string,
      configFile: false,
      config: { 'execution.checkpointing.dir': directory },
    });
    const plan = state.restored?.plan ?? expect.fail('nothing was restored');
    expect(
      formatRestorePlan(plan)
        .split('\n')
        .map((line) => line.trimEnd()),
    ).toMatchInlineSnapshot(`
      [
        "restored from 2",
        "",
        "operator / state  kind      outcome  stored       program",
        "----------------  --------  -------  -----------  -------",
        "state             operator  matched",
        "  by-day          map       kept     safeInteger",
        "  fresh           value     new                   string",
        "  log             list      matched  string       string",
        "  total           value     matched  float64      float64",
        "",
        "matched: restored as it is",
        "new: not in the snapshot: starts empty",
        "kept: not declared by the program: carried into every snapshot unchanged",
      ]
    `);
    await state.close();
    const visitors = await openVisits(temporaryDirectory(), { restore: externalPointer, allowNonRestoredState: true });
    const lines = formatRestorePlan(visitors.restored?.plan ?? expect.fail('nothing was restored')).split('\n');
    expect(lines.map((line) => line.split(/\s{2,}/).filter(Boolean))).toEqual(
      expect.arrayContaining([
        ['visits', 'operator', 'new'],
        ['visits', 'value', 'new', 'safeInteger'],
        ['state', 'operator', 'carried'],
      ]),
    );
    await visitors.close();
  });
});
