// Processes that are killed wherever a process can be: nothing is lost, doubled or left behind.

import { testRuns } from '@tidemark/config/test-runs';
import { expect, it } from 'vitest';
import { temporaryDirectory } from '../temporary-directory.js';
import { Judge, KillMatrix, matrixRows, nameOfRow, type RowResult } from './kill-matrix.js';
import { noFindings, type Place } from './kill-order.js';

const SEED = Number(process.env['TIDEMARK_SEED'] ?? Math.floor(Math.random() * 2 ** 31));
/** One story again: `<row>:<seed>:<kills>`. */
const REPLAY = process.env['TIDEMARK_KILL'];
/** Where a file of lmdb is at stake. */
const FILE_PLACES: readonly Place[] = ['checkpoint', 'flush', 'compaction', 'close'];
/** Forty, and a thousand in a long run, three hundred of them in {@link FILE_PLACES} of lmdb. */
const ROWS = matrixRows((backend, place) => {
  if (backend === 'hashmap') return testRuns(1.4);
  return testRuns(FILE_PLACES.includes(place) ? 2 : 1.45);
});
/** The column of the table from which on nothing but 0 is right. */
const FIRST_FINDING = 3;
const KILLS = ROWS.reduce((sum, { kills }) => sum + kills, 0);

/** Set by `pnpm test:crash`: the table as one line of JSON, or with colours, which are for terminals alone. */
const IS_JSON = process.env['TIDEMARK_JSON'] === '1';
const HAS_COLOURS = process.env['TIDEMARK_COLOURS'] === '1' && (process.env['NO_COLOR'] ?? '') === '';

const wrongIn = ({ findings }: RowResult): string[] => Object.values(findings).flat();

it.skipIf(REPLAY !== undefined)(
  `${KILLS} kills lose nothing, double nothing and leave nothing (TIDEMARK_SEED=${SEED})`,
  async () => {
    const startedMs = performance.now();
    const matrix = await KillMatrix.prepare(temporaryDirectory());
    const results = await matrix.run(
      ROWS,
      SEED,
      (some) => void (IS_JSON || process.stdout.write(`${tableOf(some)}\n`)),
    );
    const seconds = (performance.now() - startedMs) / 1000;
    process.stdout.write(
      IS_JSON
        ? `${jsonOf(results, seconds)}\n`
        : `${tableOf(results)}\nTIDEMARK_SEED=${SEED}, ${seconds.toFixed(0)} s\n`,
    );
    expect(results.flatMap(wrongIn)).toEqual([]);
    for (const { row, kills } of results) expect(kills, nameOfRow(row)).toBe(row.kills);
    // Where a parent kills it may be a moment late; most hit.
    expect(results.reduce((sum, { hits }) => sum + hits, 0)).toBeGreaterThan(KILLS * 0.6);
  },
  3_600_000,
);

it.skipIf(REPLAY === undefined)(`a story again: ${REPLAY}`, async () => {
  const [name, seed, kills] = String(REPLAY).split(':');
  const row = ROWS.find((candidate) => nameOfRow(candidate) === name);
  if (row === undefined) throw new RangeError(`${name} is none of the rows: ${ROWS.map(nameOfRow).join(', ')}`);
  const result: RowResult = { row, kills: Number(kills), hits: 0, survived: 0, findings: noFindings() };
  const matrix = await KillMatrix.prepare(temporaryDirectory());
  const judge = new Judge(matrix.program);
  await matrix.story(result, Number(seed), Number(kills), judge);
  await judge.end();
  await matrix.end();
  process.stdout.write(`${tableOf([result])}\n`);
  expect(wrongIn(result)).toEqual([]);
});

/** A line for each row, and one for all. */
function tableOf(results: readonly RowResult[]): string {
  const counts = results.map(({ kills, hits, survived, findings }) => [
    ...[kills, hits, survived],
    ...[findings.lost, findings.doubled, findings.leaked, findings.stuck].map((texts) => texts.length),
  ]);
  const sums = (counts[0] ?? []).map((_, column) => counts.reduce((sum, line) => sum + Number(line[column]), 0));
  const heading = ['kills', 'hit', 'survived', 'lost', 'doubled', 'leaked', 'stuck'];
  const lines: [string, (string | number)[]][] = [
    ['', heading],
    ...results.map(({ row }, index): [string, number[]] => [nameOfRow(row), counts[index] ?? []]),
    ['all', sums],
  ];
  return lines
    .map(([name, cells]) => name.padEnd(34) + cells.map((cell, column) => coloured(cell, column)).join(''))
    .join('\n');
}

/** What went wrong in red, nothing wrong dimmed. */
function coloured(cell: string | number, column: number): string {
  const text = String(cell).padStart(9);
  if (!HAS_COLOURS || typeof cell === 'string' || column < FIRST_FINDING) return text;
  return cell > 0 ? `\u001b[31;1m${text}\u001b[0m` : `\u001b[2m${text}\u001b[0m`;
}

/** The same as data. */
function jsonOf(results: readonly RowResult[], seconds: number): string {
  const rows = results.map(({ row, kills, hits, survived, findings }) => ({
    row: nameOfRow(row),
    kills,
    hits,
    survived,
    ...findings,
  }));
  return JSON.stringify({ seed: SEED, seconds, rows });
}
