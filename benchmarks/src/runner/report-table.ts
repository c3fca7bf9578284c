// Rows as an aligned table, each printed as soon as it is known.

import type { Terminal } from '../ambient/terminal.js';
import type { Row, Verdict } from './row.js';

const HEADINGS: readonly string[] = [
  'workload',
  'subject',
  'peer',
  'median',
  'min..max',
  'by CPU',
  'floor',
  'goal',
  'subject / peer',
];
const WIDTHS: readonly number[] = [36, 8, 13, 12, 13, 6, 5, 4, 20];
const LEFT_COLUMNS = 3;

const COLOURS: Readonly<Record<Verdict, 'green' | 'yellow' | 'red' | 'grey'>> = {
  'goal reached': 'green',
  'PASS floor': 'yellow',
  'below floor': 'red',
  'no floor': 'grey',
  skipped: 'grey',
};

/** The head of the table. */
export function headingLine(): string {
  return `${aligned(HEADINGS)}  verdict`;
}

/** One row of it. */
export function rowLine(row: Row, terminal: Pick<Terminal, 'colour'>): string {
  const verdict = terminal.colour(row.verdict, COLOURS[row.verdict]);
  const { figure } = row;
  const names = [row.workload, row.subject, row.peer];
  if (figure === undefined) return `${aligned(names)}  ${verdict}: ${row.reason ?? ''}`;
  const sides = [row.subjectFigure, row.peerFigure].filter((side) => side !== undefined).map(brief);
  return `${aligned([
    ...names,
    `${brief(figure.median)} ${row.unit}`,
    `${brief(figure.min)}..${brief(figure.max)}`,
    row.cpuFigure === undefined ? '' : brief(row.cpuFigure.median),
    row.floor === undefined ? '' : String(row.floor),
    row.goal === undefined ? '' : String(row.goal),
    sides.length === 0 ? '' : `${sides.join(' / ')} ${row.sideUnit ?? ''}`,
  ])}  ${verdict}`;
}

/** Three digits or so: more would claim what no shared machine can tell. */
function brief(figure: number): string {
  if (figure >= 1000) return Math.round(figure).toLocaleString('en');
  if (figure >= 100) return figure.toFixed(0);
  return figure >= 10 ? figure.toFixed(1) : figure.toFixed(2);
}

function aligned(cells: readonly string[]): string {
  const padded = cells.map((cell, index) => {
    const width = WIDTHS[index] as number;
    return index < LEFT_COLUMNS ? cell.padEnd(width) : cell.padStart(width);
  });
  return padded.join('  ');
}
