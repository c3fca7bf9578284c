// `npm start`, as a person runs it: built, loaded by name from tidemark.yaml, killed twice.

import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

const main = fileURLToPath(new URL('../dist/program/main.js', import.meta.url));
const run = promisify(execFile);

test('has been built', () => {
  expect(existsSync(main), 'run `pnpm build` first').toBe(true);
});

test('is killed twice, ends with the state of an uninterrupted run, and leaves no file', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'tidemark-test-purchases-'));
  try {
    const { stdout } = await run(process.execPath, [main], { env: { ...process.env, TMPDIR: directory } });
    expect(stdout.match(/killed at/g)).toHaveLength(2);
    expect(stdout).toMatch(/starts at [1-9]/);
    expect(stdout).toContain('identical to an uninterrupted run: yes');
    // What SQLite kept was in nameless files: the killed jobs have left nothing either.
    expect(await readdir(directory)).toEqual([]);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}, 240_000);
