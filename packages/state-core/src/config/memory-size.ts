// Sizes as Flink writes them: one whole number and one binary unit.
//
// Owns: both directions between text and bytes.

const UNITS: readonly (readonly [bytes: number, labels: readonly string[]])[] = [
  [1, ['b', 'bytes']],
  [1024, ['kb', 'k', 'kibibytes']],
  [1024 ** 2, ['mb', 'm', 'mebibytes']],
  [1024 ** 3, ['gb', 'g', 'gibibytes']],
  [1024 ** 4, ['tb', 't', 'tebibytes']],
];

const BYTES_BY_LABEL: ReadonlyMap<string, number> = new Map(
  UNITS.flatMap(([bytes, labels]) => labels.map((label) => [label, bytes] as const)),
);

/** The units as messages list them. */
export const MEMORY_SIZE_UNITS: string = UNITS.map(([, labels]) => labels[0]).join(', ');

const NUMBER_AND_UNIT: RegExp = /^([0-9]+)\s*([^0-9].*)?$/s;

/**
 * Reads a size: a whole number and a unit (`'20 kb'`, `'5mb'`, `'1 gibibytes'`), or a bare number of bytes. A kilobyte
 * is 1024 bytes. Labels are read in any case.
 *
 * @returns Bytes.
 * @throws RangeError with the reason when the text is no size or is larger than 2^53 - 1 bytes.
 */
export function parseMemorySize(text: string): number {
  const match = NUMBER_AND_UNIT.exec(text.trim());
  if (match === null)
    throw new RangeError(text.trim().startsWith('-') ? 'it is negative' : 'the text does not start with a number');
  const unit = (match[2] ?? 'b').trim().toLowerCase();
  const bytesPerUnit = BYTES_BY_LABEL.get(unit);
  if (bytesPerUnit === undefined) throw new RangeError(`'${unit}' is not a unit of size`);
  const sizeBytes = Number(match[1]) * bytesPerUnit;
  if (!Number.isSafeInteger(sizeBytes)) throw new RangeError('the size is larger than 2^53 - 1 bytes');
  return sizeBytes;
}

/** Writes a size with the largest unit that gives a whole number: 20480 becomes `'20 kb'`. */
export function formatMemorySize(sizeBytes: number): string {
  const wholeUnits = UNITS.filter(([bytes]) => sizeBytes % bytes === 0);
  const [bytes, labels] = (sizeBytes === 0 ? undefined : wholeUnits.at(-1)) ?? [1, ['b']];
  return `${sizeBytes / bytes} ${labels[0]}`;
}
