// `npm start`, as a person runs it, and the promise that the configurations differ in one line.

import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

const main = fileURLToPath(new URL('../dist/main.js', import.meta.url));
const run = promisify(execFile);

async function lines(file: string): Promise<string[]> {
  return (await readFile(new URL(`../${file}`, import.meta.url), 'utf8')).trimEnd().split('\n');
}

test('has been built', () => {
  expect(existsSync(main), 'run `pnpm build` first').toBe(true);
});

test('the configurations differ in the line of the backend', async () => {
  const [hashmap, lmdb] = await Promise.all([lines('hashmap.yaml'), lines('lmdb.yaml')]);
  const different = hashmap.flatMap((line, index) => (line === lmdb[index] ? [] : [[line, lmdb[index]]]));
  expect(different).toEqual([['state.backend: hashmap', 'state.backend: lmdb']]);
  expect(hashmap).toHaveLength(lmdb.length);
});

test('goes from hashmap to lmdb and back by one savepoint each, and leaves no file', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'tidemark-test-switching-'));
  try {
    const { stdout } = await run(process.execPath, [main, '--json'], { env: { ...process.env, TMPDIR: directory } });
    const { rows, isSame } = JSON.parse(stdout);
    expect(isSame).toBe(true);
    expect(rows).toMatchObject([
      { configFile: 'hashmap.yaml', from: 0, to: 20_000, restored: 'nothing', users: rows[0].right },
      { configFile: 'lmdb.yaml', from: 20_000, to: 40_000, restored: rows[0].savepoint, users: rows[1].right },
      { configFile: 'hashmap.yaml', from: 40_000, to: 60_000, restored: rows[1].savepoint, users: rows[2].right },
    ]);
    // The empty directory of lmdb's may stay: the next process of this user has it again.
    const left = await readdir(directory, { recursive: true });
    expect(left.filter((path) => !/^tidemark-\d+(\/lmdb)?$/.test(path))).toEqual([]);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}, 120_000);
