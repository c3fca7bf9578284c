import { isStateError, type StateError } from '@tidemark/state-core';

/** The error that a call of ours throws; nothing where it throws none. */
export function failureOf(run: () => void): StateError | undefined {
  try {
    run();
    return undefined;
  } catch (error) {
    if (!isStateError(error)) throw error;
    return error;
  }
}
