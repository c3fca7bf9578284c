// What a job knew to be true, kept outside of it: a line is in the file before the process goes on.
//
//   JO1. At any moment the next start must find the position of the last snapshot that counts, or that of one that had been
//        begun since and may have got through.

import fs, { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const { openSync, writeSync } = fs;

/** A line. Positions are numbers of records. */
export type JournalLine =
  /** A checkpoint is about to be taken. */
  | { readonly begun: number }
  /** It completed. */
  | { readonly done: number }
  /** A savepoint completed. */
  | { readonly saved: number; readonly pointer: string }
  /** The job is about to be started from a snapshot that is no checkpoint of its own. */
  | { readonly trying: number }
  /** It has been; what is claimed belongs to it from now on. */
  | { readonly base: number; readonly claimed?: string }
  /** It has been started from what was there. */
  | { readonly opened: number };

/** The journal of one job. */
export class Journal {
  readonly #file: number;

  constructor(directory: string) {
    this.#file = openSync(pathIn(directory), 'a');
  }

  write(line: JournalLine): void {
    writeSync(this.#file, `${JSON.stringify(line)}\n`);
  }
}

/** What follows from a journal. */
export interface JournalFacts {
  /** The position of the last snapshot that counts. */
  readonly floor: number;
  /** Positions that the next start may find. */
  readonly possible: ReadonlySet<number>;
  readonly saved: readonly { readonly position: number; readonly pointer: string }[];
  readonly claimed: readonly string[];
}

/** Reads what the processes of a job have written. */
export function readJournal(directory: string): JournalFacts {
  const lines = existsSync(pathIn(directory))
    ? readFileSync(pathIn(directory), 'utf8').split('\n').filter(Boolean)
    : [];
  let floor = 0;
  let possible = new Set([0]);
  const saved: { position: number; pointer: string }[] = [];
  const claimed: string[] = [];
  for (const text of lines) {
    const line = JSON.parse(text) as JournalLine;
    if ('begun' in line) possible.add(line.begun);
    else if ('trying' in line) possible.add(line.trying);
    else if ('saved' in line) saved.push({ position: line.saved, pointer: line.pointer });
    else {
      floor = 'done' in line ? line.done : 'base' in line ? line.base : line.opened;
      possible = new Set([floor]);
      if ('base' in line && line.claimed !== undefined) claimed.push(line.claimed);
    }
  }
  return { floor, possible, saved, claimed };
}

function pathIn(directory: string): string {
  return join(directory, 'journal');
}
