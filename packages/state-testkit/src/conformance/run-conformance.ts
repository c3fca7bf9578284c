// Runs a suite without a test runner.
//
//   RC1. Cases run one after the other, in their order; what becomes of one changes nothing about the others.
//   RC2. A case that does not end is given up after a time and counts as failed; what it holds is not let go of.

import { type Clock, isStateError, systemClock } from '@tidemark/state-core';
import { startDeadline } from '../ambient/deadline.js';
import type { ConformanceSuite, ReadyCase } from './conformance-case.js';
import { type CaseError, type CaseReport, type ConformanceReport, totalsOf } from './conformance-report.js';
import { rulesOfCase } from './conformance-rule.js';

/** How long a case may take when nobody says otherwise. */
export const CASE_TIMEOUT_MS_DEFAULT: number = 120_000;

/** How far a run is. */
export interface ConformanceProgress {
  /** Cases that have ended or were skipped, this one included. */
  readonly done: number;
  /** Cases that the filter leaves. */
  readonly total: number;
  readonly failed: number;
}

/** How a suite is run. */
export interface RunConformanceOptions {
  /** Called with every case as soon as it has ended, skipped ones included. */
  readonly onCase?: (caseReport: CaseReport, progress: ConformanceProgress) => void;
  /**
   * The cases to run: ids separated by commas, in which `*` stands for anything (`KSB-SNAPSHOT-*`), or a function. Default:
   * all.
   */
  readonly filter?: string | ((oneCase: Pick<ReadyCase, 'id' | 'title'>) => boolean);
  /** Ends the run: the case that is running is given up, and those after it are not run. */
  readonly signal?: AbortSignal;
  /** After how many milliseconds a case counts as hanging. Default 120,000. */
  readonly caseTimeoutMs?: number;
  /** Measures durations. Default: the clock of the process. */
  readonly clock?: Pick<Clock, 'monotonicMs'>;
}

const GIVEN_UP: unique symbol = Symbol('given up');

/**
 * Runs a suite and tells what came of it. Rejects for nothing that an implementation does.
 *
 * @example
 * ```ts
 * const report = await runConformance(suite, { filter: 'KSB-SNAPSHOT-*' });
 * console.log(formatConformanceReport(report));
 * process.exitCode = report.totals.failed === 0 ? 0 : 1;
 * ```
 * @throws RangeError when the filter leaves no case: a misspelled id must not look like success.
 */
export async function runConformance(
  suite: ConformanceSuite,
  options: RunConformanceOptions = {},
): Promise<ConformanceReport> {
  const { onCase, signal, caseTimeoutMs = CASE_TIMEOUT_MS_DEFAULT, clock = systemClock } = options;
  const isWanted = caseFilter(options.filter);
  const total = suite.cases.filter(isWanted).length;
  if (total === 0 && suite.cases.length > 0) throw new RangeError('the filter leaves no case of the suite');
  const startedMs = clock.monotonicMs();
  const cases: CaseReport[] = [];
  let aborted = false;
  let done = 0;
  let failed = 0;
  for (const oneCase of suite.cases) {
    if (aborted || signal?.aborted === true || !isWanted(oneCase)) {
      aborted ||= signal?.aborted === true;
      cases.push(report(oneCase, { outcome: 'not-run', durationMs: 0 }));
      continue;
    }
    const ended = await runCase(oneCase, { signal, caseTimeoutMs, clock });
    if (ended === GIVEN_UP) {
      aborted = true;
      cases.push(report(oneCase, { outcome: 'not-run', durationMs: 0 }));
      continue;
    }
    cases.push(ended);
    done++;
    if (ended.outcome === 'failed') failed++;
    onCase?.(ended, { done, total, failed });
  }
  return { suite: suite.name, totals: totalsOf(cases), durationMs: clock.monotonicMs() - startedMs, aborted, cases };
}

interface CaseSurroundings {
  readonly signal: AbortSignal | undefined;
  readonly caseTimeoutMs: number;
  readonly clock: Pick<Clock, 'monotonicMs'>;
}

async function runCase(
  oneCase: ReadyCase,
  { signal, caseTimeoutMs, clock }: CaseSurroundings,
): Promise<CaseReport | typeof GIVEN_UP> {
  const { missing, skipped } = oneCase;
  if (skipped !== undefined)
    return report(oneCase, { outcome: 'skipped', durationMs: 0, missing: missing ?? [skipped] });
  const startedMs = clock.monotonicMs();
  const ended = (rest: Pick<CaseReport, 'outcome' | 'error'>): CaseReport =>
    report(oneCase, { ...rest, durationMs: clock.monotonicMs() - startedMs });
  let stop: () => void = () => {};
  const given = new Promise<CaseReport | typeof GIVEN_UP>((resolve) => {
    const cancel = startDeadline(caseTimeoutMs, () =>
      resolve(ended({ outcome: 'failed', error: hangs(caseTimeoutMs) })),
    );
    const giveUp = (): void => resolve(GIVEN_UP);
    signal?.addEventListener('abort', giveUp);
    stop = () => {
      cancel();
      signal?.removeEventListener('abort', giveUp);
    };
  });
  try {
    const ran = Promise.resolve()
      .then(() => oneCase.run())
      .then(
        () => ended({ outcome: 'passed' }),
        (error: unknown) => ended({ outcome: 'failed', error: describeThrown(error) }),
      );
    return await Promise.race([ran, given]);
  } finally {
    stop();
  }
}

function report(
  { id, title }: ReadyCase,
  rest: Pick<CaseReport, 'outcome' | 'durationMs' | 'error' | 'missing'>,
): CaseReport {
  const { error, missing, ...always } = rest;
  return {
    id,
    title,
    ...always,
    rules: rulesOfCase(id).map(({ member, must, guide }) => ({ member, must, guide })),
    ...(error === undefined ? {} : { error }),
    ...(missing === undefined ? {} : { missing }),
  };
}

function hangs(caseTimeoutMs: number): CaseError {
  return {
    name: 'ConformanceFailure',
    message: `the case has not ended within ${caseTimeoutMs} ms: something that it awaits never comes`,
  };
}

function describeThrown(error: unknown): CaseError {
  if (!(error instanceof Error)) return { name: 'thrown', message: String(error) };
  const causes: string[] = [];
  for (let cause = error.cause; cause !== undefined && causes.length < 5; ) {
    causes.push(cause instanceof Error ? `${cause.name}: ${cause.message}` : String(cause));
    cause = cause instanceof Error ? cause.cause : undefined;
  }
  return {
    name: error.name,
    message: error.message,
    ...(isStateError(error) ? { code: error.code } : {}),
    ...(error.stack === undefined ? {} : { stack: error.stack }),
    ...(causes.length === 0 ? {} : { causes }),
  };
}

/** Whether a case is among those that a filter leaves. */
export function caseFilter(
  filter: RunConformanceOptions['filter'],
): (oneCase: Pick<ReadyCase, 'id' | 'title'>) => boolean {
  if (filter === undefined) return () => true;
  if (typeof filter === 'function') return filter;
  const patterns = filter
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '')
    .map((part) => new RegExp(`^${part.split('*').map(escapeForRegExp).join('.*')}$`, 'i'));
  return ({ id }) => patterns.some((pattern) => pattern.test(id));
}

function escapeForRegExp(text: string): string {
  return text.replaceAll(/[.+?^${}()|[\]\\]/g, '\\$&');
}
