// What can be wrong with the arguments of openState and of the open state apart from settings: names, shapes, words.
//
//   OA1. An option that nobody knows is refused: a slip in `restoreMode` must not pass as the default.
//   OA2. Objects are known by their shape: they may come from another installed copy of the core.

import type { StateLogger } from '../ambient/logger.js';
import { CheckpointingOptions } from '../config/checkpointing-options.js';
import type { Configuration } from '../config/configuration.js';
import { didYouMean, editDistance } from '../config/key-suggestion.js';

const OPEN_STATE_OPTIONS: readonly string[] = [
  'name',
  'shard',
  'states',
  'keySerializer',
  'config',
  'configFile',
  'maxParallelism',
  'restore',
  'restoreMode',
  'allowNonRestoredState',
  'discard',
  'uid',
  'attachmentSerializer',
  'stateBackend',
  'checkpointStorage',
  'logger',
  'signal',
];

const SNAPSHOT_OPTIONS: readonly string[] = ['attachment', 'rewriteSchemas', 'signal'];

/** Settings that a job has a use for and a program with its own loop has not, and why. */
const UNUSED_SETTINGS: readonly (readonly [key: string, isSet: (config: Configuration) => boolean, why: string])[] = [
  [
    CheckpointingOptions.CHECKPOINTING_INTERVAL.key,
    (config) => config.contains(CheckpointingOptions.CHECKPOINTING_INTERVAL),
    'it takes a checkpoint whenever the program calls checkpoint()',
  ],
  [
    CheckpointingOptions.SNAPSHOT_COMPRESSION.key,
    (config) => config.get(CheckpointingOptions.SNAPSHOT_COMPRESSION),
    'this version writes snapshots without compression',
  ],
];

/** @throws TypeError for options that are no object, of an unknown name, or not of the shape that is needed. */
export function checkOpenStateOptions(options: object): void {
  checkOptionNames('openState', options, OPEN_STATE_OPTIONS);
  const { stateBackend, checkpointStorage, restoreMode, logger } = options as Readonly<Record<string, unknown>>;
  checkService(
    'stateBackend',
    stateBackend,
    ['createKeyedStateBackend', 'createOperatorStateBackend'],
    'state.backend',
  );
  checkService(
    'checkpointStorage',
    checkpointStorage,
    ['createCoordinatorView', 'createWorkerView'],
    'execution.checkpointing.storage',
  );
  if (restoreMode !== undefined && restoreMode !== 'CLAIM' && restoreMode !== 'NO_CLAIM') {
    throw new TypeError(`restoreMode is 'NO_CLAIM' or 'CLAIM', not ${shown(restoreMode)}`);
  }
  if (logger !== undefined && typeof (logger as Partial<StateLogger> | null)?.warn !== 'function') {
    throw new TypeError('logger has a method warn(code, message, details), and may have info(code, message, details)');
  }
}

/** @throws TypeError for options of `checkpoint()` or `savepoint()` of an unknown name, and for a target that is no text. */
export function checkSnapshotArguments(kind: 'checkpoint' | 'savepoint', options: object, target?: unknown): void {
  if (target !== undefined && typeof target !== 'string') {
    throw new TypeError(`savepoint(target, options): target is a path or a URI, not ${shown(target)}`);
  }
  checkOptionNames(`${kind}()`, options, SNAPSHOT_OPTIONS);
  const { rewriteSchemas } = options as { readonly rewriteSchemas?: unknown };
  if (rewriteSchemas !== undefined && typeof rewriteSchemas !== 'boolean') {
    throw new TypeError(`${kind}(): rewriteSchemas is true or false, not ${shown(rewriteSchemas)}`);
  }
}

/** A logger with both methods of one that may have `warn` alone. */
export function completeLogger(logger: StateLogger): StateLogger {
  if (typeof logger.info === 'function') return logger;
  return { warn: (code, message, details) => logger.warn(code, message, details), info() {} };
}

/** Warns about settings that are given and have no effect here. */
export function warnOfUnusedSettings(config: Configuration, logger: StateLogger): void {
  for (const [key, isSet, why] of UNUSED_SETTINGS) {
    if (!isSet(config)) continue;
    logger.warn('config-option-unused', `${key} is not used by openState: ${why}`, { key });
  }
}

function checkOptionNames(subject: string, options: unknown, known: readonly string[]): void {
  if (typeof options !== 'object' || options === null) {
    throw new TypeError(`${subject} takes an object of options: ${known.join(', ')}; not ${shown(options)}`);
  }
  for (const name of Object.keys(options)) {
    if (known.includes(name)) continue;
    const near = known.filter((candidate) => editDistance(name.toLowerCase(), candidate.toLowerCase()) <= 2);
    throw new TypeError(`${subject} has no option '${name}'${didYouMean(near) || `; it has ${known.join(', ')}`}`);
  }
}

function checkService(option: string, service: unknown, methods: readonly string[], key: string): void {
  if (service === undefined) return;
  const isObject = typeof service === 'object' && service !== null;
  if (isObject && methods.every((method) => typeof (service as Record<string, unknown>)[method] === 'function')) return;
  throw new TypeError(
    `${option} is an object made in code, with ${methods.join(' and ')}, not ${shown(service)}; to choose one by name write config: { '${key}': … }`,
  );
}

function shown(value: unknown): string {
  return typeof value === 'string' ? `'${value}'` : value === null ? 'null' : `a value of type ${typeof value}`;
}
