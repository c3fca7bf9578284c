import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  float64,
  int32,
  isStateError,
  json,
  openState,
  string,
  struct,
  ValueStateDescriptor,
} from '../../src/index.js';
import { temporaryDirectory } from '../temporary-directory.js';
import { accountStates, contentOf, openAccounts, pay, recordingLogger } from './accounts.js';

const error = (code: string, message: RegExp = /./) =>
  expect.objectContaining({ code, message: expect.stringMatching(message) });

describe('openState over a directory', () => {
  it('starts clean in an empty directory', async () => {
    await using state = await openAccounts(temporaryDirectory());
    expect(state.restored).toBeUndefined();
    expect(contentOf(state)).toEqual({});
    expect(state.maxParallelism).toBe(128);
  });

  it('comes back with state and attachment of one moment', async () => {
    const directory = temporaryDirectory();
    const first = await openAccounts(directory);
    pay(first, 'alice', 10);
    pay(first, 'bob', 2.5, 'tuesday');
    const report = await first.checkpoint({ attachment: { nextOffset: 2 } });
    const content = contentOf(first);
    pay(first, 'alice', 1_000);
    await first.close();

    await using second = await openAccounts(directory);
    expect(contentOf(second)).toEqual(content);
    expect(second.restored?.attachment).toEqual({ nextOffset: 2 });
    expect(second.restored?.checkpointId).toBe(report.checkpointId);
    expect(second.restored?.externalPointer).toBe(report.externalPointer);
    expect(second.restored?.skipped).toEqual([]);
    const outcomes = second.restored?.plan.states.map(({ stateName, outcome }) => `${stateName} ${outcome}`).sort();
    expect(outcomes).toEqual(['by-day matched', 'log matched', 'total matched']);
  });

  it('reports what a checkpoint cost', async () => {
    await using state = await openAccounts(temporaryDirectory());
    pay(state, 'alice', 10);
    const report = await state.checkpoint();
    expect(report).toMatchObject({ checkpointId: 1, externalPointer: expect.stringMatching(/^file:.*chk-1$/) });
    expect(report.stateSizeBytes).toBeGreaterThan(0);
    expect(report.checkpointedSizeBytes).toBe(report.stateSizeBytes);
    expect(report.freezeMs).toBeLessThanOrEqual(report.durationMs);
    expect(state.metrics().checkpoints).toEqual({
      completed: 1,
      failed: 0,
      savepoints: 0,
      inProgress: 0,
      last: report,
    });
    expect(state.metrics().entries).toBeGreaterThan(0);
  });

  it('shows entries, latencies and sizes of every state as plain numbers', async () => {
    const directory = temporaryDirectory();
    const config = {
      'state.latency-track.keyed-state-enabled': 'true',
      'state.latency-track.sample-interval': '1',
      'state.size-track.keyed-state-enabled': 'true',
      'state.size-track.sample-interval': '1',
    };
    const first = await openAccounts(directory, { config });
    pay(first, 'alice', 10);
    pay(first, 'bob', 2.5, 'tuesday');
    pay(first, 'bob', 2.5, 'wednesday');
    const { backend, entries } = first.metrics();
    expect(backend).toMatchObject({
      'total.entries': 2,
      'log.entries': 2,
      'by-day.entries': 3,
      'total.valueStateGetLatency.count': 3,
      'by-day.mapStatePutLatency.count': 3,
      'total.valueStateUpdateValueSize.max': 8,
    });
    expect(entries).toBe(7);
    expect(JSON.parse(JSON.stringify(first.metrics().backend))).toEqual(backend);
    await first.checkpoint();
    await first.close();
    await using second = await openAccounts(directory);
    expect(second.metrics().entries).toBe(7);
    expect(second.metrics().backend).not.toHaveProperty(['total.valueStateGetLatency.count']);
  });

  it('checkpoints and restores a state in which nothing was written yet', async () => {
    const directory = temporaryDirectory();
    const first = await openAccounts(directory);
    await first.checkpoint({ attachment: 'begin' });
    await first.close();
    await using second = await openAccounts(directory);
    expect(second.restored?.attachment).toBe('begin');
    expect(contentOf(second)).toEqual({});
  });

  it('ES2: freezes before the promise is returned', async () => {
    const directory = temporaryDirectory();
    const first = await openAccounts(directory);
    pay(first, 'alice', 1);
    let offset = 1;
    const written = first.checkpoint({ attachment: () => ({ offset }) });
    offset = 2;
    pay(first, 'alice', 1);
    pay(first, 'bob', 1);
    await written;
    await first.close();
    await using second = await openAccounts(directory);
    expect(second.restored?.attachment).toEqual({ offset: 1 });
    expect(second.withKey('alice', ({ total }) => total.value())).toBe(1);
    expect([...second.keys('total')]).toEqual(['alice']);
  });

  it('keeps shards apart', async () => {
    const directory = temporaryDirectory();
    const one = await openAccounts(directory, { shard: 1 });
    const two = await openAccounts(directory, { shard: 2 });
    pay(one, 'alice', 1);
    pay(two, 'alice', 2);
    await Promise.all([one.checkpoint({ attachment: 'one' }), two.checkpoint({ attachment: 'two' })]);
    await Promise.all([one.close(), two.close()]);
    await using again = await openAccounts(directory, { shard: 2 });
    expect(again.shard).toBe('2');
    expect(again.restored?.attachment).toBe('two');
    expect(again.withKey('alice', ({ total }) => total.value())).toBe(2);
  });

  it('keeps three checkpoints, or as many as are asked for', async () => {
    for (const [config, kept] of [
      [{}, ['chk-3', 'chk-4', 'chk-5']],
      [{ 'execution.checkpointing.num-retained': '1' }, ['chk-5']],
      [{ 'state.checkpoints.num-retained': '2' }, ['chk-4', 'chk-5']],
    ] as const) {
      const directory = temporaryDirectory();
      await using state = await openAccounts(directory, { config });
      for (let i = 0; i < 5; i++) {
        pay(state, `account ${i}`, i);
        await state.checkpoint();
      }
      expect(checkpointsIn(directory)).toEqual(kept);
    }
  });

  it('goes on counting and replacing after a restart', async () => {
    const directory = temporaryDirectory();
    const config = { 'execution.checkpointing.num-retained': '2' };
    for (let round = 0; round < 3; round++) {
      await using state = await openAccounts(directory, { config });
      pay(state, 'alice', 1);
      await state.checkpoint();
      pay(state, 'alice', 1);
      await state.checkpoint();
    }
    expect(checkpointsIn(directory)).toEqual(['chk-5', 'chk-6']);
    await using state = await openAccounts(directory, { config });
    expect(state.withKey('alice', ({ total }) => total.value())).toBe(6);
  });

  it('takes savepoints that stand alone, move and stay', async () => {
    const directory = temporaryDirectory();
    const savepoints = temporaryDirectory();
    const first = await openAccounts(directory);
    pay(first, 'alice', 7);
    const report = await first.savepoint(savepoints, { attachment: { nextOffset: 7 } });
    pay(first, 'alice', 1);
    for (let i = 0; i < 4; i++) await first.checkpoint();
    await first.close();
    expect(first.restored).toBeUndefined();

    await using other = await openAccounts(temporaryDirectory(), { name: 'other', restore: report.externalPointer });
    expect(other.restored?.attachment).toEqual({ nextOffset: 7 });
    expect(other.withKey('alice', ({ total }) => total.value())).toBe(7);
    // The savepoint is not part of the chain of checkpoints.
    expect((await other.checkpoint()).checkpointId).toBeGreaterThan(report.checkpointId);
    await using latest = await openAccounts(directory);
    expect(latest.withKey('alice', ({ total }) => total.value())).toBe(8);
  });

  it('writes savepoints to the configured directory, and asks for one when there is none', async () => {
    const savepoints = temporaryDirectory();
    const config = { 'execution.checkpointing.savepoint-dir': savepoints };
    await using configured = await openAccounts(temporaryDirectory(), { config });
    await configured.savepoint();
    expect(readdirSync(savepoints)).toEqual([expect.stringMatching(/^savepoint-/)]);
    await using bare = await openAccounts(temporaryDirectory());
    await expect(bare.savepoint()).rejects.toEqual(error('savepoint-location-missing'));
    expect(bare.metrics().checkpoints).toMatchObject({ failed: 1, savepoints: 0 });
  });

  it('restores from the path of a checkpoint, and leaves it alone', async () => {
    const directory = temporaryDirectory();
    const first = await openAccounts(directory);
    pay(first, 'alice', 1);
    const old = await first.checkpoint();
    pay(first, 'alice', 1);
    await first.checkpoint();
    await first.close();

    const logger = recordingLogger();
    const second = await openAccounts(directory, { restore: old.externalPointer, logger });
    expect(second.withKey('alice', ({ total }) => total.value())).toBe(1);
    expect(logger.warnings.map(({ code }) => code)).toEqual(['input-repeats']);
    for (let i = 0; i < 4; i++) await second.checkpoint();
    await second.close();
    // NO_CLAIM: neither the restored one nor the one that was given up is deleted.
    expect(checkpointsIn(directory)).toEqual(['chk-1', 'chk-2', 'chk-4', 'chk-5', 'chk-6']);

    const third = await openAccounts(directory);
    expect(third.restored?.checkpointId).toBe(6);
    expect(third.withKey('alice', ({ total }) => total.value())).toBe(1);
    await third.close();
  });

  it('CLAIM deletes the restored checkpoint when it has been replaced', async () => {
    const directory = temporaryDirectory();
    const first = await openAccounts(directory);
    const old = await first.checkpoint();
    await first.close();
    await using second = await openAccounts(directory, { restore: old.externalPointer, restoreMode: 'CLAIM' });
    for (let i = 0; i < 3; i++) await second.checkpoint();
    expect(checkpointsIn(directory)).toEqual(['chk-2', 'chk-3', 'chk-4']);
  });

  it('refuses a path with nothing in it', async () => {
    const nowhere = join(temporaryDirectory(), 'chk-7');
    await expect(openAccounts(temporaryDirectory(), { restore: nowhere })).rejects.toEqual(
      error('checkpoint-not-found', /chk-7/),
    );
    await expect(openAccounts(temporaryDirectory(), { restore: '' })).rejects.toThrow(TypeError);
  });

  it('starts empty on purpose, deletes nothing, and stays with that', async () => {
    const directory = temporaryDirectory();
    const first = await openAccounts(directory);
    pay(first, 'alice', 1);
    await first.checkpoint();
    await first.close();

    const logger = recordingLogger();
    const second = await openAccounts(directory, { restore: 'none', logger });
    expect(second.restored).toBeUndefined();
    expect(contentOf(second)).toEqual({});
    expect(logger.warnings).toEqual([
      expect.objectContaining({ code: 'checkpoint-ignored', message: expect.stringContaining('chk-1') }),
    ]);
    await second.close();
    expect(checkpointsIn(directory)).toEqual(['chk-1']);

    const third = await openAccounts(directory);
    expect(third.restored).toBeUndefined();
    pay(third, 'bob', 2);
    expect((await third.checkpoint()).checkpointId).toBe(2);
    await third.close();
    await using fourth = await openAccounts(directory);
    expect(Object.keys(contentOf(fourth))).toEqual(['bob']);
  });

  it('restores the configured path only as long as there is no checkpoint of its own', async () => {
    const source = await openAccounts(temporaryDirectory());
    pay(source, 'alice', 5);
    const { externalPointer } = await source.savepoint(temporaryDirectory());
    await source.close();
    const directory = temporaryDirectory();
    const config = { 'execution.state-recovery.path': externalPointer };
    const first = await openAccounts(directory, { config });
    expect(first.withKey('alice', ({ total }) => total.value())).toBe(5);
    pay(first, 'alice', 1);
    await first.checkpoint();
    await first.close();
    await using second = await openAccounts(directory, { config });
    expect(second.withKey('alice', ({ total }) => total.value())).toBe(6);
  });

  it('fixes the max parallelism for the life of the state', async () => {
    const directory = temporaryDirectory();
    const first = await openAccounts(directory, { maxParallelism: 7 });
    pay(first, 'alice', 1);
    await first.checkpoint();
    await first.close();
    await expect(openAccounts(directory, { maxParallelism: 8 })).rejects.toEqual(
      error('max-parallelism-mismatch', /Write maxParallelism: 7/),
    );
    const config = { 'pipeline.max-parallelism': '9' };
    await expect(openAccounts(directory, { config })).rejects.toEqual(
      error('max-parallelism-mismatch', /Write maxParallelism: 7/),
    );
    await using again = await openAccounts(directory);
    expect(again.maxParallelism).toBe(7);
    await expect(openAccounts(directory, { maxParallelism: 0 })).rejects.toThrow(RangeError);
    await expect(openAccounts(directory, { maxParallelism: 32_769 })).rejects.toThrow(RangeError);
  });

  it('decides compatibility before the first record', async () => {
    const directory = temporaryDirectory();
    const first = await openAccounts(directory);
    pay(first, 'alice', 1);
    await first.checkpoint();
    await first.close();
    const opening = openState({
      name: 'accounts',
      configFile: false,
      states: { total: new ValueStateDescriptor('total', { type: string }) },
      keySerializer: string,
      config: { 'execution.checkpointing.dir': directory },
    });
    await expect(opening).rejects.toEqual(error('value-serializer-incompatible', /total/));
    const otherKeys = openState({
      name: 'accounts',
      configFile: false,
      states: {},
      keySerializer: int32,
      config: { 'execution.checkpointing.dir': directory },
    });
    await expect(otherKeys).rejects.toEqual(error('key-serializer-incompatible'));
    await using intact = await openAccounts(directory);
    expect(intact.withKey('alice', ({ total }) => total.value())).toBe(1);
  });

  it('carries states along that nobody declares', async () => {
    const directory = temporaryDirectory();
    const first = await openAccounts(directory);
    pay(first, 'alice', 3);
    await first.checkpoint();
    await first.close();
    const part = await openState({
      name: 'accounts',
      configFile: false,
      states: { total: accountStates.total },
      keySerializer: string,
      config: { 'execution.checkpointing.dir': directory },
    });
    expect(part.restored?.plan.states.map(({ stateName, outcome }) => `${stateName} ${outcome}`).sort()).toEqual([
      'by-day kept',
      'log kept',
      'total matched',
    ]);
    part.withKey('alice', ({ total }) => total.update(4));
    await part.checkpoint();
    await part.close();
    await using whole = await openAccounts(directory);
    expect(contentOf(whole)).toEqual({ alice: { total: 4, log: ['monday 3'], byDay: { monday: 1 } } });
  });

  it('refuses state of operators that the program has not, unless told to drop it', async () => {
    const directory = temporaryDirectory();
    const first = await openAccounts(directory, { uid: 'totals' });
    pay(first, 'alice', 3);
    await first.checkpoint();
    await first.close();
    await expect(openAccounts(directory)).rejects.toEqual(error('state-orphaned', /uid: 'totals'/));
    const logger = recordingLogger();
    await using dropped = await openAccounts(directory, { allowNonRestoredState: true, logger });
    expect(contentOf(dropped)).toEqual({});
    expect(logger.warnings.map(({ code }) => code)).toContain('state-orphaned');
  });

  it('types the attachment by its serializer and refuses one of another type', async () => {
    const directory = temporaryDirectory();
    const position = struct({ offset: float64 });
    const options = {
      name: 'typed',
      configFile: false,
      states: accountStates,
      keySerializer: string,
      config: { 'execution.checkpointing.dir': directory },
    } as const;
    const first = await openState({ ...options, attachmentSerializer: position });
    await expect(first.checkpoint({ attachment: { offset: 'two' } as never })).rejects.toEqual(
      error('value-not-serializable'),
    );
    await first.checkpoint({ attachment: { offset: 2 } });
    await first.close();
    await expect(openState({ ...options, attachmentSerializer: json })).rejects.toEqual(
      error('value-serializer-incompatible', /attachment/),
    );
    await using second = await openState({ ...options, attachmentSerializer: position });
    expect(second.restored?.attachment?.offset).toBe(2);
  });

  it('leaves nothing open when opening is given up', async () => {
    const reason = new Error('shutting down');
    await expect(openAccounts(temporaryDirectory(), { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  });

  it.each([
    ['no states', { states: undefined }],
    ['something that is no descriptor', { states: { total: {} } }],
    ['no key type', { keySerializer: undefined }],
    ['no name', { name: '' }],
  ])('refuses %s', async (_, wrong) => {
    await expect(openAccounts(temporaryDirectory(), wrong as never)).rejects.toThrow(TypeError);
  });

  it('refuses two descriptors of one name, and keys that do not compare', async () => {
    const twice = { one: accountStates.total, two: accountStates.total };
    await expect(openAccounts(undefined, { states: twice as never })).rejects.toEqual(
      error('state-already-registered', /states\.one and states\.two/),
    );
    await expect(openAccounts(undefined, { keySerializer: json as never })).rejects.toEqual(
      error('key-type-unsupported', /json/),
    );
  });
});

describe('openState in memory', () => {
  it('works, takes checkpoints, and forgets them with the process', async () => {
    const logger = recordingLogger();
    await using state = await openAccounts(undefined, {
      logger,
      config: { 'execution.checkpointing.storage': 'jobmanager' },
    });
    pay(state, 'alice', 1);
    const report = await state.checkpoint({ attachment: 1 });
    expect(report.checkpointId).toBe(1);
    expect(report.stateSizeBytes).toBeGreaterThan(0);
    for (let i = 0; i < 5; i++) await state.checkpoint();
    expect(state.metrics().checkpoints.completed).toBe(6);
  });

  it('needs no configuration at all', async () => {
    await using state = await openAccounts(undefined);
    pay(state, 'alice', 1);
    await state.checkpoint();
  });

  it('refuses a state that is too large, prints the lines that help, and goes on', async () => {
    const config = { 'execution.checkpointing.storage': 'jobmanager' };
    await using state = await openAccounts(undefined, { config });
    for (let i = 0; i < 6; i++) state.withKey(`key ${i}`, ({ log }) => log.add('x'.repeat(1024 * 1024)));
    const failure = await state.checkpoint().catch((thrown: unknown) => thrown);
    expect(failure).toEqual(
      error(
        'state-size-limit-exceeded',
        /execution\.checkpointing\.storage: filesystem[\s\S]*execution\.checkpointing\.dir/,
      ),
    );
    expect(isStateError(failure) && failure.kind).toBe('configure');
    for (let i = 0; i < 5; i++) state.withKey(`key ${i}`, ({ log }) => log.clear());
    expect((await state.checkpoint()).checkpointId).toBe(2);
  });
});

/** The checkpoints in the directory of the accounts, by name. */
function checkpointsIn(directory: string): string[] {
  const job = join(directory, 'accounts');
  if (!existsSync(job)) return [];
  return readdirSync(job)
    .filter((name) => name.startsWith('chk-'))
    .sort();
}
