// Kills processes by seed, has what they left judged, and counts.
//
//   KM1. A story is one job from its first start to the judgement: one to three processes that are killed one after the other.
//        Everything about it follows from its row and its seed: `TIDEMARK_KILL='<row>:<seed>'` tells it again. Where a process
//        is killed by its parent the moment differs from time to time, within the same few milliseconds.
//   KM2. The kill hits when the process was in the place of its row at its end (KP1 of kill-points.ts).

import { type ChildProcess, fork } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { SeededRandom } from '@tidemark/state-testkit';
import { bundleProcess, INSTALLED_LMDB } from '../open-state/bundled-process.js';
import {
  type Findings,
  type KillOrder,
  noFindings,
  PLACES,
  type Place,
  type StepSort,
  type Subject,
  type Verdict,
} from './kill-order.js';

/** A row of the matrix. */
export interface MatrixRow {
  readonly backend: 'hashmap' | 'lmdb';
  readonly incremental: boolean;
  readonly place: Place;
  readonly kills: number;
}

/** What became of a row. */
export interface RowResult {
  readonly row: MatrixRow;
  kills: number;
  hits: number;
  survived: number;
  readonly findings: Findings;
}

/** Enough for a machine that has other things to do; a kill takes a tenth of a second. */
const PATIENCE_MS = 60_000;
/** How many steps of a sort a place has, more or less: a number is drawn below it, and counted on in the next time there. */
const STEPS: Readonly<Record<Place, Partial<Record<StepSort, number>>>> = {
  checkpoint: { files: 60, store: 200 },
  savepoint: { files: 30, store: 200 },
  restore: { files: 50, local: 14, store: 300 },
  subsume: { files: 40 },
  flush: { store: 120 },
  compaction: { local: 6, store: 900 },
  close: { local: 8, store: 2 },
  'claim removal': { files: 60 },
  rescale: { files: 120, local: 40, store: 600 },
};
/** How long a place takes, more or less, in milliseconds. */
const DURATION_MS: Readonly<Record<Place, number>> = {
  checkpoint: 12,
  savepoint: 10,
  restore: 15,
  subsume: 5,
  flush: 4,
  compaction: 10,
  close: 4,
  'claim removal': 15,
  rescale: 40,
};
const LANES = 2;
const STORIES_PER_REPORT = 64;
const RETAINED_MAX = 3;
const KILLS_MAX = 3;

/** The rows: places that a backend does not have are left out. */
export function matrixRows(killsOf: (backend: 'hashmap' | 'lmdb', place: Place) => number): MatrixRow[] {
  return (['hashmap', 'lmdb'] as const).flatMap((backend) =>
    [false, true].flatMap((incremental) =>
      PLACES.filter((place) => backend === 'lmdb' || (place !== 'flush' && place !== 'compaction')).map((place) => ({
        backend,
        incremental,
        place,
        kills: killsOf(backend, place),
      })),
    ),
  );
}

/** The name of a row. */
export function nameOfRow({ backend, incremental, place }: MatrixRow): string {
  return `${backend} ${incremental ? 'incremental' : 'full'} ${place}`;
}

/** A program and a directory, and what has been counted. */
export class KillMatrix {
  /** The path of the program. */
  readonly program: string;
  readonly #directory: string;
  readonly #template: string;
  #stories = 0;
  #waiting: Victim[] = [];

  private constructor(directory: string, program: string, template: string) {
    this.#directory = directory;
    this.program = program;
    this.#template = template;
  }

  /** Bundles the program and makes what all stories begin with. */
  static async prepare(directory: string): Promise<KillMatrix> {
    const program = await bundleProcess('killed-process', directory, {
      folder: new URL('.', import.meta.url),
      alias: { lmdb: new URL('killing-lmdb.ts', import.meta.url), 'installed-lmdb': INSTALLED_LMDB },
    });
    const template = join(directory, 'template');
    mkdirSync(template);
    const subject = {
      directory: template,
      template,
      backend: 'hashmap',
      incremental: true,
      retained: 2,
      place: 'close',
    } as const;
    const judge = new Victim(program);
    await judge.ask({ template: subject });
    await judge.end();
    return new KillMatrix(directory, program, template);
  }

  /**
   * Runs rows, two stories at a time.
   *
   * @param onProgress - Hears of the results so far, once in a while.
   */
  async run(
    rows: readonly MatrixRow[],
    seed: number,
    onProgress: (results: readonly RowResult[]) => void = () => undefined,
  ): Promise<RowResult[]> {
    const results = rows.map((row): RowResult => ({ row, kills: 0, hits: 0, survived: 0, findings: noFindings() }));
    const random = new SeededRandom(seed);
    const open = [...results];
    let told = 0;
    const lane = async (): Promise<void> => {
      const judge = new Judge(this.program);
      // Row by row in turn: a run that is cut short has been everywhere.
      for (let result = open.shift(); result !== undefined; result = open.shift()) {
        const kills = Math.min(1 + random.below(KILLS_MAX), result.row.kills - result.kills);
        const storySeed = random.below(2 ** 31);
        result.kills += kills;
        if (result.kills < result.row.kills) open.push(result);
        await this.story(result, storySeed, kills, judge);
        if (++told % STORIES_PER_REPORT === 0) onProgress(results);
      }
      await judge.end();
    };
    await Promise.all(Array.from({ length: LANES }, lane));
    await this.end();
    return results;
  }

  /** Tells one story. What is found is added to the result. */
  async story(result: RowResult, seed: number, kills: number, judge: Judge): Promise<void> {
    const { backend, incremental, place } = result.row;
    const random = new SeededRandom(seed);
    const directory = join(this.#directory, `story-${++this.#stories}`);
    mkdirSync(directory);
    const retained = 1 + random.below(RETAINED_MAX);
    const subject: Subject = { directory, template: this.#template, backend, incremental, retained, place };
    const where = `TIDEMARK_KILL='${nameOfRow(result.row)}:${seed}:${kills}'`;
    const told: string[] = [];
    for (let kill = 0; kill < kills; kill++) {
      const order = orderOf(subject, random);
      const how = order.step === undefined ? `after ${order.delayMs.toFixed(1)} ms` : JSON.stringify(order.step);
      told.push(`entry ${order.entry} ${how}`);
      const victim = this.#waiting.pop() ?? new Victim(this.program);
      if (this.#waiting.length < 2) this.#waiting.push(new Victim(this.program));
      const problem = await victim.kill(order);
      if (problem !== undefined) add(result.findings, problem, `${where}, kill ${kill + 1}`);
      if (readFileSync(join(directory, 'progress'))[0] === 1) result.hits++;
    }
    const { findings, survived } = await judge.judge(subject);
    add(result.findings, findings, `${where}, ${told.join('; ')}, ${readdirSync(directory).join(' ')}`);
    result.survived += survived;
    rmSync(directory, { recursive: true, force: true });
  }

  /** Ends the processes that were started ahead. */
  async end(): Promise<void> {
    await Promise.all(this.#waiting.splice(0).map((victim) => victim.end()));
  }
}

/** Looks at what is left, one story after the other. */
export class Judge {
  readonly #program: string;
  #process: Victim | undefined;

  constructor(program: string) {
    this.#program = program;
  }

  async judge(subject: Subject): Promise<Verdict> {
    this.#process ??= new Victim(this.#program);
    const verdict = await this.#process.ask<Verdict>({ judge: subject });
    if (typeof verdict !== 'string') return verdict;
    this.#process = undefined;
    return { findings: { ...noFindings(), stuck: [`the judge ended: ${verdict}`] }, survived: 0 };
  }

  async end(): Promise<void> {
    await this.#process?.end();
  }
}

/** A process of the program. */
class Victim {
  readonly #child: ChildProcess;
  readonly #errors: string[] = [];
  readonly #ended: Promise<{ readonly code: number | null; readonly signal: string | null }>;

  constructor(program: string) {
    this.#child = fork(program, [], { execArgv: [], stdio: ['ignore', 'inherit', 'pipe', 'ipc', 'pipe'] });
    this.#child.stderr?.on('data', (text) => void this.#errors.push(String(text)));
    this.#ended = new Promise((settle) => this.#child.on('close', (code, signal) => settle({ code, signal })));
  }

  /** Lets it run to its end. @returns What it found wrong itself. */
  async kill(order: KillOrder): Promise<Findings | undefined> {
    const end = (): void => void this.#child.kill('SIGKILL');
    const pipe = this.#child.stdio[4] as Readable;
    let isLate = false;
    const timer = setTimeout(() => {
      isLate = true;
      end();
    }, PATIENCE_MS);
    pipe.once('data', () => void setTimeout(end, order.delayMs));
    this.#child.send({ order });
    const { code, signal } = await this.#ended;
    clearTimeout(timer);
    const errors = this.#errors.join('');
    if (signal === 'SIGKILL' && !isLate && errors === '') return undefined;
    if (code === 3) return JSON.parse(errors) as Findings;
    return {
      ...noFindings(),
      stuck: [isLate ? 'it never came to its step' : `it ended with ${code ?? signal}: ${errors}`],
    };
  }

  /** Sends a message and waits for the answer. @returns How it ended, as text, if it gave none. */
  ask<T>(message: object): Promise<T | string> {
    const answered = new Promise<T>((settle) => this.#child.once('message', (answer) => settle(answer as T)));
    this.#child.send(message);
    const ended = this.#ended.then(({ code, signal }) => `${code ?? signal} ${this.#errors.join('')}`);
    return Promise.race([answered, ended]);
  }

  async end(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.#ended;
  }
}

function orderOf(subject: Subject, random: SeededRandom): KillOrder {
  const { backend, place } = subject;
  const seed = random.below(2 ** 31);
  const early = random.chance(0.1);
  const entry = 1 + random.below(place === 'flush' ? 30 : 3);
  const sorts = (Object.entries(STEPS[place]) as [StepSort, number][]).filter(
    ([sort]) => backend === 'lmdb' || sort === 'files',
  );
  const delayMs = random.next() * DURATION_MS[place];
  const [sort, count] = sorts[random.below(Math.max(1, sorts.length))] ?? [];
  const moment = random.pick(['before', 'during', 'after'] as const);
  const number = random.below(count ?? 1);
  if (sort === undefined || random.chance(0.4)) return { ...subject, seed, early, entry, delayMs };
  return { ...subject, seed, early, entry, delayMs, step: { sort, number, moment } };
}

function add(to: Findings, from: Findings, where: string): void {
  for (const sort of ['lost', 'doubled', 'leaked', 'stuck'] as const)
    to[sort].push(...from[sort].map((text) => `${where}: ${text}`));
}
