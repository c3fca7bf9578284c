// Three million real flights through a stateful program that is killed on the way and loses nothing.
//
// This process watches: it starts the job in a child process, kills it, starts it again, and at the end compares what
// the job has in its state with a plain pass over the file.

import { randomInt } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { type Display, silentDisplay, textDisplay } from './display.js';
import { commandToGoOn, type Options, parseOptions, USAGE } from './options.js';
import { differingRoutes, type RouteSummary, toJsonLine } from './route-summary.js';
import { busiest, drawRoutes } from './routes-table.js';
import { killRecords } from './seeded-random.js';
import { JobFailure, type JobOutcome, Supervisor } from './supervisor.js';
import { count, drawTimeline } from './timeline.js';

const INTERRUPTED_EXIT_CODE = 130;

async function main(): Promise<number> {
  let options: Options | 'help';
  try {
    options = parseOptions(process.argv.slice(2), () => randomInt(2 ** 31 - 1));
  } catch (error) {
    process.stderr.write(`${(error as Error).message}\n\n${USAGE}\n`);
    return 2;
  }
  if (options === 'help') {
    process.stdout.write(`${USAGE}\n`);
    return 0;
  }
  return run(options, options.json ? silentDisplay : textDisplay(process.stdout, process.env));
}

async function run(options: Options, display: Display): Promise<number> {
  const workDirectory = await mkdtemp(join(tmpdir(), 'tidemark-flights-'));
  const checkpointDirectory =
    options.checkpoints === undefined ? join(workDirectory, 'checkpoints') : resolve(options.checkpoints);
  const summariesFile = join(workDirectory, 'summaries.jsonl');
  const settings = { stateBackend: options.stateBackend, checkpointDirectory, limit: options.limit, summariesFile };
  const continues = options.checkpoints !== undefined && existsSync(checkpointDirectory);
  display.say(
    `${count(options.limit)} flights, state backend ${options.stateBackend}, killed ${options.kills} times (seed ${options.seed})`,
  );
  display.say(`checkpoints in ${checkpointDirectory}${continues ? ' (going on from the latest there)' : ''}`);

  const plain = startPlainPass(options.limit);
  const supervisor = new Supervisor(fileURLToPath(new URL('./job.js', import.meta.url)), settings, {
    event: (event) => display.event(event),
    progress: (record) => display.progress(record, options.limit),
  });
  const onInterrupt = (): void => {
    display.say('stopping: taking a checkpoint (again to give up at once)');
    supervisor.stop();
    process.once('SIGINT', () => {
      supervisor.kill();
      process.exit(INTERRUPTED_EXIT_CODE);
    });
  };
  process.once('SIGINT', onInterrupt);
  process.once('SIGTERM', onInterrupt);

  let keepDirectory = false;
  try {
    const outcome = await supervisor.run(killRecords(options.kills, options.limit, options.seed));
    display.end();
    if (!outcome.finished) {
      keepDirectory = true;
      const command = commandToGoOn(options, checkpointDirectory);
      if (options.json) print({ finished: false, seed: options.seed, timeline: outcome.events, continueWith: command });
      else display.say(`\nstopped; nothing is lost. To go on:\n\n  ${command}`);
      return INTERRUPTED_EXIT_CODE;
    }
    const summaries = await readSummaries(summariesFile);
    const differing = differingRoutes(summaries, await plain.summaries);
    const routesFile = await writeRoutes(summaries, options.out);
    report(options, display, outcome, summaries, differing, routesFile);
    return differing.length === 0 ? 0 : 1;
  } finally {
    display.end();
    await plain.stop();
    process.removeAllListeners('SIGINT');
    process.removeAllListeners('SIGTERM');
    if (!keepDirectory) await rm(workDirectory, { recursive: true, force: true });
  }
}

function startPlainPass(limit: number): {
  readonly summaries: Promise<readonly RouteSummary[]>;
  stop(): Promise<unknown>;
} {
  const worker = new Worker(new URL('./plain-pass.js', import.meta.url), { workerData: { limit } });
  const summaries = new Promise<readonly RouteSummary[]>((resolveSummaries, reject) => {
    worker.once('message', resolveSummaries);
    worker.once('error', reject);
  });
  // Whoever awaits it hears of a failure; until then it must not end the process.
  summaries.catch(() => {});
  return { summaries, stop: () => worker.terminate() };
}

async function readSummaries(path: string): Promise<RouteSummary[]> {
  const text = await readFile(path, 'utf8');
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as RouteSummary);
}

async function writeRoutes(summaries: readonly RouteSummary[], directory: string): Promise<string> {
  await mkdir(directory, { recursive: true });
  const path = join(directory, 'routes.jsonl');
  await writeFile(path, summaries.map((summary) => `${toJsonLine(summary)}\n`).join(''));
  return path;
}

function report(
  options: Options,
  display: Display,
  outcome: JobOutcome,
  summaries: readonly RouteSummary[],
  differing: readonly string[],
  routesFile: string,
): void {
  const identical = differing.length === 0;
  const flightsPerSecond = Math.round((outcome.flightsProcessed / outcome.elapsedMs) * 1000);
  const top = busiest(summaries, 10);
  if (options.json) {
    const { kills, flightsProcessed, flightsReadAgain, elapsedMs, events } = outcome;
    print({
      finished: true,
      identical,
      differing,
      seed: options.seed,
      kills,
      flightsProcessed,
      flightsReadAgain,
      elapsedMs,
      flightsPerSecond,
      routes: summaries.length,
      routesFile,
      busiest: top,
      timeline: events,
    });
    return;
  }
  display.say('');
  for (const line of drawTimeline(outcome.events, options.limit, 60)) display.say(line);
  display.say('');
  for (const line of drawRoutes(top)) display.say(line);
  display.say('');
  display.say(`${count(summaries.length)} routes in ${relative(process.cwd(), routesFile) || routesFile}`);
  display.say(
    `${count(outcome.flightsProcessed)} flights processed in ${(outcome.elapsedMs / 1000).toFixed(1)} s, restarts and ${count(outcome.flightsReadAgain)} flights read again included: ${count(flightsPerSecond)} flights per second`,
  );
  if (!identical)
    display.say(
      `different: ${differing.slice(0, 10).join(', ')}${differing.length > 10 ? ` and ${differing.length - 10} more` : ''}`,
    );
  display.say(`identical to an uninterrupted run: ${identical ? 'yes' : 'no'}`);
}

function print(document: unknown): void {
  process.stdout.write(`${JSON.stringify(document, null, 2)}\n`);
}

main().then(
  (exitCode) => {
    process.exitCode = exitCode;
  },
  (error: unknown) => {
    const isForTheUser = error instanceof JobFailure;
    process.stderr.write(`${isForTheUser ? error.message : ((error as Error).stack ?? String(error))}\n`);
    process.exitCode = isForTheUser ? error.exitCode : 1;
  },
);
