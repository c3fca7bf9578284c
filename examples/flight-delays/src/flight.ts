// One flight, as the columns of the file give it.

/** A domestic flight of the first half of 2001. */
export interface Flight {
  /** Scheduled departure in milliseconds since 1970; the local time of the file taken as UTC. */
  readonly departureMs: number;
  /** Delay on arrival in minutes; negative when early. */
  readonly delayMinutes: number;
  readonly origin: string;
  readonly destination: string;
}

/** What flights are keyed by. */
export function routeOf(flight: Flight): string {
  return `${flight.origin}-${flight.destination}`;
}

/** The days as `Date.getUTCDay` counts them. */
export const WEEKDAYS: readonly string[] = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];
