// The entry for those who want no test runner: a program that runs suites, shows how far it is and prints the report.
//
//   PR1. Only the report goes to the standard output; progress goes to the error output, and only to a terminal.
//   PR2. Colours are put around whole words of the finished text, and only where the terminal wants them.

import { processTerminal, type Terminal } from './ambient/terminal.js';
import type { ConformanceSuite } from './conformance/conformance-case.js';
import { type ConformanceReport, formatConformanceReport } from './conformance/conformance-report.js';
import { caseFilter, type RunConformanceOptions, runConformance } from './conformance/run-conformance.js';

export type { Terminal } from './ambient/terminal.js';

const USAGE = `Options:
  --filter=IDS  only these cases, separated by commas; * stands for anything: --filter='KSB-SNAPSHOT-*,LIST-01'
  --json        the reports as JSON
  --list        the cases, and what each of them requires that is not declared
`;

/**
 * Runs suites as the program of a file of its own, `node check.mjs [--filter=IDS] [--json] [--list]`: prints the reports and
 * sets the exit code to 1 when a case failed, 130 when the run was interrupted and 2 for arguments that it does not know.
 *
 * @example
 * ```ts
 * import { stateBackendConformance } from '@tidemark/state-testkit';
 * import { runConformanceProgram } from '@tidemark/state-testkit/program';
 *
 * await runConformanceProgram([stateBackendConformance({ name: 'mine', create, capabilities: create().capabilities })]);
 * ```
 * @returns The reports, for a program that does more with them.
 */
export async function runConformanceProgram(
  suites: readonly ConformanceSuite[],
  terminal: Terminal = processTerminal(),
): Promise<readonly ConformanceReport[]> {
  const { args, interrupted } = terminal;
  const unknown = args.find((arg) => !/^--(json|list|filter=.+)$/.test(arg));
  if (unknown !== undefined) {
    terminal.note(`${unknown}: not understood\n${USAGE}`);
    terminal.setExitCode(2);
    return [];
  }
  if (args.includes('--list')) {
    terminal.print(listOf(suites));
    return [];
  }
  const filter = args.find((arg) => arg.startsWith('--filter='))?.slice('--filter='.length);
  const chosen = filter === undefined ? suites : suitesWith(suites, filter);
  const reports: ConformanceReport[] = [];
  if (chosen.length === 0) {
    terminal.note(`no case has an id like ${filter}: --list shows them all\n`);
    terminal.setExitCode(2);
    return reports;
  }
  const asJson = args.includes('--json');
  for (const suite of chosen) {
    const options: RunConformanceOptions = { signal: interrupted, ...(filter === undefined ? {} : { filter }) };
    const report = await runConformance(suite, { ...options, ...progressOn(terminal, suite.name) });
    if (terminal.showsProgress) terminal.note('\r\u001b[K');
    reports.push(report);
    if (!asJson) terminal.print(`${coloured(formatConformanceReport(report), terminal)}\n`);
    if (report.aborted) break;
  }
  if (asJson) terminal.print(`${JSON.stringify(reports, undefined, 2)}\n`);
  if (reports.some(({ aborted }) => aborted)) terminal.setExitCode(130);
  else if (reports.some(({ totals }) => totals.failed > 0)) terminal.setExitCode(1);
  return reports;
}

function progressOn(terminal: Terminal, name: string): RunConformanceOptions {
  if (!terminal.showsProgress) return {};
  return {
    onCase({ id }, { done, total, failed }) {
      const text = `${name}: ${done} of ${total}, ${failed} failed, ${id}`;
      // A line that is longer than the terminal would not be overwritten by the next.
      terminal.note(`\r${text.slice(0, terminal.columns - 1)}\u001b[K`);
    },
  };
}

/** The suites in which the filter leaves something: ids are of one sort of implementation. */
function suitesWith(suites: readonly ConformanceSuite[], filter: string): readonly ConformanceSuite[] {
  const isWanted = caseFilter(filter);
  return suites.filter(({ cases }) => cases.some(isWanted));
}

function listOf(suites: readonly ConformanceSuite[]): string {
  const lines: string[] = [];
  for (const { name, cases } of suites) {
    lines.push(name);
    for (const { id, title, skipped } of cases)
      lines.push(`  ${id}  ${title}${skipped === undefined ? '' : ` (skipped: ${skipped})`}`);
  }
  return `${lines.join('\n')}\n`;
}

function coloured(text: string, { showsColours }: Terminal): string {
  if (!showsColours) return text;
  return text
    .replaceAll(/^FAILED \S+/gm, (words) => `\u001b[31m${words}\u001b[39m`)
    .replaceAll(/^skipped,/gm, (word) => `\u001b[33m${word}\u001b[39m`);
}
