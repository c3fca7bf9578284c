// How often a repeated test repeats. The ordinary suite takes the number the test names; a long suite
// (`pnpm test:fuzz`, `test:crash`, `test:simulation`) multiplies it through TIDEMARK_RUNS.

/** The name of the suite that is running: `default`, `long`, `crash`, `fuzz` or `simulation`. */
export function testSuite(): string {
  return process.env['TIDEMARK_SUITE'] ?? 'default';
}

/**
 * How many times to repeat a test that repeats itself.
 *
 * @param ordinary - The count in the ordinary suite, at least 1.
 */
export function testRuns(ordinary: number): number {
  const factor = Number(process.env['TIDEMARK_RUNS'] ?? '1');
  if (!Number.isFinite(factor) || factor <= 0) throw new RangeError('TIDEMARK_RUNS must be a positive number');
  return Math.max(1, Math.round(ordinary * factor));
}
