// What the models run over, as data: every configuration that a backend must hold its promises in. The settings that only
// one backend knows are its variants (model-matrix.ts), which every configuration is crossed with.
//
//   MF1. A configuration says what a run is about; everything else of a run comes from its seed.
//   MF2. Priority queues are not among the states; they have cases of their own.

import type { ModelledKeyType } from './model-keys.js';

/** Which clock the states with time to live go by. */
export type ModelledClocks = 'ProcessingTime' | 'EventTime' | 'both';

/** One sort of run. */
export interface ModelConfiguration {
  /** Unique, and what failures name. */
  readonly id: string;
  /** `keyed-state`: nothing expires, everything is exact. `time-to-live`: what expires, when, and what comes of it. */
  readonly model: 'keyed-state' | 'time-to-live';
  readonly keys: ModelledKeyType;
  readonly numberOfKeyGroups: number;
  /** How many different keys there are at most; one of these. */
  readonly numbersOfKeys: readonly number[];
  /** Numbers of subtasks, at the start, after every restore and where a snapshot is looked into. */
  readonly parallelisms: readonly number[];
  /** Whether most checkpoints are increments. */
  readonly isIncremental: boolean;
  /** Whether about half of the states have namespaces besides the void one. */
  readonly hasNamespaces: boolean;
  /** The clocks of time to live; `none` where no state has any. */
  readonly clocks: ModelledClocks | 'none';
}

const KEY_TYPES: readonly ModelledKeyType[] = ['int32', 'safeInteger', 'string', 'struct'];
const FEW = [3, 12, 40];

function keyedState(isIncremental: boolean): ModelConfiguration[] {
  return KEY_TYPES.flatMap((keys, index) =>
    (['none', 'both'] as const).map((clocks) => ({
      id: `keyed-state/${keys}/${isIncremental ? 'increments' : 'full'}/time-to-live ${clocks}`,
      model: 'keyed-state' as const,
      keys,
      // Few key groups make large tables, many make many small ones.
      numberOfKeyGroups: [16, 4, 1, 7][index] as number,
      numbersOfKeys: FEW,
      parallelisms: [1, 2, 3, 4, 5],
      isIncremental,
      hasNamespaces: true,
      clocks,
    })),
  );
}

function timeToLive(isIncremental: boolean): ModelConfiguration[] {
  return (['ProcessingTime', 'EventTime', 'both'] as const).map((clocks, index) => ({
    id: `time-to-live/${clocks}/${isIncremental ? 'increments' : 'full'}`,
    model: 'time-to-live',
    keys: KEY_TYPES[(index + (isIncremental ? 0 : 2)) % KEY_TYPES.length] as ModelledKeyType,
    numberOfKeyGroups: 5,
    numbersOfKeys: [5],
    parallelisms: [1, 1, 2, 3, 5],
    isIncremental,
    hasNamespaces: true,
    clocks,
  }));
}

/** Every configuration that the models run over. */
export const MODEL_CONFIGURATIONS: readonly ModelConfiguration[] = [
  ...keyedState(true),
  ...keyedState(false),
  ...timeToLive(true),
  ...timeToLive(false),
  {
    id: 'keyed-state/void namespace only, one key group',
    model: 'keyed-state',
    keys: 'int32',
    numberOfKeyGroups: 1,
    numbersOfKeys: [1, 5, 150],
    parallelisms: [1],
    isIncremental: true,
    hasNamespaces: false,
    clocks: 'none',
  },
  {
    id: 'keyed-state/128 key groups, up to 128 subtasks',
    model: 'keyed-state',
    keys: 'safeInteger',
    numberOfKeyGroups: 128,
    numbersOfKeys: [40, 150],
    parallelisms: [1, 2, 3, 4, 5, 5, 128],
    isIncremental: true,
    hasNamespaces: false,
    clocks: 'both',
  },
];
