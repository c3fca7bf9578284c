// What the types of options say, checked by tsc.
import { expectTypeOf } from 'vitest';
import { type CheckpointingMode, CheckpointingOptions } from '../../src/config/checkpointing-options.js';
import { type ConfigOption, enumOption, integerOption } from '../../src/config/config-option.js';
import { Configuration } from '../../src/config/configuration.js';
import type { ReadableConfig } from '../../src/config/readable-config.js';
import { StateBackendOptions } from '../../src/config/state-backend-options.js';

const config = new Configuration();
expectTypeOf(config).toExtend<ReadableConfig>();

// A default makes the value certain; without one it may be absent.
expectTypeOf(config.get(StateBackendOptions.STATE_BACKEND)).toEqualTypeOf<string>();
expectTypeOf(config.getOptional(StateBackendOptions.STATE_BACKEND)).toEqualTypeOf<string | undefined>();
expectTypeOf(config.get(CheckpointingOptions.CHECKPOINTS_DIRECTORY)).toEqualTypeOf<string | undefined>();
expectTypeOf(config.get(CheckpointingOptions.CHECKPOINTING_TIMEOUT)).toEqualTypeOf<number>();
expectTypeOf(config.get(CheckpointingOptions.CHECKPOINTING_CONSISTENCY_MODE)).toEqualTypeOf<CheckpointingMode>();
expectTypeOf(config.get(integerOption({ key: 'a.b', description: '' }))).toEqualTypeOf<number | undefined>();

// The words of an enumeration are a union.
const COLOUR = enumOption({ key: 'a.colour', description: '', allowedValues: ['red', 'green'], defaultValue: 'red' });
expectTypeOf(config.get(COLOUR)).toEqualTypeOf<'red' | 'green'>();
// @ts-expect-error A default must be one of the words.
enumOption({ key: 'a.colour', description: '', allowedValues: ['red', 'green'], defaultValue: 'blue' });

// Only a value of the option can be set.
config.set(COLOUR, 'green');
// @ts-expect-error
config.set(COLOUR, 'blue');
// @ts-expect-error
config.set(CheckpointingOptions.FS_WRITE_BUFFER_SIZE, '4 kb');

// A list of options takes every sort.
const options: readonly ConfigOption<unknown>[] = [COLOUR, StateBackendOptions.STATE_BACKEND];
expectTypeOf(options).not.toBeAny();
