// The side of a configuration that reads.

import type { ConfigOption, ConfigOptionWithDefault } from './config-option.js';

/** A configuration as backends, storages and factories see it. Everything that only reads takes this type. */
export interface ReadableConfig {
  /**
   * The value of an option, or its default.
   *
   * @throws StateError `config-value-invalid` when what is written is not a value of the option.
   */
  get<T>(option: ConfigOptionWithDefault<T>): T;
  get<T>(option: ConfigOption<T>): T | undefined;
  /**
   * The value of an option if one is written, whatever its default.
   *
   * @throws StateError `config-value-invalid` when what is written is not a value of the option.
   */
  getOptional<T>(option: ConfigOption<T>): T | undefined;
  /** Tells whether a value is written under one of the option's keys. */
  contains(option: ConfigOption<unknown>): boolean;
  /** Under which key and where the value of an option is written, where that is known: relative paths count from there. */
  find?(option: ConfigOption<unknown>): { readonly key: string; readonly origin: string } | undefined;
}
