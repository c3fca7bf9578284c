// Durations as Flink writes them: one whole number and one unit, or ISO-8601.
//
// Owns: both directions between text and milliseconds.

const NANOSECOND_MS: number = 1e-6;
const SECOND_MS: number = 1_000;
const MINUTE_MS: number = 60 * SECOND_MS;
const HOUR_MS: number = 60 * MINUTE_MS;
const DAY_MS: number = 24 * HOUR_MS;

/** Every unit with its length in milliseconds; the first label of each is the one messages use. */
const UNITS: readonly (readonly [lengthMs: number, labels: readonly string[]])[] = [
  [NANOSECOND_MS, ['ns', 'nano', 'nanos', 'nanosecond', 'nanoseconds']],
  [1e-3, ['us', '\u00b5s', '\u03bcs', 'micro', 'micros', 'microsecond', 'microseconds']],
  [1, ['ms', 'milli', 'millis', 'millisecond', 'milliseconds']],
  [SECOND_MS, ['s', 'sec', 'secs', 'second', 'seconds']],
  [MINUTE_MS, ['min', 'm', 'minute', 'minutes']],
  [HOUR_MS, ['h', 'hour', 'hours']],
  [DAY_MS, ['d', 'day', 'days']],
];

const LENGTH_MS_BY_LABEL: ReadonlyMap<string, number> = new Map(
  UNITS.flatMap(([lengthMs, labels]) => labels.map((label) => [label, lengthMs] as const)),
);

/** The units as messages list them. */
export const DURATION_UNITS: string = UNITS.map(([, labels]) => labels[0]).join(', ');

const NUMBER_AND_UNIT: RegExp = /^([0-9]+)\s*([^0-9].*)?$/s;
const ISO_8601: RegExp =
  /^([-+]?)P(?:([-+]?[0-9]+)D)?(T(?:([-+]?[0-9]+)H)?(?:([-+]?[0-9]+)M)?(?:([-+]?[0-9]+)(?:[.,]([0-9]{0,9}))?S)?)?$/i;

/**
 * Reads a duration: a whole number and a unit (`'10 min'`, `'500ms'`, `'1 d'`), a bare number of milliseconds, or an
 * ISO-8601 duration of days, hours, minutes and seconds (`'PT1H30M'`). Labels are read in any case. Two numbers
 * (`'1 h 30 min'`) are no duration, as in Flink.
 *
 * @returns Milliseconds; a fraction below one millisecond is kept.
 * @throws RangeError with the reason when the text is no duration or is longer than 2^53 ms.
 */
export function parseDuration(text: string): number {
  const trimmed = text.trim();
  const durationMs = /^[-+]?p/i.test(trimmed) ? parseIso8601(trimmed) : parseNumberAndUnit(trimmed);
  if (!Number.isFinite(durationMs) || Math.abs(durationMs) > Number.MAX_SAFE_INTEGER) {
    throw new RangeError('the duration is longer than 2^53 ms');
  }
  return durationMs;
}

/** Writes a duration with the largest unit that gives a whole number: 600000 becomes `'10 min'`. */
export function formatDuration(durationMs: number): string {
  const wholeUnits = UNITS.filter(([lengthMs]) => lengthMs >= 1 && durationMs % lengthMs === 0);
  const [lengthMs, labels] = (durationMs === 0 ? undefined : wholeUnits.at(-1)) ?? [1, ['ms']];
  return `${durationMs / lengthMs} ${labels[0]}`;
}

function parseNumberAndUnit(text: string): number {
  const match = NUMBER_AND_UNIT.exec(text);
  if (match === null)
    throw new RangeError(text.trim().startsWith('-') ? 'it is negative' : 'the text does not start with a number');
  const unit = (match[2] ?? 'ms').trim().toLowerCase();
  const lengthMs = LENGTH_MS_BY_LABEL.get(unit);
  if (lengthMs === undefined) throw new RangeError(`'${unit}' is not a unit of time`);
  const count = Number(match[1]);
  // Dividing keeps '7 us' at 0.007; multiplying by 0.001 would not.
  return lengthMs < 1 ? count / Math.round(1 / lengthMs) : count * lengthMs;
}

function parseIso8601(text: string): number {
  const match = ISO_8601.exec(text);
  const [, sign = '', days, time, hours, minutes, seconds, fraction = ''] = match ?? [];
  const isEmpty = days === undefined && hours === undefined && minutes === undefined && seconds === undefined;
  if (match === null || isEmpty || time?.length === 1) throw new RangeError('the text is not an ISO-8601 duration');
  const fractionMs = Number(fraction.padEnd(9, '0')) / 1e6;
  const durationMs =
    Number(days ?? 0) * DAY_MS +
    Number(hours ?? 0) * HOUR_MS +
    Number(minutes ?? 0) * MINUTE_MS +
    Number(seconds ?? 0) * SECOND_MS +
    (seconds?.startsWith('-') ? -fractionMs : fractionMs);
  return sign === '-' ? -durationMs : durationMs;
}
