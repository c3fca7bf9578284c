// Pairs A B A B ...: both sides do the same in turns, so that whatever else the machine does falls on both.

import { judge, type Pair, type Row, type RowPlan, spreadOfPairs } from './row.js';
import type { Round, Side } from './side.js';
import { spreadOf } from './statistics.js';

/** How long and how often. */
export interface PairSettings {
  readonly pairs: number;
  readonly warmUpMs: number;
  readonly roundMs: number;
}

/** An operation to compare. */
export interface PairedOperation {
  readonly plan: RowPlan;
  /** The name that both sides know. */
  readonly operation: string;
  /** What one call does, for operations that go through many entries. */
  readonly opsPerCall: number;
  /** A round ends after so many calls at the latest. */
  readonly callsMax: number;
}

/** Measures one operation on both sides: a warm-up each, then the pairs. */
export async function runPairs(
  subject: Side,
  peer: Side,
  { plan, operation, opsPerCall, callsMax }: PairedOperation,
  { pairs, warmUpMs, roundMs }: PairSettings,
  onPair: (done: number) => void,
): Promise<Row> {
  await warmUp(subject, operation, warmUpMs, callsMax);
  await warmUp(peer, operation, warmUpMs, callsMax);
  const walls: Pair[] = [];
  const cpus: Pair[] = [];
  for (let done = 0; done < pairs; done++) {
    onPair(done);
    const ours = await subject.round(operation, roundMs, callsMax);
    const theirs = await peer.round(operation, roundMs, callsMax);
    walls.push({ subject: wallMsPerCall(ours), peer: wallMsPerCall(theirs) });
    cpus.push({ subject: cpuMsPerCall(ours), peer: cpuMsPerCall(theirs) });
  }
  const figure = spreadOfPairs(plan.unit, walls);
  return {
    ...plan,
    figure,
    cpuFigure: spreadOfPairs(plan.unit, cpus),
    subjectFigure: opsPerCall / spreadOf(walls.map((pair) => pair.subject)).median,
    peerFigure: opsPerCall / spreadOf(walls.map((pair) => pair.peer)).median,
    sideUnit: 'ops/ms',
    verdict: judge(plan, figure.median),
  };
}

/** Several rounds where a round is short, so that the time is spent all the same. */
async function warmUp(side: Side, operation: string, ms: number, callsMax: number): Promise<void> {
  for (let leftMs = ms; leftMs > 0; ) {
    const { wallMs } = await side.round(operation, leftMs, callsMax);
    leftMs -= Math.max(wallMs, ms / 10);
  }
}

function wallMsPerCall({ wallMs, calls }: Round): number {
  return wallMs / calls;
}

/** The clock of CPU time ticks in steps of up to 10 ms, so a round may seem to have taken none. */
function cpuMsPerCall({ cpuMs, calls }: Round): number {
  return Math.max(cpuMs, 0.001) / calls;
}
