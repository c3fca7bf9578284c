// What must always hold, whatever the input: a violation is a defect of the library, not an operating error.

/** Thrown by {@link invariant}. Never caught except to stop the task. */
export class InvariantViolation extends Error {
  override readonly name: string = 'InvariantViolation';
}

/**
 * States what must hold at this point.
 *
 * @throws InvariantViolation when it does not.
 */
export function invariant(condition: unknown, message: string): asserts condition {
  if (!condition) throw new InvariantViolation(`invariant violated: ${message}`);
}
