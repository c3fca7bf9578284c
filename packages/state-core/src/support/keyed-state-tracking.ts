// Local figures of keyed state: how long its calls take and how large what they handle is. Flink's latency and size
// tracking.
//
// Owns: what is measured and when, and the names of the figures. Leaves the measuring of sizes to state-call-sizes.ts.
//
//   KT1. Without tracking there is no object of this class and no wrapper: a state costs what it costs.
//   KT2. Of each call of each state every N-th is measured, the N-th first. With N = 1 that is every call; in Flink it is
//        none.
//   KT3. A call that fails is not measured and fails as it would.
//   KT4. Latencies are in nanoseconds and without the measuring of sizes.

import type { Clock } from '../ambient/clock.js';
import type { ConfigOptionWithDefault } from '../config/config-option.js';
import type { ReadableConfig } from '../config/readable-config.js';
import { StateBackendOptions } from '../config/state-backend-options.js';
import type { KeySerializer } from '../serialization/type-serializer.js';
import type { MapStateIterator } from '../state/state.js';
import type { KeyContext, StateMetrics } from '../state-backend/keyed-state-backend.js';
import { SampleHistogram } from './sample-histogram.js';
import { StateCallSizes, type TrackedTypes } from './state-call-sizes.js';
import { ITERATOR_NEXT, ITERATOR_REMOVE, TRACKED_OPERATIONS } from './tracked-operations.js';
import { type StateCall, type WatchedCalls, WatchedMapIterator, watchedState } from './tracked-state.js';

/** What {@link KeyedStateTracking.from} takes. */
export interface KeyedStateTrackingParameters<K> {
  readonly config: ReadableConfig;
  readonly clock: Clock;
  readonly keyContext: Pick<KeyContext<K>, 'getCurrentKey'>;
  readonly keySerializer: KeySerializer<K>;
}

const NANOSECONDS_PER_MILLISECOND = 1_000_000;

/**
 * Tracks the keyed states of one backend, as `state.latency-track.*` and `state.size-track.*` say.
 *
 * @example
 * const tracking = KeyedStateTracking.from({ config, clock, keyContext, keySerializer });
 * const forProgram = tracking?.track(state, registration) ?? state;
 * const metrics = { ...own, ...tracking?.metrics() };
 */
export class KeyedStateTracking<K> {
  private readonly parameters: KeyedStateTrackingParameters<K>;
  private readonly latencies: SampledFigures | undefined;
  private readonly sizes: SampledFigures | undefined;

  private constructor(
    parameters: KeyedStateTrackingParameters<K>,
    latencies: SampledFigures | undefined,
    sizes: SampledFigures | undefined,
  ) {
    this.parameters = parameters;
    this.latencies = latencies;
    this.sizes = sizes;
  }

  /**
   * The tracking that a configuration asks for; `undefined` when it asks for none (KT1).
   *
   * @throws StateError `config-value-invalid`.
   */
  static from<K>(parameters: KeyedStateTrackingParameters<K>): KeyedStateTracking<K> | undefined {
    const { config } = parameters;
    const latencies = sampledFigures(config, {
      enabled: StateBackendOptions.LATENCY_TRACK_ENABLED,
      interval: StateBackendOptions.LATENCY_TRACK_SAMPLE_INTERVAL,
      history: StateBackendOptions.LATENCY_TRACK_HISTORY_SIZE,
      byState: StateBackendOptions.LATENCY_TRACK_STATE_NAME_AS_VARIABLE,
    });
    const sizes = sampledFigures(config, {
      enabled: StateBackendOptions.SIZE_TRACK_ENABLED,
      interval: StateBackendOptions.SIZE_TRACK_SAMPLE_INTERVAL,
      history: StateBackendOptions.SIZE_TRACK_HISTORY_SIZE,
      byState: StateBackendOptions.SIZE_TRACK_STATE_NAME_AS_VARIABLE,
    });
    return latencies === undefined && sizes === undefined
      ? undefined
      : new KeyedStateTracking(parameters, latencies, sizes);
  }

  /** The state that a program gets instead: the same, tracked. Called once for each state. */
  track<S extends object>(state: S, types: TrackedTypes): S {
    let tracked = state;
    if (this.latencies !== undefined) tracked = watchedState(tracked, this.latencyCalls(types, this.latencies));
    if (this.sizes !== undefined) tracked = watchedState(tracked, this.sizeCalls(state, types, this.sizes));
    return tracked;
  }

  /**
   * The figures so far: `<state>.<figure>.count`, `.p50`, `.p95`, `.p99` and `.max`, latencies in nanoseconds, sizes in
   * bytes; without `<state>.` where states are not kept apart. What was never measured is left out.
   */
  metrics(): StateMetrics {
    return { ...this.latencies?.metrics('latencySampleInterval'), ...this.sizes?.metrics('sizeSampleInterval') };
  }

  private latencyCalls({ kind, name: stateName }: TrackedTypes, figures: SampledFigures): WatchedCalls {
    const { clock } = this.parameters;
    const timed = (figure: string): Sampler => {
      const histogram = figures.histogram(stateName, `${figure}Latency`);
      return figures.sampler((call, a, b) => {
        const startMs = clock.monotonicMs();
        const result = call(a, b);
        histogram.add(Math.round((clock.monotonicMs() - startMs) * NANOSECONDS_PER_MILLISECOND));
        return result;
      });
    };
    const next = timed(ITERATOR_NEXT);
    const remove = timed(ITERATOR_REMOVE);
    const calls = new Map<string | symbol, (call: StateCall) => StateCall>();
    for (const { method, name, iterates } of TRACKED_OPERATIONS[kind]) {
      const sample = timed(name);
      calls.set(method, (call) =>
        iterates === true
          ? () => new WatchedMapIterator(sample(call) as MapStateIterator<unknown, unknown>, next, remove)
          : (a, b) => sample(call, a, b),
      );
    }
    return calls;
  }

  private sizeCalls(state: object, types: TrackedTypes, figures: SampledFigures): WatchedCalls {
    const { keySerializer, keyContext } = this.parameters;
    const stored = (): unknown => (state as { getInternal?(): unknown }).getInternal?.();
    const sizes = new StateCallSizes(keySerializer as KeySerializer<unknown>, keyContext, types, stored);
    const calls = new Map<string | symbol, (call: StateCall) => StateCall>();
    calls.set('setCurrentNamespace', (call) => (namespace) => {
      call(namespace);
      sizes.namespace = namespace;
    });
    for (const operation of TRACKED_OPERATIONS[types.kind]) {
      if (operation.size === undefined) continue;
      const keys = figures.histogram(types.name, `${operation.name}KeySize`);
      const values = figures.histogram(types.name, `${operation.name}ValueSize`);
      const sample = figures.sampler((call, a, b) =>
        sizes.measure(operation, call, a, b, ({ keyBytes, valueBytes }) => {
          if (keyBytes !== undefined) keys.add(keyBytes);
          if (valueBytes !== undefined) values.add(valueBytes);
        }),
      );
      calls.set(operation.method, (call) => (a, b) => sample(call, a, b));
    }
    return calls;
  }
}

/** Makes a call, measured or not. */
type Sampler = (call: StateCall, a?: unknown, b?: unknown) => unknown;

/** The figures of one sort of tracking. */
class SampledFigures {
  private readonly histograms: Map<string, SampleHistogram> = new Map();

  constructor(
    private readonly interval: number,
    private readonly historySize: number,
    private readonly isByState: boolean,
  ) {}

  /** The histogram of a figure: one for each state, or one for all. */
  histogram(stateName: string, figure: string): SampleHistogram {
    const name = this.isByState ? `${stateName}.${figure}` : figure;
    const known = this.histograms.get(name) ?? new SampleHistogram(this.historySize);
    this.histograms.set(name, known);
    return known;
  }

  /** Measures every N-th call (KT2). */
  sampler(measure: Sampler): Sampler {
    const { interval } = this;
    let calls = 0;
    return (call, a, b) => {
      if (++calls < interval) return call(a, b);
      calls = 0;
      return measure(call, a, b);
    };
  }

  metrics(intervalName: string): Record<string, number> {
    const metrics: Record<string, number> = { [intervalName]: this.interval };
    for (const [name, histogram] of this.histograms) {
      if (histogram.count === 0) continue;
      for (const [figure, value] of Object.entries(histogram.figures())) metrics[`${name}.${figure}`] = value;
    }
    return metrics;
  }
}

interface TrackingOptions {
  readonly enabled: ConfigOptionWithDefault<boolean>;
  readonly interval: ConfigOptionWithDefault<number>;
  readonly history: ConfigOptionWithDefault<number>;
  readonly byState: ConfigOptionWithDefault<boolean>;
}

function sampledFigures(config: ReadableConfig, options: TrackingOptions): SampledFigures | undefined {
  if (!config.get(options.enabled)) return undefined;
  return new SampledFigures(config.get(options.interval), config.get(options.history), config.get(options.byState));
}
