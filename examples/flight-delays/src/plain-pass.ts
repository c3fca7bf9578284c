// The same figures by one uninterrupted pass with plain maps and no state backend: what the program must agree with.

import { parentPort, workerData } from 'node:worker_threads';
import { routeOf, WEEKDAYS } from './flight.js';
import { FlightFile } from './flight-file.js';
import { byRoute, DelayTally, RECENT_DELAYS, type RouteSummary } from './route-summary.js';

interface PlainRoute {
  readonly tally: DelayTally;
  readonly recent: number[];
  readonly byWeekday: (number | null)[];
}

/** The summaries of the first `limit` flights, sorted by route. */
export async function plainPass(limit: number): Promise<RouteSummary[]> {
  const routes = new Map<string, PlainRoute>();
  const file = await FlightFile.open();
  for await (const { flights } of file.read(0, limit)) {
    for (const flight of flights) {
      const name = routeOf(flight);
      let route = routes.get(name);
      if (route === undefined) {
        route = { tally: new DelayTally(), recent: [], byWeekday: WEEKDAYS.map(() => null) };
        routes.set(name, route);
      }
      const delay = flight.delayMinutes;
      route.tally.count += 1;
      route.tally.sum += delay;
      route.tally.min = Math.min(route.tally.min, delay);
      route.tally.max = Math.max(route.tally.max, delay);
      route.recent.push(delay);
      if (route.recent.length > RECENT_DELAYS) route.recent.shift();
      const weekday = new Date(flight.departureMs).getUTCDay();
      route.byWeekday[weekday] = (route.byWeekday[weekday] ?? 0) + delay;
    }
  }
  return [...routes]
    .map(([route, { tally, recent, byWeekday }]) => ({
      route,
      ...tally,
      recent,
      byWeekday,
      average: tally.sum / tally.count,
    }))
    .sort(byRoute);
}

// Runs beside the job, on the second core, when it is started as a worker.
const port = parentPort;
if (port !== null) {
  const { limit } = workerData as { limit: number };
  void plainPass(limit).then((summaries) => port.postMessage(summaries));
}
