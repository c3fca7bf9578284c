// The options of the state backend, under the names of Flink's constants.

import { booleanOption, type ConfigOptionWithDefault, integerOption, stringOption } from './config-option.js';

/** Which state backend, and how its calls are measured. Options of one backend live in that backend's package. */
export const StateBackendOptions: {
  readonly STATE_BACKEND: ConfigOptionWithDefault<string>;
  readonly LATENCY_TRACK_ENABLED: ConfigOptionWithDefault<boolean>;
  readonly LATENCY_TRACK_SAMPLE_INTERVAL: ConfigOptionWithDefault<number>;
  readonly LATENCY_TRACK_HISTORY_SIZE: ConfigOptionWithDefault<number>;
  readonly LATENCY_TRACK_STATE_NAME_AS_VARIABLE: ConfigOptionWithDefault<boolean>;
  readonly SIZE_TRACK_ENABLED: ConfigOptionWithDefault<boolean>;
  readonly SIZE_TRACK_SAMPLE_INTERVAL: ConfigOptionWithDefault<number>;
  readonly SIZE_TRACK_HISTORY_SIZE: ConfigOptionWithDefault<number>;
  readonly SIZE_TRACK_STATE_NAME_AS_VARIABLE: ConfigOptionWithDefault<boolean>;
} = {
  STATE_BACKEND: stringOption({
    key: 'state.backend.type',
    fallbackKeys: ['state.backend'],
    defaultValue: 'hashmap',
    description:
      'The state backend: a short name (hashmap, lmdb, or any word that names a package @tidemark/state-backend-<word>), a package, or a path relative to the configuration file. May be written as state.backend.',
  }),
  LATENCY_TRACK_ENABLED: booleanOption({
    key: 'state.latency-track.keyed-state-enabled',
    deprecatedKeys: ['state.backend.latency-track.keyed-state-enabled'],
    defaultValue: false,
    description: 'Whether the latency of keyed state calls is measured.',
  }),
  LATENCY_TRACK_SAMPLE_INTERVAL: integerOption({
    key: 'state.latency-track.sample-interval',
    deprecatedKeys: ['state.backend.latency-track.sample-interval'],
    defaultValue: 100,
    unit: 'calls',
    minimum: 1,
    description: 'One call out of this many is measured.',
  }),
  LATENCY_TRACK_HISTORY_SIZE: integerOption({
    key: 'state.latency-track.history-size',
    deprecatedKeys: ['state.backend.latency-track.history-size'],
    defaultValue: 128,
    unit: 'samples',
    minimum: 1,
    description: 'How many of the last measured latencies are kept for each state and call.',
  }),
  LATENCY_TRACK_STATE_NAME_AS_VARIABLE: booleanOption({
    key: 'state.latency-track.state-name-as-variable',
    deprecatedKeys: ['state.backend.latency-track.state-name-as-variable'],
    defaultValue: true,
    description: 'Whether latencies are kept apart by the name of the state.',
  }),
  SIZE_TRACK_ENABLED: booleanOption({
    key: 'state.size-track.keyed-state-enabled',
    defaultValue: false,
    description: 'Whether the serialized sizes of what keyed state calls handle are measured.',
  }),
  SIZE_TRACK_SAMPLE_INTERVAL: integerOption({
    key: 'state.size-track.sample-interval',
    defaultValue: 100,
    unit: 'calls',
    minimum: 1,
    description: 'One call out of this many is measured.',
  }),
  SIZE_TRACK_HISTORY_SIZE: integerOption({
    key: 'state.size-track.history-size',
    defaultValue: 128,
    unit: 'samples',
    minimum: 1,
    description: 'How many of the last measured sizes are kept for each state and call.',
  }),
  SIZE_TRACK_STATE_NAME_AS_VARIABLE: booleanOption({
    key: 'state.size-track.state-name-as-variable',
    defaultValue: true,
    description: 'Whether sizes are kept apart by the name of the state.',
  }),
};
