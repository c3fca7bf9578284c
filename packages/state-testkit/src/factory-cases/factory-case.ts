// The sort of case that is run against a factory, of state backends and of checkpoint storages alike.

import { Configuration, type ConfigurationSource, silentLogger } from '@tidemark/state-core';
import type {
  CheckpointStorage,
  CheckpointStorageFactory,
  FactoryContext,
  StateBackend,
  StateBackendFactory,
} from '@tidemark/state-core/spi';
import type { ConformanceCase } from '../conformance/conformance-case.js';

/** Configuration that cannot work. */
export interface InvalidConfiguration {
  readonly config: ConfigurationSource;
  /** What the message must say: the key, what was written, what to write instead. Default: nothing. */
  readonly words?: readonly string[];
}

/** A factory under test. */
export interface FactoryUnderTest<F extends StateBackendFactory | CheckpointStorageFactory> {
  readonly factory: F;
  /** Configuration that works. */
  readonly config: ConfigurationSource;
  /** Configurations that cannot work. Default: none is tried. */
  readonly invalid?: readonly InvalidConfiguration[];
  /** What the factory is given besides. Default: a silent logger. */
  readonly context?: Partial<FactoryContext>;
  /** Removes what the cases have left. */
  close?(): void | Promise<void>;
}

/** What a case about a factory may require: that its author gave configurations that cannot work. */
export type FactoryRequirement = 'invalidConfigurations';

/** The context of a case about a factory. */
export class FactoryHarness<S extends StateBackend | CheckpointStorage> {
  readonly underTest: FactoryUnderTest<StateBackendFactory | CheckpointStorageFactory>;

  constructor(underTest: FactoryUnderTest<StateBackendFactory | CheckpointStorageFactory>) {
    this.underTest = underTest;
  }

  /** What the factory makes of a configuration. Throws and rejects alike become rejections. */
  async create(config: ConfigurationSource = this.underTest.config): Promise<S> {
    const { factory, context } = this.underTest;
    return (await factory.createFromConfig(Configuration.from(config), { logger: silentLogger, ...context })) as S;
  }

  async close(): Promise<void> {
    await this.underTest.close?.();
  }
}

/** A behaviour that every factory must show. */
export type FactoryCase<S extends StateBackend | CheckpointStorage> = ConformanceCase<
  FactoryHarness<S>,
  FactoryRequirement
>;
