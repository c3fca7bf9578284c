// What is kept of every route, and how a flight changes it: the stateful program itself.

import {
  AggregatingStateDescriptor,
  float64,
  type Infer,
  int32,
  ListStateDescriptor,
  MapStateDescriptor,
  type StateOf,
  struct,
  ValueStateDescriptor,
} from '@tidemark/state';
import { type Flight, WEEKDAYS } from './flight.js';
import { DelayTally, RECENT_DELAYS, type RouteSummary } from './route-summary.js';

const Summary = struct({ count: int32, sum: int32, min: int32, max: int32 });

const Mean = struct({ count: int32, sum: float64 });
type Mean = Infer<typeof Mean>;

/** The states of a route. */
export const routeStates = {
  /** Count, sum, least and most delay. */
  summary: new ValueStateDescriptor('summary', { type: Summary }),
  /** The last five delays, oldest first. */
  recent: new ListStateDescriptor('recent', { type: int32 }),
  /** Sum of the delays by day of the week. */
  byWeekday: new MapStateDescriptor('by-weekday', { key: int32, value: int32 }),
  /** The running average. */
  average: new AggregatingStateDescriptor<number, Mean, number>('average', {
    type: Mean,
    aggregate: {
      createAccumulator: () => ({ count: 0, sum: 0 }),
      add(delay, mean) {
        mean.count += 1;
        mean.sum += delay;
        return mean;
      },
      getResult: (mean) => mean.sum / mean.count,
      merge: (a, b) => ({ count: a.count + b.count, sum: a.sum + b.sum }),
    },
  }),
};

/** The states of {@link routeStates}, as a handler gets them. */
export type RouteStates = { readonly [Name in keyof typeof routeStates]: StateOf<(typeof routeStates)[Name]> };

/** Adds one flight to the state of its route. */
export function addFlight(flight: Flight, { summary, recent, byWeekday, average }: RouteStates): void {
  const delay = flight.delayMinutes;
  const before = summary.value();
  summary.update(
    before === undefined
      ? { count: 1, sum: delay, min: delay, max: delay }
      : {
          count: before.count + 1,
          sum: before.sum + delay,
          min: Math.min(before.min, delay),
          max: Math.max(before.max, delay),
        },
  );

  const delays = [...recent.get()];
  if (delays.length < RECENT_DELAYS) recent.add(delay);
  else recent.update([...delays.slice(1), delay]);

  const weekday = new Date(flight.departureMs).getUTCDay();
  byWeekday.put(weekday, (byWeekday.get(weekday) ?? 0) + delay);

  average.add(delay);
}

/** Everything that is known of the current route. */
export function summarize(route: string, { summary, recent, byWeekday, average }: RouteStates): RouteSummary {
  const { count, sum, min, max } = summary.value() ?? new DelayTally();
  return {
    route,
    count,
    sum,
    min,
    max,
    recent: [...recent.get()],
    byWeekday: WEEKDAYS.map((_, weekday) => byWeekday.get(weekday) ?? null),
    average: average.get() ?? Number.NaN,
  };
}
