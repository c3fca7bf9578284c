import { describe, expect, test } from 'vitest';
import { CheckpointingOptions } from '../../src/config/checkpointing-options.js';
import {
  booleanOption,
  type ConfigOption,
  durationOption,
  integerOption,
  listOption,
  memorySizeOption,
  numberOption,
  stringOption,
} from '../../src/config/config-option.js';
import { Configuration } from '../../src/config/configuration.js';
import { CORE_OPTIONS } from '../../src/config/core-options.js';
import { TaskManagerOptions } from '../../src/config/managed-memory-options.js';
import { PipelineOptions } from '../../src/config/pipeline-options.js';
import { StateBackendOptions } from '../../src/config/state-backend-options.js';
import { StateRecoveryOptions } from '../../src/config/state-recovery-options.js';
import { isStateError, type StateError } from '../../src/error/state-error.js';

const { STATE_BACKEND } = StateBackendOptions;

function errorOf(run: () => unknown): StateError {
  try {
    run();
  } catch (error) {
    if (isStateError(error)) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}

describe('reading', () => {
  test('an empty configuration has the defaults, and undefined where there is none', () => {
    const config = new Configuration();
    expect(config.get(STATE_BACKEND)).toBe('hashmap');
    expect(config.get(CheckpointingOptions.MAX_RETAINED_CHECKPOINTS)).toBe(1);
    expect(config.getOptional(CheckpointingOptions.MAX_RETAINED_CHECKPOINTS)).toBeUndefined();
    expect(config.get(CheckpointingOptions.CHECKPOINTING_TIMEOUT)).toBe(600_000);
    expect(config.get(CheckpointingOptions.FS_SMALL_FILE_THRESHOLD)).toBe(20_480);
    expect(config.get(CheckpointingOptions.FS_WRITE_BUFFER_SIZE)).toBe(4_096);
    expect(config.get(CheckpointingOptions.CHECKPOINTING_CONSISTENCY_MODE)).toBe('EXACTLY_ONCE');
    expect(config.get(CheckpointingOptions.CHECKPOINT_STORAGE)).toBeUndefined();
    expect(config.contains(STATE_BACKEND)).toBe(false);
  });

  test.each([
    ['flat', { 'state.backend.type': 'lmdb' }],
    ['flat, short', { 'state.backend': 'lmdb' }],
    ['nested', { state: { backend: { type: 'lmdb' } } }],
    ['nested, short', { state: { backend: 'lmdb' } }],
    ['mixed', { 'state.backend': { type: 'lmdb' } }],
    ['mixed the other way', { state: { 'backend.type': 'lmdb' } }],
    [
      'short beside options of the backend',
      { 'state.backend': 'lmdb', state: { backend: { lmdb: { size: '1 gb' } } } },
    ],
  ])('%s keys', (_, source) => {
    const config = Configuration.from(source);
    expect(config.get(STATE_BACKEND)).toBe('lmdb');
    expect(config.contains(STATE_BACKEND)).toBe(true);
  });

  test('text is enough for every type, as in variables of the environment', () => {
    const config = Configuration.from({
      'a.boolean': 'TRUE',
      'a.integer': ' 42 ',
      'a.number': '0.5',
      'a.duration': '2 s',
      'a.size': '3 kb',
      'a.list': 'x; y;',
      'execution.checkpointing.mode': 'at-least-once',
    });
    const key = (name: string) => ({ key: `a.${name}`, description: '' });
    expect(config.get(booleanOption(key('boolean')))).toBe(true);
    expect(config.get(integerOption(key('integer')))).toBe(42);
    expect(config.get(numberOption(key('number')))).toBe(0.5);
    expect(config.get(durationOption(key('duration')))).toBe(2_000);
    expect(config.get(memorySizeOption(key('size')))).toBe(3_072);
    expect(config.get(listOption(key('list')))).toEqual(['x', 'y']);
    expect(config.get(CheckpointingOptions.CHECKPOINTING_CONSISTENCY_MODE)).toBe('AT_LEAST_ONCE');
  });

  test('numbers are ms and bytes, lists are lists, a number is good enough for text', () => {
    const config = Configuration.from({ a: { duration: 90, size: 10n, list: ['x', 1], text: 7 } });
    const key = (name: string) => ({ key: `a.${name}`, description: '' });
    expect(config.get(durationOption(key('duration')))).toBe(90);
    expect(config.get(memorySizeOption(key('size')))).toBe(10);
    expect(config.get(listOption(key('list')))).toEqual(['x', '1']);
    expect(config.get(stringOption(key('text')))).toBe('7');
  });
});

describe('values that cannot be', () => {
  const within = { 'execution.checkpointing.interval': '5 ms' };

  test('config-value-invalid names option, unit, allowed values and where it stands', () => {
    const config = Configuration.from(within, { origin: 'tidemark.yaml' });
    const error = errorOf(() => config.get(CheckpointingOptions.CHECKPOINTING_INTERVAL));
    expect(error.code).toBe('config-value-invalid');
    expect(error.kind).toBe('configure');
    expect(error.message).toBe(
      'execution.checkpointing.interval cannot be "5 ms": it is too small; expected a duration: a number of ms, or text with one number and one unit (ns, us, ms, s, min, h, d) such as \'10 min\', at least 10 ms. It stands in: tidemark.yaml',
    );
    expect(error.details).toMatchObject({
      option: 'execution.checkpointing.interval',
      unit: 'ms',
      minimum: 10,
      origin: 'tidemark.yaml',
    });
  });

  test.each([
    ['taskmanager.memory.managed.size', '-1 mb', 'cannot be "-1 mb": it is negative'],
    ['execution.checkpointing.timeout', '-5 s', 'cannot be "-5 s": it is negative'],
    ['execution.checkpointing.num-retained', Number.NaN, 'cannot be "NaN"'],
  ])('%s: %o is shown as it was written', (key, value, message) => {
    const options = [
      TaskManagerOptions.MANAGED_MEMORY_SIZE,
      CheckpointingOptions.CHECKPOINTING_TIMEOUT,
      CheckpointingOptions.MAX_RETAINED_CHECKPOINTS,
    ];
    const option = options.find((candidate) => candidate.key === key);
    const error = errorOf(() => Configuration.from({ [key]: value }).get(option as ConfigOption<unknown>));
    expect(error.message).toContain(message);
  });

  test('an alias is named together with the option it means', () => {
    const config = Configuration.from({ 'state.checkpoints.num-retained': 'many' });
    const error = errorOf(() => config.get(CheckpointingOptions.MAX_RETAINED_CHECKPOINTS));
    expect(error.message).toContain(
      'state.checkpoints.num-retained (another name of execution.checkpointing.num-retained)',
    );
    expect(error.message).toContain('a whole number of checkpoints, at least 1');
  });

  test('the words of an enumeration are listed', () => {
    const config = Configuration.from({ 'execution.state-recovery.claim-mode': 'LEGACY' });
    const error = errorOf(() => config.get(StateRecoveryOptions.RESTORE_MODE));
    expect(error.message).toContain('one of NO_CLAIM, CLAIM');
    expect(error.details.allowedValues).toEqual(['NO_CLAIM', 'CLAIM']);
  });

  test.each([
    ['execution.checkpointing.interval', '5 miles'],
    ['execution.checkpointing.interval', 9],
    ['execution.checkpointing.timeout', '9 ms'],
    ['execution.checkpointing.min-pause', 'PT-1S'],
    ['execution.checkpointing.min-pause', true],
    ['execution.checkpointing.max-concurrent-checkpoints', 0],
    ['execution.checkpointing.tolerable-failed-checkpoints', -1],
    ['execution.checkpointing.num-retained', 0],
    ['execution.checkpointing.num-retained', 1.5],
    ['execution.checkpointing.num-retained', ''],
    ['execution.checkpointing.data-inline-threshold', '2 mb'],
    ['execution.checkpointing.data-inline-threshold', -1],
    ['execution.checkpointing.incremental', 'yes'],
    ['execution.checkpointing.dir', '  '],
    ['execution.checkpointing.dir', ['a', 'b']],
    ['execution.checkpointing.dir', true],
    ['pipeline.max-parallelism', 32_769],
    ['pipeline.max-parallelism', '9007199254740993'],
  ])('%s: %j', (key, value) => {
    const config = Configuration.from({ [key]: value });
    const [option] = CORE_OPTIONS.filter((candidate) => candidate.key === key);
    expect(option).toBeDefined();
    expect(errorOf(() => option && config.get(option)).code).toBe('config-value-invalid');
  });

  test.each([
    ['null', { state: { backend: null } }],
    ['a class instance', { state: { backend: new Date(0) } }],
    ['a list of sections', { state: { backend: [{}] } }],
    ['a function', { state: { backend: () => 1 } }],
  ])('%s is refused where it stands', (_, source) => {
    const error = errorOf(() => Configuration.from(source as never));
    expect(error.code).toBe('config-value-invalid');
    expect(error.message).toContain('state.backend');
  });

  test('a cycle ends in an error, not in a full stack', () => {
    const source: Record<string, unknown> = {};
    source.a = source;
    expect(errorOf(() => Configuration.from(source as never)).code).toBe('config-value-invalid');
  });

  test('the same key nested and flat with different values is ambiguous', () => {
    const error = errorOf(() => Configuration.from({ 'state.backend': 'lmdb', state: { backend: 'hashmap' } }));
    expect(error.message).toContain("'lmdb'");
    expect(error.message).toContain("'hashmap'");
    expect(Configuration.from({ 'state.backend': 'lmdb', state: { backend: 'lmdb' } }).get(STATE_BACKEND)).toBe('lmdb');
  });

  test('a key from hostile input stays a key', () => {
    const config = Configuration.from(JSON.parse('{"__proto__": {"polluted": true}, "constructor": {"x": 1}}'));
    expect(config.keys()).toEqual(['__proto__.polluted', 'constructor.x']);
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
    expect(Object.keys(config.toObject())).toEqual(['__proto__.polluted', 'constructor.x']);
  });
});

describe('which key wins', () => {
  test('C1: in one layer the own key wins over the fallback key, as in Flink', () => {
    const config = Configuration.from({ 'state.backend': 'hashmap', 'state.backend.type': 'lmdb' });
    expect(config.get(STATE_BACKEND)).toBe('lmdb');
  });

  test('C1: in one layer the own key wins over deprecated keys', () => {
    const config = Configuration.from({ 'state.checkpoints.dir': 'old', 'execution.checkpointing.dir': 'new' });
    expect(config.get(CheckpointingOptions.CHECKPOINTS_DIRECTORY)).toBe('new');
  });

  test('C1: deprecated keys are read in their order', () => {
    const config = Configuration.from({ 'state.backend.fs.checkpointdir': 'oldest', 'state.checkpoints.dir': 'old' });
    expect(config.get(CheckpointingOptions.CHECKPOINTS_DIRECTORY)).toBe('old');
  });

  test('C1: a higher layer wins under any of its keys', () => {
    const file = Configuration.from({ 'state.backend.type': 'lmdb', 'execution.checkpointing.dir': 'of-file' });
    const environment = Configuration.from({ 'state.backend': 'hashmap', 'state.checkpoints.dir': 'of-environment' });
    const config = environment.withFallback(file);
    expect(config.get(STATE_BACKEND)).toBe('hashmap');
    expect(config.get(CheckpointingOptions.CHECKPOINTS_DIRECTORY)).toBe('of-environment');
  });

  test('code over environment over file over default', () => {
    const file = Configuration.from({
      'state.backend': 'a',
      'execution.checkpointing.dir': 'a',
      'state.object-reuse': true,
    });
    const environment = Configuration.from({ 'state.backend': 'b', 'execution.checkpointing.dir': 'b' });
    const code = Configuration.from({ 'state.backend': 'c' });
    const config = code.withFallback(environment).withFallback(file);
    expect(config.get(STATE_BACKEND)).toBe('c');
    expect(config.get(CheckpointingOptions.CHECKPOINTS_DIRECTORY)).toBe('b');
    expect(config.keys()).toEqual(['execution.checkpointing.dir', 'state.backend', 'state.object-reuse']);
    expect(config.find(CheckpointingOptions.CHECKPOINTS_DIRECTORY)?.origin).toBe('code');
  });

  test('toObject reads the same as the layers', () => {
    const file = Configuration.from({ 'state.backend.type': 'lmdb', 'x.y': 1 });
    const config = Configuration.from({ 'state.backend': 'hashmap' }).withFallback(file);
    expect(config.toObject()).toEqual({ 'state.backend': 'hashmap', 'x.y': 1 });
    expect(Configuration.from(config.toObject()).get(STATE_BACKEND)).toBe('hashmap');
  });
});

describe('set', () => {
  test('changes this object and returns it', () => {
    const config = new Configuration();
    expect(config.set(STATE_BACKEND, 'lmdb')).toBe(config);
    expect(config.get(STATE_BACKEND)).toBe('lmdb');
  });

  test('replaces what stood there under another key', () => {
    const config = Configuration.from({ 'state.checkpoints.dir': 'old' });
    config.set(CheckpointingOptions.CHECKPOINTS_DIRECTORY, 'new');
    expect(config.toObject()).toEqual({ 'execution.checkpointing.dir': 'new' });
  });

  test('refuses what is no value of the option and changes nothing', () => {
    const config = new Configuration().set(PipelineOptions.MAX_PARALLELISM, 128);
    expect(errorOf(() => config.set(PipelineOptions.MAX_PARALLELISM, 0)).code).toBe('config-value-invalid');
    expect(config.get(PipelineOptions.MAX_PARALLELISM)).toBe(128);
  });

  test('C2: neither clones nor merged configurations see it', () => {
    const config = new Configuration();
    const lower = Configuration.from({ 'state.backend': 'a' });
    const merged = config.withFallback(lower);
    const clone = config.clone();
    config.set(STATE_BACKEND, 'b');
    lower.set(STATE_BACKEND, 'c');
    expect(merged.get(STATE_BACKEND)).toBe('a');
    expect(clone.get(STATE_BACKEND)).toBe('hashmap');
    merged.set(STATE_BACKEND, 'd');
    expect(lower.get(STATE_BACKEND)).toBe('c');
  });
});

test('option definitions refuse what could never be read', () => {
  expect(() => stringOption({ key: 'nodot', description: '' })).toThrow(TypeError);
  expect(() => stringOption({ key: 'Upper.Case', description: '' })).toThrow(TypeError);
  expect(() => integerOption({ key: 'a.b', description: '', defaultValue: 0, minimum: 1 })).toThrow(RangeError);
  expect(() => memorySizeOption({ key: 'a.b', description: '', defaultValue: '2 mb', maximum: '1 mb' })).toThrow(
    RangeError,
  );
});
