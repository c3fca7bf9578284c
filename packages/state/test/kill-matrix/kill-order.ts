// What a process is told about its own end, and what is found out afterwards.

/** Where a process can be killed. */
export const PLACES = [
  'checkpoint',
  'savepoint',
  'restore',
  'subsume',
  'flush',
  'compaction',
  'close',
  'claim removal',
  'rescale',
] as const;

/** See {@link PLACES}. */
export type Place = (typeof PLACES)[number];

/** What a step is done to: the files of checkpoints, those of working state, or the store in one of the latter. */
export type StepSort = 'files' | 'local' | 'store';

/** The part of a step that is done when the process is killed by it. */
export type Moment = 'before' | 'during' | 'after';

/** One job and the way it is run. */
export interface Subject {
  /** Everything of the job is below it. */
  readonly directory: string;
  /** Snapshots of another job, to be copied. */
  readonly template: string;
  readonly backend: 'hashmap' | 'lmdb';
  readonly incremental: boolean;
  /** How many checkpoints are kept. */
  readonly retained: number;
  readonly place: Place;
}

/** A process and its end. */
export interface KillOrder extends Subject {
  readonly seed: number;
  /** Whether it may be killed before the first checkpoint has completed. */
  readonly early: boolean;
  /** The first time in the place that counts, from 1. */
  readonly entry: number;
  /** The step by which the process kills itself, counted from 0 from then on; absent where its parent does. */
  readonly step?: { readonly sort: StepSort; readonly number: number; readonly moment: Moment };
  /** How long the parent waits after it has heard of the entry. */
  readonly delayMs: number;
}

/** What is wrong after a kill, in words. */
export interface Findings {
  readonly lost: string[];
  readonly doubled: string[];
  readonly leaked: string[];
  /** What could not be opened or threw. */
  readonly stuck: string[];
}

/** Nothing is wrong yet. */
export function noFindings(): Findings {
  return { lost: [], doubled: [], leaked: [], stuck: [] };
}

/** What the judge says at the end of a story. */
export interface Verdict {
  readonly findings: Findings;
  /** Completed checkpoints that were there after the kill and hold what they should. */
  readonly survived: number;
}
