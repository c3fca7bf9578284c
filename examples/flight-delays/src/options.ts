// The flags of the program.

import { parseArgs } from 'node:util';

/** What `npm start` was asked to do. */
export interface Options {
  readonly stateBackend: string;
  /** Where to keep the checkpoints; `undefined` for a directory that goes with the run. */
  readonly checkpoints: string | undefined;
  readonly kills: number;
  readonly seed: number;
  readonly limit: number;
  readonly json: boolean;
  readonly out: string;
}

/** What `--help` prints. */
export const USAGE = `npm start -- [flags]

  --state-backend NAME   where state is kept: hashmap, lmdb, a package or a file (hashmap)
  --checkpoints DIR      keep checkpoints in DIR and continue from the latest there
  --kill N               how often the job is killed (3)
  --seed N               chooses the records it is killed at (drawn; printed)
  --limit N              how many flights to process (3000000: all)
  --out DIR              where routes.jsonl goes (out)
  --json                 print one JSON document instead of text`;

/** @throws Error with a message for the user. */
export function parseOptions(args: readonly string[], drawSeed: () => number): Options | 'help' {
  const { values } = parseArgs({
    args: [...args],
    options: {
      'state-backend': { type: 'string', default: 'hashmap' },
      checkpoints: { type: 'string' },
      kill: { type: 'string', default: '3' },
      seed: { type: 'string' },
      limit: { type: 'string', default: '3000000' },
      out: { type: 'string', default: 'out' },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  if (values.help) return 'help';
  return {
    stateBackend: values['state-backend'],
    checkpoints: values.checkpoints,
    kills: integer('--kill', values.kill, 0, 1000),
    seed: values.seed === undefined ? drawSeed() : integer('--seed', values.seed, 0, 2 ** 31 - 1),
    limit: integer('--limit', values.limit, 1, 3_000_000),
    out: values.out,
    json: values.json,
  };
}

/** The command that goes on from the checkpoints in a directory, with the flags of the first. */
export function commandToGoOn(options: Options, checkpointDirectory: string): string {
  const { stateBackend, limit, kills, seed, out, json } = options;
  return [
    `npm start ${json ? '--silent ' : ''}-- --checkpoints ${quote(checkpointDirectory)} --state-backend ${quote(stateBackend)}`,
    `--limit ${limit} --kill ${kills} --seed ${seed}`,
    ...(out === 'out' ? [] : [`--out ${quote(out)}`]),
    ...(json ? ['--json'] : []),
  ].join(' ');
}

function quote(text: string): string {
  return /^[\w./@-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}

function integer(flag: string, text: string, least: number, most: number): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < least || value > most) {
    throw new Error(`${flag} takes an integer from ${least} to ${most}, not '${text}'`);
  }
  return value;
}
