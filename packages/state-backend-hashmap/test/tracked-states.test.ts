// Every behaviour again with every call measured: tracking changes nothing that a program can see.

import { Configuration } from '@tidemark/state-core';
import type { StateBackend } from '@tidemark/state-core/spi';
import { stateBackendConformance } from '@tidemark/state-testkit';
import { register } from '@tidemark/state-testkit/vitest';
import { HashMapStateBackend } from '../src/index.js';

const EVERY_CALL = {
  'state.latency-track.keyed-state-enabled': true,
  'state.latency-track.sample-interval': 1,
  'state.size-track.keyed-state-enabled': true,
  'state.size-track.sample-interval': 1,
};

/** The heap backend, told to track whatever else it is told. */
class TrackedStateBackend extends HashMapStateBackend {
  override createKeyedStateBackend: StateBackend['createKeyedStateBackend'] = (parameters) =>
    super.createKeyedStateBackend({
      ...parameters,
      config: (parameters.config as Configuration).withFallback(Configuration.from(EVERY_CALL)),
    });
}

const suite = stateBackendConformance({
  name: 'hashmap with every call measured',
  create: () => new TrackedStateBackend(),
  capabilities: new HashMapStateBackend().capabilities,
});
// FIGURES-01 is about a backend that nobody told to track.
register({ ...suite, cases: suite.cases.filter(({ id }) => id !== 'FIGURES-01') });
