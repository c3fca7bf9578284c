// One run of the program: restores what the run before has left, counts on, and ends with a savepoint. Which backend it
// runs on is said by the configuration file and by nothing else.

import { openState, safeInteger, string, struct } from '@tidemark/state';
import { count, summarize, type UserSummary, visitStates } from './visit-states.js';
import { visits } from './visits.js';

/** What a run needs. */
export interface StretchOptions {
  readonly configFile: URL;
  readonly directory: string;
  /** The savepoint to begin with; none the first time. */
  readonly savepoint: string | undefined;
  /** How many visits it counts. */
  readonly visits: number;
}

/** What a run has done. */
export interface Stretch {
  readonly from: number;
  readonly to: number;
  readonly savepoint: string;
  readonly savepointBytes: number;
  readonly users: ReadonlyMap<string, UserSummary>;
}

/** @throws StateError as `openState` and `savepoint()`. */
export async function runStretch(options: StretchOptions): Promise<Stretch> {
  await using state = await openState({
    name: 'visits',
    states: visitStates,
    keySerializer: string,
    attachmentSerializer: struct({ position: safeInteger }),
    configFile: options.configFile,
    config: { 'execution.checkpointing.dir': options.directory },
    restore: options.savepoint ?? 'none',
  });
  const from = state.restored?.attachment?.position ?? 0;
  const to = from + options.visits;
  for (const visit of visits(from, to)) state.withKey(visit.user, (states) => count(visit, states));
  const { externalPointer, stateSizeBytes } = await state.savepoint(options.directory, {
    attachment: { position: to },
  });
  const users = [...state.keys('visits')].map((user) => [user, state.withKey(user, summarize)] as const);
  return { from, to, savepoint: externalPointer, savepointBytes: stateSizeBytes, users: new Map(users) };
}
