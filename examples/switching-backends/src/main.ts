// `npm start`: the same program on hashmap, on lmdb and on hashmap again, each from the savepoint of the one before, then
// compared to a plain pass over the input. `--json` prints one document.

import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { runStretch } from './stretch.js';
import { plainSummaries } from './visit-states.js';
import { visits } from './visits.js';

/** The two files differ in one line. */
const CONFIG_FILES = ['hashmap.yaml', 'lmdb.yaml', 'hashmap.yaml'];
const VISITS_EACH = 20_000;

interface Row {
  readonly configFile: string;
  readonly from: number;
  readonly to: number;
  readonly restored: string;
  readonly savepoint: string;
  readonly savepointBytes: number;
  readonly users: number;
  /** Users of whom this backend says what a plain pass over the same visits says. */
  readonly right: number;
}

async function run(directory: string, tell: (row: Row) => void): Promise<readonly Row[]> {
  const rows: Row[] = [];
  let savepoint: string | undefined;
  for (const configFile of CONFIG_FILES) {
    const url = new URL(`../${configFile}`, import.meta.url);
    const stretch = await runStretch({ configFile: url, directory, savepoint, visits: VISITS_EACH });
    const expected = plainSummaries(visits(0, stretch.to));
    const right = [...expected].filter(([user, summary]) => isDeepStrictEqual(stretch.users.get(user), summary)).length;
    const row = {
      configFile,
      from: stretch.from,
      to: stretch.to,
      restored: savepoint === undefined ? 'nothing' : basename(savepoint),
      savepoint: basename(stretch.savepoint),
      savepointBytes: stretch.savepointBytes,
      users: expected.size,
      right: stretch.users.size === expected.size ? right : 0,
    };
    rows.push(row);
    tell(row);
    savepoint = stretch.savepoint;
  }
  return rows;
}

const json = process.argv.includes('--json');
const directory = await mkdtemp(join(tmpdir(), 'tidemark-switching-'));
try {
  const rows = await run(directory, (row) => {
    if (json) return;
    console.log(`${row.configFile.padEnd(12)} restored ${row.restored}, counted visits ${row.from} to ${row.to - 1},`);
    console.log(
      `${' '.repeat(13)}wrote ${row.savepoint} (${row.savepointBytes} bytes); ${row.right} of ${row.users} users right`,
    );
  });
  const isSame = rows.every(({ users, right }) => users === right);
  if (json) console.log(JSON.stringify({ rows, isSame }, null, 2));
  else console.log(`identical to a plain pass: ${isSame ? 'yes' : 'no'}`);
  process.exitCode = isSame ? 0 : 1;
} finally {
  await rm(directory, { recursive: true, force: true });
}
