// What came of a run, as plain data and as text for people.
//
//   CR1. A report is plain data: `JSON.stringify` loses nothing of it.
//   CR2. The text has no colours and no control characters but line feeds: it can go to a file.

import type { ConformanceRule } from './conformance-rule.js';
import { GUIDE } from './conformance-rule.js';

/**
 * What came of a case.
 *
 * - `skipped`: it requires what the implementation does not declare.
 * - `not-run`: the filter left it out, or the run was given up before it.
 */
export type CaseOutcome = 'passed' | 'failed' | 'skipped' | 'not-run';

/** What a case proves, in a report. */
export type ReportedRule = Omit<ConformanceRule, 'cases'>;

/** Why a case failed. */
export interface CaseError {
  readonly name: string;
  readonly message: string;
  /** The code of a StateError. */
  readonly code?: string;
  readonly stack?: string;
  /** What lies underneath, outermost first. */
  readonly causes?: readonly string[];
}

/** What came of one case. */
export interface CaseReport {
  readonly id: string;
  readonly title: string;
  readonly outcome: CaseOutcome;
  readonly durationMs: number;
  /** What the case proves; empty for a case that is not of this package. */
  readonly rules: readonly ReportedRule[];
  /** Of a failed case. */
  readonly error?: CaseError;
  /** Of a skipped case: what it requires and the implementation does not declare. */
  readonly missing?: readonly string[];
}

/** How many cases there are of each outcome. */
export interface ConformanceTotals {
  readonly cases: number;
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
  readonly notRun: number;
}

/** What came of a suite. */
export interface ConformanceReport {
  readonly suite: string;
  readonly totals: ConformanceTotals;
  readonly durationMs: number;
  /** Whether a signal ended the run before its last case. */
  readonly aborted: boolean;
  readonly cases: readonly CaseReport[];
}

/** Counts outcomes. */
export function totalsOf(cases: readonly Pick<CaseReport, 'outcome'>[]): ConformanceTotals {
  const count = (wanted: CaseOutcome): number => cases.filter(({ outcome }) => outcome === wanted).length;
  return {
    cases: cases.length,
    passed: count('passed'),
    failed: count('failed'),
    skipped: count('skipped'),
    notRun: count('not-run'),
  };
}

/**
 * A report as text: each failed case with the rule that it proves, the member of the interface that the rule is about, the
 * heading to read and the error; what was skipped, by the ability that is not declared; the totals last.
 *
 * @example
 * console.log(formatConformanceReport(await runConformance(suite)));
 */
export function formatConformanceReport(report: ConformanceReport): string {
  const { suite, totals, cases, aborted, durationMs } = report;
  const lines: string[] = [suite, ''];
  for (const failed of cases.filter(({ outcome }) => outcome === 'failed')) lines.push(...describeFailure(failed), '');
  const skipped = describeSkips(cases);
  if (skipped.length > 0) lines.push(...skipped, '');
  const parts = [
    `${totals.passed} passed`,
    `${totals.failed} failed`,
    `${totals.skipped} skipped`,
    ...(totals.notRun === 0 ? [] : [`${totals.notRun} not run`]),
  ];
  lines.push(`${totals.cases} cases: ${parts.join(', ')}; ${(durationMs / 1000).toFixed(1)} s`);
  if (aborted) lines.push('The run was given up before its end.');
  return lines.join('\n');
}

function describeFailure({ id, title, rules, error }: CaseReport): string[] {
  const lines = [`FAILED ${id} ${title}`];
  for (const { member, must, guide } of rules) {
    lines.push(`  rule   ${member} MUST ${must}`, `  read   ${GUIDE}, "${guide}"`);
  }
  if (rules.length === 0) lines.push('  rule   none that this package knows');
  if (error !== undefined) {
    lines.push(...labelled('  error  ', describeError(error)));
    for (const cause of error.causes ?? []) lines.push(...labelled('  cause  ', cause));
  }
  return lines;
}

function describeError({ name, message, code, stack }: CaseError): string {
  const said = code === undefined ? `${name}: ${message}` : `${name} ${code}: ${message}`;
  // Of an error that no case stated the frames say where to look; a stated one says it itself.
  const frames = name === 'ConformanceFailure' ? [] : framesOf(stack).slice(0, 3);
  return [said, ...frames].join('\n');
}

function framesOf(stack: string | undefined): string[] {
  return (stack ?? '').split('\n').filter((line) => /^\s+at /.test(line));
}

function describeSkips(cases: readonly CaseReport[]): string[] {
  const byMissing = new Map<string, string[]>();
  for (const { outcome, id, missing = [] } of cases) {
    if (outcome !== 'skipped') continue;
    const reason = missing.join(', ');
    const ids = byMissing.get(reason);
    if (ids === undefined) byMissing.set(reason, [id]);
    else ids.push(id);
  }
  return [...byMissing].map(([reason, ids]) => `skipped, because ${reason} is not declared: ${ids.join(', ')}`);
}

function labelled(label: string, text: string): string[] {
  // Control characters in a message of an implementation under test must not reach a terminal.
  const lines = text.split('\n').map((line) => line.replaceAll(/\p{Cc}/gu, ' '));
  return lines.map((line, index) => (index === 0 ? label : ' '.repeat(label.length)) + line);
}
