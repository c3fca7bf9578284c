// A row of a report: what was compared with what, what was measured, and what had been promised.
//
//   RO1. A row compares by its median. `floor` must hold, `goal` is what is claimed; a row without a floor only informs.
//   RO2. Nothing is left out in silence: a row that could not be measured says why.

import { type Spread, spreadOf } from './statistics.js';

/** How the figure of a row is to be read. */
export type RowUnit =
  /** Time of the subject divided by the time of the peer: lower is better. */
  | 'x time'
  /** Speed of the subject divided by the speed of the peer: higher is better. */
  | 'x speed'
  /** Size of the subject divided by the size of what it is measured by: lower is better. */
  | 'x size'
  | 'ms';

/** What is promised about a workload. */
export interface RowPlan {
  readonly workload: string;
  readonly subject: string;
  /** `itself` where the figure is absolute. */
  readonly peer: string;
  readonly unit: RowUnit;
  readonly floor?: number | undefined;
  readonly goal?: number | undefined;
}

/** `no floor` where nothing was promised. */
export type Verdict = 'goal reached' | 'PASS floor' | 'below floor' | 'no floor' | 'skipped';

/** A measured row. */
export interface Row extends RowPlan {
  /** The figure that counts: in `unit`. */
  readonly figure?: Spread;
  /** The same by CPU time of both processes; absent for sizes. */
  readonly cpuFigure?: Spread;
  /** What each side did, in `sideUnit`. */
  readonly subjectFigure?: number;
  readonly peerFigure?: number;
  readonly sideUnit?: 'ops/ms' | 'ms' | 'MiB';
  readonly verdict: Verdict;
  /** Why the row is skipped. */
  readonly reason?: string;
}

/** Whether less is better. */
function isLowerBetter(unit: RowUnit): boolean {
  return unit !== 'x speed';
}

/** What a figure is worth against floor and goal (RO1). */
export function judge({ unit, floor, goal }: RowPlan, figure: number): Verdict {
  if (floor === undefined) return 'no floor';
  const reaches = (mark: number): boolean => (isLowerBetter(unit) ? figure <= mark : figure >= mark);
  if (goal !== undefined && reaches(goal)) return 'goal reached';
  return reaches(floor) ? 'PASS floor' : 'below floor';
}

/** The ratio of a pair in the unit of a row; `subject` and `peer` are times or sizes. */
export function ratioOf(unit: RowUnit, subject: number, peer: number): number {
  return unit === 'x speed' ? peer / subject : subject / peer;
}

/** What the two sides of a pair did: times of one operation, or sizes. */
export interface Pair {
  readonly subject: number;
  readonly peer: number;
}

/** The spread of the ratios of pairs. */
export function spreadOfPairs(unit: RowUnit, pairs: readonly Pair[]): Spread {
  return spreadOf(pairs.map(({ subject, peer }) => ratioOf(unit, subject, peer)));
}

/** A row that was not measured (RO2). */
export function skippedRow(plan: RowPlan, reason: string): Row {
  return { ...plan, verdict: 'skipped', reason };
}
