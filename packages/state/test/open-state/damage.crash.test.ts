import { cpSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { testRuns } from '@tidemark/config/test-runs';
import { describe, expect, it } from 'vitest';
import { temporaryDirectory } from '../temporary-directory.js';
import { type Accounts, contentOf, openAccounts, pay, recordingLogger } from './accounts.js';

/** Flipped bits and cuts at so many places of every file where there is something to fall back to. */
const PLACES = 200;
/** Eight hundred takeovers with an fsync each take their time on a busy disk. */
const TIMEOUT_MS = 600_000;
/** As many in the long suite; a part of them in the ordinary one, where the same bytes were damaged already. */
const PLACES_OF_SOLE = Math.min(PLACES, testRuns(40));

interface Damage {
  readonly name: string;
  apply(): void;
  undo(): void;
}

/** A directory with checkpoints, and the content of each by id. */
async function checkpointed(
  checkpoints: number,
  config: Record<string, string> = {},
): Promise<{ directory: string; contents: Map<number, unknown> }> {
  const directory = temporaryDirectory();
  const contents = new Map<number, unknown>();
  const state = await openAccounts(directory, { config });
  for (let n = 1; n <= checkpoints; n++) {
    for (let i = 0; i < 40; i++) pay(state, `account ${i}`, n, `day ${n}`);
    const { checkpointId } = await state.checkpoint({ attachment: { checkpoint: n } });
    contents.set(checkpointId, contentOf(state));
  }
  await state.close();
  return { directory, contents };
}

/** Every damage to every file of a checkpoint, one after the other. */
function* damagesTo(checkpointDirectory: string, places: number): Generator<Damage> {
  const files = readdirSync(checkpointDirectory, { recursive: true, withFileTypes: true }).filter((entry) =>
    entry.isFile(),
  );
  for (const { name, parentPath } of files) {
    const path = join(parentPath, name);
    const intact = readFileSync(path);
    const undo = (): void => writeFileSync(path, intact);
    for (let place = 0; place < places; place++) {
      const position = Math.floor((place * intact.length) / places);
      yield {
        name: `${name}: bit ${place % 8} of byte ${position} of ${intact.length} flipped`,
        apply() {
          const bytes = Buffer.from(intact);
          bytes[position] = (bytes[position] as number) ^ (1 << (place % 8));
          writeFileSync(path, bytes);
        },
        undo,
      };
      yield {
        name: `${name}: cut at byte ${position} of ${intact.length}`,
        apply: () => truncateSync(path, position),
        undo,
      };
    }
  }
}

async function opened(
  directory: string,
  logger = recordingLogger(),
): Promise<Accounts | { code: string; kind: string; message: string }> {
  try {
    return await openAccounts(directory, { logger });
  } catch (error) {
    return error as { code: string; kind: string; message: string };
  }
}

/** Takeovers leave a file each; without them the directory is as it was. */
function forgetTakeovers(directory: string, before: ReadonlySet<string>): void {
  for (const name of readdirSync(join(directory, 'accounts'))) {
    if (!before.has(name)) rmSync(join(directory, 'accounts', name), { recursive: true });
  }
}

describe.each([
  ['in files', { 'execution.checkpointing.data-inline-threshold': '0' }],
  ['inside the metadata', {}],
])('a damaged checkpoint with its state %s', (_, config) => {
  it('is never read: the one before it is restored, and the damage is told', { timeout: TIMEOUT_MS }, async () => {
    const { directory, contents } = await checkpointed(3, config);
    const before = new Set(readdirSync(join(directory, 'accounts')));
    let damages = 0;
    for (const damage of damagesTo(join(directory, 'accounts', 'chk-3'), PLACES)) {
      damage.apply();
      const logger = recordingLogger();
      const state = await opened(directory, logger);
      if ('code' in state) throw new Error(`${damage.name}: ${state.code} ${state.message}`);
      expect(state.restored?.checkpointId, damage.name).toBe(2);
      expect(state.restored?.attachment).toEqual({ checkpoint: 2 });
      expect(contentOf(state), damage.name).toEqual(contents.get(2));
      expect(state.restored?.skipped, damage.name).toEqual([expect.objectContaining({ checkpointId: 3 })]);
      expect(
        logger.warnings.map(({ code }) => code),
        damage.name,
      ).toEqual(['checkpoint-skipped', 'input-repeats']);
      await state.close();
      damage.undo();
      forgetTakeovers(directory, before);
      damages++;
    }
    expect(damages).toBeGreaterThanOrEqual(2 * PLACES);
    const intact = await opened(directory);
    if ('code' in intact) throw new Error(intact.message);
    expect(contentOf(intact)).toEqual(contents.get(3));
    await intact.close();
  });

  it('is an error where there is no other: never a clean start', { timeout: TIMEOUT_MS }, async () => {
    const { directory } = await checkpointed(1, config);
    const before = new Set(readdirSync(join(directory, 'accounts')));
    for (const damage of damagesTo(join(directory, 'accounts', 'chk-1'), PLACES_OF_SOLE)) {
      damage.apply();
      const error = await opened(directory);
      if (!('code' in error)) throw new Error(`${damage.name}: restored ${JSON.stringify(error.restored)}`);
      expect({ code: error.code, kind: error.kind }, damage.name).toEqual({
        code: 'no-valid-checkpoint',
        kind: 'corrupt',
      });
      expect(error.message).toMatch(/chk-1/);
      damage.undo();
      forgetTakeovers(directory, before);
    }
  });
});

describe('damaged checkpoints', () => {
  it('are listed, each with the reason, when none is valid', async () => {
    const { directory } = await checkpointed(3);
    const job = join(directory, 'accounts');
    truncateSync(join(job, 'chk-1', '_metadata'), 10);
    writeFileSync(join(job, 'chk-2', '_metadata'), 'not metadata at all');
    writeFileSync(join(job, 'chk-3', '_metadata'), '');
    const error = await opened(directory);
    expect(error).toMatchObject({ code: 'no-valid-checkpoint', kind: 'corrupt' });
    const { message } = error as { message: string };
    for (const id of [1, 2, 3])
      expect(message).toMatch(new RegExp(`checkpoint ${id} \\(file:.*chk-${id}\\): [a-z-]+: `));
    expect(message).toMatch(/restore: 'none'/);
    // And it stays an error, however often it is tried.
    expect(await opened(directory)).toMatchObject({ code: 'no-valid-checkpoint' });
    await using empty = await openAccounts(directory, { restore: 'none' });
    expect(contentOf(empty)).toEqual({});
  });

  it('stay an error when the files of the state are gone', async () => {
    const { directory } = await checkpointed(1, { 'execution.checkpointing.data-inline-threshold': '0' });
    const checkpoint = join(directory, 'accounts', 'chk-1');
    for (const name of readdirSync(checkpoint)) {
      if (name !== '_metadata') rmSync(join(checkpoint, name));
    }
    expect(await opened(directory)).toMatchObject({
      code: 'no-valid-checkpoint',
      message: expect.stringContaining('file-missing'),
    });
  });

  it('are an error of their own when they were asked for by path', async () => {
    const { directory } = await checkpointed(2);
    const checkpoint = join(directory, 'accounts', 'chk-2');
    truncateSync(join(checkpoint, '_metadata'), 100);
    await expect(openAccounts(directory, { restore: checkpoint })).rejects.toEqual(
      expect.objectContaining({ kind: 'corrupt' }),
    );
  });

  it('are left where they are, and their ids are not used again', async () => {
    const { directory, contents } = await checkpointed(3);
    const job = join(directory, 'accounts');
    truncateSync(join(job, 'chk-3', '_metadata'), 100);
    const state = await openAccounts(directory);
    expect(contentOf(state)).toEqual(contents.get(2));
    for (let i = 0; i < 5; i++) await state.checkpoint();
    await state.close();
    expect(
      readdirSync(job)
        .filter((name) => name.startsWith('chk-'))
        .sort(),
    ).toEqual(['chk-3', 'chk-6', 'chk-7', 'chk-8']);
    const logger = recordingLogger();
    await using again = await openAccounts(directory, { logger });
    expect(again.restored).toMatchObject({ checkpointId: 8, skipped: [] });
    expect(logger.warnings).toEqual([]);
  });

  it('of another copy of the directory do not matter: a copy works by itself', async () => {
    const { directory, contents } = await checkpointed(2);
    const copy = temporaryDirectory();
    cpSync(directory, copy, { recursive: true });
    rmSync(join(directory, 'accounts', 'chk-2'), { recursive: true });
    await using state = await openAccounts(copy);
    expect(contentOf(state)).toEqual(contents.get(2));
  });
});
