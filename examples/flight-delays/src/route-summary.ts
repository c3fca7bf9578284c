// What is known of a route at the end, as plain data: the state of the program and the plain pass are compared as this.

/** How many of the latest delays are kept. */
export const RECENT_DELAYS = 5;

/** A route and its delays in minutes. */
export interface RouteSummary {
  readonly route: string;
  readonly count: number;
  readonly sum: number;
  readonly min: number;
  readonly max: number;
  /** The last five delays, oldest first. */
  readonly recent: readonly number[];
  /** Sum of the delays by day of the week, Sunday first; null where none flew. */
  readonly byWeekday: readonly (number | null)[];
  readonly average: number;
}

/** Count, sum and extremes of nothing. */
export class DelayTally {
  count = 0;
  sum = 0;
  min: number = Number.POSITIVE_INFINITY;
  max: number = Number.NEGATIVE_INFINITY;
}

/** The line of `routes.jsonl` for a route. */
export function toJsonLine({ route, count, sum, min, max }: RouteSummary): string {
  return JSON.stringify({ route, count, sum, min, max });
}

/** By code units, as a plain sort of strings orders. */
export function byRoute(a: RouteSummary, b: RouteSummary): number {
  return a.route < b.route ? -1 : a.route > b.route ? 1 : 0;
}

/** The routes in which two results differ; a route that one of them lacks differs. */
export function differingRoutes(actual: readonly RouteSummary[], expected: readonly RouteSummary[]): string[] {
  const rest = new Map(expected.map((summary) => [summary.route, JSON.stringify(summary)]));
  const differing: string[] = [];
  for (const summary of actual) {
    if (rest.get(summary.route) !== JSON.stringify(summary)) differing.push(summary.route);
    rest.delete(summary.route);
  }
  return [...differing, ...rest.keys()].sort();
}
