// The whole program as a person starts it, on the first part of the file: built, in child processes, killed on the way.

import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';

const main = fileURLToPath(new URL('../dist/main.js', import.meta.url));
const run = promisify(execFile);

async function inFreshDirectory(body: (directory: string) => Promise<void>): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), 'tidemark-test-flights-'));
  try {
    await body(directory);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

describe('the flight-delays program', () => {
  test('has been built', () => {
    expect(existsSync(main), 'run `pnpm build` first').toBe(true);
  });

  test('is killed twice and ends with the state of an uninterrupted run', async () => {
    await inFreshDirectory(async (directory) => {
      const { stdout } = await run(process.execPath, [
        main,
        '--limit',
        '400000',
        '--kill',
        '2',
        '--seed',
        '7',
        '--json',
        '--out',
        directory,
      ]);
      const result = JSON.parse(stdout);
      expect(result).toMatchObject({ finished: true, identical: true, differing: [], kills: 2 });
      expect(result.timeline.filter((event: { type: string }) => event.type === 'killed')).toHaveLength(2);
      expect(result.flightsReadAgain).toBeGreaterThan(0);
      const lines = (await readFile(join(directory, 'routes.jsonl'), 'utf8')).trimEnd().split('\n');
      expect(lines).toHaveLength(result.routes);
      expect(Object.keys(JSON.parse(lines[0] as string))).toEqual(['route', 'count', 'sum', 'min', 'max']);
      expect([...lines]).toEqual([...lines].sort());
    });
  }, 120_000);

  test('keeps the checkpoints that --checkpoints names and goes on from them', async () => {
    await inFreshDirectory(async (directory) => {
      const checkpoints = join(directory, 'checkpoints');
      const flags = ['--kill', '0', '--json', '--checkpoints', checkpoints, '--out', directory];
      await run(process.execPath, [main, '--limit', '150000', ...flags]);
      expect(await readdir(checkpoints)).not.toEqual([]);
      const { stdout } = await run(process.execPath, [main, '--limit', '300000', ...flags]);
      const result = JSON.parse(stdout);
      expect(result).toMatchObject({ finished: true, identical: true });
      expect(result.timeline[0]).toMatchObject({ type: 'started', record: 150_000 });
    });
  }, 120_000);

  test('says so when the checkpoints are beyond the limit', async () => {
    await inFreshDirectory(async (directory) => {
      const flags = ['--kill', '0', '--json', '--checkpoints', join(directory, 'checkpoints'), '--out', directory];
      await run(process.execPath, [main, '--limit', '20000', ...flags]);
      await expect(run(process.execPath, [main, '--limit', '10000', ...flags])).rejects.toMatchObject({
        code: 2,
        stdout: '',
        stderr: expect.stringMatching(
          /^the checkpoints in .* are at record 20000 already, beyond --limit 10000: .*\n$/,
        ),
      });
    });
  }, 120_000);

  test('ends without a stack trace for a state backend that is not there', async () => {
    await expect(run(process.execPath, [main, '--limit', '10', '--state-backend', 'none'])).rejects.toMatchObject({
      code: 1,
      stderr: expect.not.stringMatching(/^\s+at /m),
    });
  }, 120_000);

  test('refuses a flag that cannot be right, and says which', async () => {
    await expect(run(process.execPath, [main, '--kill', 'often'])).rejects.toMatchObject({
      code: 2,
      stderr: expect.stringContaining('--kill'),
    });
  });
});
