// The one entry to the models: runs them over every configuration and every variant of a backend, and says what it takes
// to see a failure again.
//
//   MM1. The seed alone says which configuration and which variant a run takes, and everything that happens in it.
//   MM2. A failure names seed, configuration and variant, lists the fewest actions found that still fail, and says how to
//        replay it.

import type { ConfigurationSource } from '@tidemark/state-core';
import type { StateBackend } from '@tidemark/state-core/spi';
import { ConformanceFailure } from '../conformance/assertions.js';
import { SeededRandom } from '../fault/seeded-random.js';
import { StateBackendHarness } from '../state-backend-cases/state-backend-harness.js';
import { KeyedStateModel } from './keyed-state-model.js';
import { MODEL_CONFIGURATIONS, type ModelConfiguration } from './model-configuration.js';
import type { ModelContext, ModelRun } from './model-run.js';
import { fewestThatFail } from './shrink.js';
import { TtlModel } from './ttl-model.js';

/** A backend in one of the ways in which it can be set up. */
export interface ModelledBackend {
  /** Unique among the variants. */
  readonly name: string;
  /** Makes a fresh backend for every run. */
  create(): StateBackend;
  /** What keyed backends are configured with. */
  readonly config?: ConfigurationSource;
  /** Whether values pass without copies, as `state.object-reuse` in `config` says. Default false. */
  readonly isReusing?: boolean;
  /** Whether `numKeyValueStateEntries()` counts the entries of maps one by one. Default false. */
  readonly countsMapEntries?: boolean;
}

/** What {@link runModels} is given. */
export interface ModelMatrix {
  readonly variants: readonly ModelledBackend[];
  /** How many runs; each takes the next seed. At least 1. */
  readonly runs: number;
  /** Seed of the first run: a whole number from 0. */
  readonly firstSeed: number;
  /** What a failure tells to write before the seed in order to replay it. */
  readonly replay: (seed: number) => string;
  /** Default: {@link MODEL_CONFIGURATIONS}. */
  readonly configurations?: readonly ModelConfiguration[];
}

/** What was run. */
export interface ModelRuns {
  readonly runs: number;
  /** How many pairs of configuration and variant. */
  readonly configurations: number;
  readonly firstSeed: number;
  readonly lastSeed: number;
}

const MODELS: Readonly<Record<ModelConfiguration['model'], new (context: ModelContext) => ModelRun>> = {
  'keyed-state': KeyedStateModel,
  'time-to-live': TtlModel,
};

/** The usual lengths of a run in actions, and the one that comes once in a while. */
const LENGTHS = [40, 100, 100, 250];
const LONG = 1500;
const LONG_CHANCE = 0.015;
const SHRINK_ATTEMPTS = 400;

/**
 * Runs the models with as many seeds as it is told, over all configurations and variants together.
 *
 * @throws ConformanceFailure at the first run in which the backend and a model come apart.
 * @throws RangeError for less than one run, no variants or a seed that is no whole number from 0.
 * @example
 * const runs = await runModels({
 *   variants: [{ name: 'async', create: () => new HashMapStateBackend() }],
 *   runs: 2000,
 *   firstSeed: 1,
 *   replay: (seed) => `TIDEMARK_SEED=${seed} pnpm vitest run model`,
 * });
 */
export async function runModels(matrix: ModelMatrix): Promise<ModelRuns> {
  const { runs, firstSeed, variants, configurations = MODEL_CONFIGURATIONS } = matrix;
  if (!Number.isSafeInteger(runs) || runs < 1) throw new RangeError(`runs is a whole number from 1, not ${runs}`);
  if (!Number.isSafeInteger(firstSeed) || firstSeed < 0)
    throw new RangeError(`firstSeed is a whole number from 0, not ${firstSeed}`);
  const pairs = variants.flatMap((variant) => configurations.map((configuration) => ({ variant, configuration })));
  if (pairs.length === 0) throw new RangeError('there is nothing to run: name at least one variant of the backend');
  for (let seed = firstSeed; seed < firstSeed + runs; seed++) {
    const run = new SeededRun(seed, pairs[seed % pairs.length] as Pair);
    const error = await run.attempt();
    if (error !== undefined) throw await run.failure(error, matrix.replay);
  }
  return { runs, configurations: pairs.length, firstSeed, lastSeed: firstSeed + runs - 1 };
}

/** One line about what was run. */
export function describeModelRuns({ runs, configurations, firstSeed, lastSeed }: ModelRuns): string {
  return `${runs} seeded runs over ${configurations} configurations, seeds ${firstSeed}..${lastSeed}`;
}

interface Pair {
  readonly variant: ModelledBackend;
  readonly configuration: ModelConfiguration;
}

class SeededRun {
  constructor(
    private readonly seed: number,
    private readonly pair: Pair,
  ) {}

  /** How many actions the run has. */
  get length(): number {
    const random = new SeededRandom(mixed(this.seed, 'length'));
    return random.chance(LONG_CHANCE) ? LONG : random.pick(LENGTHS);
  }

  /** Does the actions, or those of these numbers; the error, if one comes. */
  async attempt(kept?: readonly number[], notes?: string[]): Promise<unknown> {
    const { variant, configuration } = this.pair;
    const random = new SeededRandom(this.seed);
    const harness = new StateBackendHarness(variant.create());
    let error: unknown;
    try {
      const run = new MODELS[configuration.model]({
        harness,
        configuration,
        config: variant.config ?? {},
        isReusing: variant.isReusing ?? false,
        countsMapEntries: variant.countsMapEntries ?? false,
        random,
        note: (what) => void notes?.push(what()),
      });
      await run.start();
      for (const action of kept ?? Array.from({ length: this.length }, (_, index) => index)) {
        random.restart(mixed(this.seed, action));
        await run.act();
      }
      random.restart(mixed(this.seed, 'end'));
      await run.end();
    } catch (thrown) {
      error = thrown ?? new Error('undefined was thrown');
    }
    try {
      await harness.close();
    } catch (thrown) {
      error ??= thrown;
    }
    return error;
  }

  /** What to report about a run that failed. */
  async failure(error: unknown, replay: ModelMatrix['replay']): Promise<ConformanceFailure> {
    const { variant, configuration } = this.pair;
    const all = Array.from({ length: this.length }, (_, index) => index);
    const fails = async (kept: readonly number[]) => (await this.attempt(kept)) !== undefined;
    const kept = await fewestThatFail(all, fails, SHRINK_ATTEMPTS);
    const notes: string[] = [];
    const last = (await this.attempt(kept, notes)) ?? error;
    const lines = [
      `seed ${this.seed}, configuration '${configuration.id}', variant '${variant.name}': ${messageOf(error)}`,
      `replay: ${replay(this.seed)}`,
      `the fewest actions found that fail (${kept.length} of ${all.length}), with: ${messageOf(last)}`,
      ...notes.map((note) => `  ${note}`),
    ];
    return new ConformanceFailure(lines.join('\n'), undefined, undefined, error);
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** A seed of its own for each part of a run. */
function mixed(seed: number, part: number | 'length' | 'end'): number {
  const number = part === 'length' ? -1 : part === 'end' ? -2 : part;
  return Math.imul(seed ^ 0x5bd1e995, 0x9e3779b1) ^ Math.imul(number + 0x7f4a7c15, 0x85ebca6b);
}
