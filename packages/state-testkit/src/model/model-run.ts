// What a run of a model is: a row of actions, each with random numbers of its own, so that some can be left out and the
// others still do the same.

import type { ConfigurationSource } from '@tidemark/state-core';
import type { SeededRandom } from '../fault/seeded-random.js';
import type { StateBackendHarness } from '../state-backend-cases/state-backend-harness.js';
import type { ModelConfiguration } from './model-configuration.js';

/** What a model is given. */
export interface ModelContext {
  readonly harness: StateBackendHarness;
  readonly configuration: ModelConfiguration;
  /** The configuration of the backend. */
  readonly config: ConfigurationSource;
  /** Whether values pass without copies (`state.object-reuse`): the model changes nothing that it handed over. */
  readonly isReusing: boolean;
  /** Whether the entries of maps count one by one in `numKeyValueStateEntries()`. */
  readonly countsMapEntries: boolean;
  readonly random: SeededRandom;
  /** Notes what is done; takes a function so that a run that nobody reads costs nothing. */
  note(what: () => string): void;
}

/** One run of a model. */
export interface ModelRun {
  start(): Promise<void>;
  /** Does one thing at random. @throws ConformanceFailure when the backend and the model come apart. */
  act(): Promise<void>;
  /** Looks at everything once more. */
  end(): Promise<void>;
}
