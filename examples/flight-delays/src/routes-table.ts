// The ten busiest routes as a table, with the delays drawn.

import { WEEKDAYS } from './flight.js';
import type { RouteSummary } from './route-summary.js';
import { count } from './timeline.js';

const BLOCKS = '▁▂▃▄▅▆▇█';

/** The routes with the most flights, busiest first. */
export function busiest(summaries: readonly RouteSummary[], most: number): RouteSummary[] {
  return [...summaries].sort((a, b) => b.count - a.count || (a.route < b.route ? -1 : 1)).slice(0, most);
}

/** Lines of text, one a route. */
export function drawRoutes(summaries: readonly RouteSummary[]): string[] {
  const head = [
    'route',
    'flights',
    'average',
    'least',
    'most',
    'last five delays',
    WEEKDAYS.map((day) => day[0]).join(''),
  ];
  const rows = summaries.map((summary) => [
    summary.route,
    count(summary.count),
    `${summary.average.toFixed(2)} min`,
    String(summary.min),
    String(summary.max),
    summary.recent.join(' '),
    sparkline(summary.byWeekday),
  ]);
  const widths = head.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => (row[column] as string).length)),
  );
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, column) =>
        column === 0 || column >= 5 ? cell.padEnd(widths[column] as number) : cell.padStart(widths[column] as number),
      )
      .join('  ')
      .trimEnd();
  return [line(head), widths.map((width) => '─'.repeat(width)).join('  '), ...rows.map(line)];
}

/** Delay by weekday: the height is the sum, from the least to the most of the week. */
function sparkline(sums: readonly (number | null)[]): string {
  const known = sums.filter((sum) => sum !== null);
  const least = Math.min(...known);
  const range = Math.max(...known) - least || 1;
  return sums
    .map((sum) => (sum === null ? ' ' : BLOCKS[Math.round(((sum - least) / range) * (BLOCKS.length - 1))]))
    .join('');
}
