// A process that runs the job until it is killed, or one that looks at what others have left.
//
//   node killed-process.mjs        told by messages what to do: { order } or { judge }
//   exit 3: something is wrong, in words on the standard error; 5: it was not killed

import { cpSync, existsSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as pause, setImmediate as turn } from 'node:timers/promises';
import { SeededRandom } from '@tidemark/state-testkit';
import { Journal, readJournal } from './journal.js';
import { type Findings, type KillOrder, noFindings, type Subject, type Verdict } from './kill-order.js';
import { killPoints } from './kill-points.js';
import { confineTo, killInLocalFiles, killingFileSystem } from './killing-files.js';
import { type JobPlaces, judgeContent, judgeStart, LedgerJob, placesOf, storageOf } from './ledger-job.js';
import { judgeCheckpoints, judgeLocal } from './leftovers.js';
import { rescale } from './rescaled-job.js';

/** More than any kill waits for. */
const LIVES_MAX = 400;
/** Files are looked at for free pages once a second: of this process's own. */
const HASTE = 200;

class KilledProcess {
  readonly #order: KillOrder;
  readonly #random: SeededRandom;
  readonly #journal: Journal;
  readonly #findings: Findings = noFindings();
  readonly #places: JobPlaces;
  /** Where a snapshot that is being written is, once it exists. */
  #onPublished: () => void = () => undefined;
  readonly #fileSystem: ReturnType<typeof killingFileSystem> = killingFileSystem(() => this.#onPublished());
  #copies = 0;

  constructor(order: KillOrder) {
    this.#order = order;
    this.#random = new SeededRandom(order.seed);
    this.#journal = new Journal(order.directory);
    this.#places = placesOf(order.directory);
  }

  async live(): Promise<Findings> {
    for (let life = 0; life < LIVES_MAX && !hasFindings(this.#findings); life++) await this.#oneLife();
    return this.#findings;
  }

  async #oneLife(): Promise<void> {
    const { place, retained } = this.#order;
    const facts = readJournal(this.#order.directory);
    let job = await this.#open();
    judgeStart(job, facts, this.#findings);
    this.#journal.write({ opened: job.records });
    await judgeCheckpoints(this.#order, 'after a start', this.#findings);
    judgeLocal(this.#order, 1, 'after a start', this.#findings);
    const rounds = place === 'restore' || place === 'close' ? 1 : 1 + this.#random.below(3);
    for (let round = 0; round < rounds; round++) await this.#round(job);
    if (place === 'claim removal') {
      for (let more = rounds; more < retained; more++) await this.#round(job);
      await job.state.close();
      job = await killPoints.within('claim removal', () => this.#openClaimed());
      for (let number = 1; number <= retained; number++) await this.#round(job, number === retained);
    }
    if (place === 'rescale') {
      await job.state.close();
      job = await killPoints.within('rescale', () => this.#openRescaled());
      await this.#round(job);
    }
    await this.#close(job);
  }

  #open(): Promise<LedgerJob> {
    return killPoints.within('restore', async () => {
      const job = await LedgerJob.open(this.#order, { fileSystem: this.#fileSystem });
      // All of it is restored when all of it has been read.
      if (this.#order.place === 'restore') job.content();
      return job;
    });
  }

  /** Works and takes a checkpoint, with records in between; sometimes a savepoint, too. */
  async #round(job: LedgerJob, removesClaim = false): Promise<void> {
    const { place } = this.#order;
    const random = this.#random;
    for (let part = 1 + random.below(4); part > 0; part--) {
      job.work(5 + random.below(20));
      if (place === 'compaction') await pause(1);
      else await turn();
    }
    if (place === 'savepoint' || (random.chance(0.15) && place !== 'subsume')) await this.#savepoint(job);
    const { records } = job;
    this.#journal.write({ begun: records });
    killPoints.enter('checkpoint');
    this.#onPublished = () => {
      this.#onPublished = () => undefined;
      killPoints.leave('checkpoint');
      killPoints.enter('subsume');
      if (removesClaim) killPoints.enter('claim removal');
    };
    await this.#workUntil(job, job.state.checkpoint({ attachment: { records } }));
    this.#journal.write({ done: records });
    killPoints.begin();
    killPoints.leave('subsume');
    if (removesClaim) killPoints.leave('claim removal');
    if (place === 'compaction') await pause(3);
  }

  async #savepoint(job: LedgerJob): Promise<void> {
    const { records } = job;
    await killPoints.within('savepoint', async () => {
      const taken = job.state.savepoint(this.#places.savepoints, { attachment: { records } });
      await this.#workUntil(job, taken);
      this.#journal.write({ saved: records, pointer: (await taken).externalPointer });
    });
  }

  async #workUntil(job: LedgerJob, promise: Promise<unknown>): Promise<void> {
    let isDone = false;
    const done = promise.finally(() => {
      isDone = true;
    });
    for (let left = this.#random.below(6); left > 0 && !isDone; left--) {
      job.work(3);
      await turn();
    }
    await done;
  }

  /** Starts again from a snapshot of another job, which belongs to this one from then on. */
  async #openClaimed(): Promise<LedgerJob> {
    const others = join(this.#order.directory, `others-${process.pid}-${++this.#copies}`);
    cpSync(this.#order.template, others, { recursive: true });
    const isSavepoint = this.#random.chance(0.5);
    const snapshot = isSavepoint
      ? newestIn(join(others, 'savepoints'), 'savepoint-')
      : newestIn(join(others, 'checkpoints', 'ledger'), 'chk-');
    const records = Number(readdirSync(others).find((name) => /^\d+$/.test(name)));
    this.#journal.write({ trying: records });
    const job = await LedgerJob.open(this.#order, {
      fileSystem: this.#fileSystem,
      restore: snapshot,
      restoreMode: 'CLAIM',
    });
    this.#journal.write({ base: job.records, claimed: snapshot });
    judgeContent(job.content(), records, 'after a claim', this.#findings);
    return job;
  }

  async #openRescaled(): Promise<LedgerJob> {
    const { pointer, records } = await rescale({
      subject: this.#order,
      storage: storageOf(this.#places.checkpoints, this.#fileSystem),
      parallelism: 2 + this.#random.below(3),
      records: this.#random.below(60),
      savepoints: this.#places.savepoints,
      findings: this.#findings,
    });
    this.#journal.write({ saved: records, pointer });
    this.#journal.write({ trying: records });
    const job = await LedgerJob.open(this.#order, { fileSystem: this.#fileSystem, restore: pointer });
    this.#journal.write({ base: job.records });
    judgeContent(job.content(), records, 'after a rescale', this.#findings);
    return job;
  }

  /** In half of the cases with a checkpoint under way, or records that are in none. */
  async #close(job: LedgerJob): Promise<void> {
    job.work(this.#random.below(20));
    if (this.#random.chance(0.5)) {
      this.#journal.write({ begun: job.records });
      job.state.checkpoint({ attachment: { records: job.records } }).catch(() => undefined);
      for (let turns = this.#random.below(8); turns > 0; turns--) await turn();
    }
    await killPoints.within('close', () => job.state.close());
    judgeLocal(this.#order, 0, 'after a close', this.#findings);
  }
}

/** Of this process when it is not to be killed: nothing is forced to the disk (KF2). */
const FILES = killingFileSystem(() => undefined);

/** Opens what a killed process has left, and says what is wrong with it. */
async function judge(subject: Subject): Promise<Verdict> {
  const findings = noFindings();
  let survived = 0;
  try {
    const facts = readJournal(subject.directory);
    const job = await LedgerJob.open(subject, { fileSystem: FILES });
    judgeStart(job, facts, findings);
    const pointers = await judgeCheckpoints(subject, 'after the start', findings);
    judgeLocal(subject, 1, 'after the start', findings);
    for (const pointer of pointers) {
      await judgeSnapshot(subject, pointer, undefined, findings);
      survived++;
    }
    for (const { position, pointer } of facts.saved.slice(-2))
      await judgeSnapshot(subject, pointer, position, findings);
    for (let more = 0; more < subject.retained; more++) {
      job.work(25);
      await job.state.checkpoint({ attachment: { records: job.records } });
    }
    judgeContent(job.content(), job.records, 'after going on', findings);
    await job.state.close();
    const left = await judgeCheckpoints(subject, 'after going on', findings);
    // What a job had before it was started from elsewhere is left to whoever decided that.
    const kept = isStartedElsewhere(subject) ? Math.max(left.length, subject.retained) : subject.retained;
    if (left.length !== kept) findings.leaked.push(`${left.length} checkpoints are kept and not ${kept}`);
    judgeLocal(subject, 0, 'after the close', findings);
    for (const claimed of facts.claimed)
      if (existsSync(claimed))
        findings.leaked.push(`${claimed} was claimed and is still there: ${readdirSync(claimed).join(', ')}`);
    const claims = readdirSync(placesOf(subject.directory).job).filter((name) => name.startsWith('claim-'));
    if (claims.length > 0) findings.leaked.push(`records of claims: ${claims.join(', ')}`);
    const again = await LedgerJob.open(subject, { fileSystem: FILES });
    if (again.records !== job.records) findings.lost.push(`went on to ${job.records}, started with ${again.records}`);
    judgeContent(again.content(), again.records, 'after the second start', findings);
    await again.state.close();
  } catch (error) {
    findings.stuck.push(String((error as Error).stack));
  }
  return { findings, survived };
}

/** Reads a snapshot for itself, on the other backend. */
async function judgeSnapshot(
  subject: Subject,
  pointer: string,
  records: number | undefined,
  findings: Findings,
): Promise<void> {
  const reader = await LedgerJob.open(
    { ...subject, backend: 'hashmap' },
    { name: 'reader', fileSystem: FILES, restore: pointer },
  );
  if (records !== undefined && reader.records !== records)
    findings.lost.push(`${pointer} has ${reader.records} records and not ${records}`);
  judgeContent(reader.content(), reader.records, pointer, findings);
  await reader.state.close();
}

/** Makes what is claimed: the snapshots of another job, and its position as the name of a directory. */
async function makeTemplate(subject: Subject): Promise<void> {
  const { directory } = subject;
  const job = await LedgerJob.open(subject, { fileSystem: FILES });
  job.work(150);
  await job.state.checkpoint({ attachment: { records: job.records } });
  job.work(30);
  await job.state.checkpoint({ attachment: { records: job.records } });
  await job.state.savepoint(placesOf(directory).savepoints, { attachment: { records: job.records } });
  cpSync(placesOf(directory).savepoints, join(directory, String(job.records)), { recursive: true });
  await job.state.close();
}

function newestIn(directory: string, start: string): string {
  const names = readdirSync(directory).filter((name) => name.startsWith(start));
  return join(directory, String(names.sort().at(-1)));
}

function isStartedElsewhere({ place }: Subject): boolean {
  return place === 'claim removal' || place === 'rescale';
}

function hasFindings(findings: Findings): boolean {
  return Object.values(findings).some((texts: string[]) => texts.length > 0);
}

async function runUntilKilled(order: KillOrder): Promise<void> {
  if (order.place === 'compaction') {
    const now = performance.now.bind(performance);
    performance.now = () => now() * HASTE;
  }
  killPoints.arm(order, join(order.directory, 'progress'));
  if (order.early || readJournal(order.directory).floor > 0) killPoints.begin();
  let findings: Findings;
  try {
    findings = await new KilledProcess(order).live();
  } catch (error) {
    findings = { ...noFindings(), stuck: [String((error as Error).stack)] };
  }
  process.stderr.write(JSON.stringify(findings));
  process.exitCode = hasFindings(findings) ? 3 : 5;
  process.disconnect();
}

killInLocalFiles();
process.on('message', (message: { order?: KillOrder; judge?: Subject; template?: Subject }) => {
  const { directory } = (message.order ?? message.judge ?? message.template) as Subject;
  confineTo(dirname(directory));
  if (message.order !== undefined) void runUntilKilled(message.order);
  if (message.judge !== undefined) void judge(message.judge).then((verdict) => process.send?.(verdict));
  if (message.template !== undefined) void makeTemplate(message.template).then(() => process.send?.('made'));
});
