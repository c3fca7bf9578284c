// A restore plan as a table for people.

import type { StateRestoreReport } from './state-restore-report.js';

const HEAD: readonly string[] = ['operator / state', 'kind', 'outcome', 'stored', 'program'];

/** What each outcome means, for the legend below the table. */
const MEANINGS: Readonly<Record<string, string>> = {
  matched: 'restored as it is',
  migrated: "brought to the program's type when it is first used",
  new: 'not in the snapshot: starts empty',
  kept: 'not declared by the program: carried into every snapshot unchanged',
  carried: 'of an operator that the program lacks: carried into every snapshot unchanged until it is discarded',
  discarded: 'let go of on purpose: in no further snapshot',
};

/**
 * The plan of a restore as a printed table: a line for each operator and state, and what the outcomes in it mean.
 *
 * @example
 * console.log(formatRestorePlan(state.restored.plan));
 */
export function formatRestorePlan(plan: StateRestoreReport): string {
  const { restoredCheckpointId, states, operators = [] } = plan;
  const rows: string[][] = [[...HEAD]];
  for (const { uid, outcome } of operators) rows.push([uid, 'operator', outcome, '', '']);
  for (const { stateName, kind, outcome, previousSchema, schema } of states) {
    rows.push([`  ${stateName}`, kind, outcome, previousSchema ?? '', schema ?? '']);
  }
  // The states are those of the operator that the program has: its line comes right before them.
  const own = operators.findIndex(({ outcome }) => outcome === 'matched' || outcome === 'new');
  if (own >= 0) {
    const [line] = rows.splice(own + 1, 1);
    rows.splice(operators.length, 0, line as string[]);
  }
  const widths = HEAD.map((_, column) => Math.max(...rows.map((row) => (row[column] as string).length)));
  const lines = rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] as number))
      .join('  ')
      .trimEnd(),
  );
  lines.splice(1, 0, widths.map((width) => '-'.repeat(width)).join('  '));
  const outcomes = new Set([...operators, ...states].map(({ outcome }): string => outcome));
  const legend = Object.keys(MEANINGS).filter((outcome) => outcomes.has(outcome));
  const title = restoredCheckpointId === undefined ? 'nothing was restored' : `restored from ${restoredCheckpointId}`;
  return [title, '', ...lines, '', ...legend.map((outcome) => `${outcome}: ${MEANINGS[outcome]}`)].join('\n');
}
