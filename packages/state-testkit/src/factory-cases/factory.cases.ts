// Cases about factories: what they say of themselves, what they refuse, what they make.

import {
  int32,
  isStateError,
  silentLogger,
  systemClock,
  systemRandom,
  ValueStateDescriptor,
} from '@tidemark/state-core';
import { type CheckpointStorage, SPI_API_VERSION, type StateBackend } from '@tidemark/state-core/spi';
import { assertEqual, assertTrue, ConformanceFailure } from '../conformance/assertions.js';
import { plainState, StateBackendHarness } from '../state-backend-cases/state-backend-harness.js';
import type { FactoryCase } from './factory-case.js';

const OPTION_KEY = /^[a-z0-9]+(-[a-z0-9]+)*(\.[a-z0-9]+(-[a-z0-9]+)*)*$/;

const total = new ValueStateDescriptor('total', { type: int32 });

/** The cases that are the same for both sorts of factory. */
function casesOf<S extends StateBackend | CheckpointStorage>(
  prefix: string,
  what: string,
  works: (one: S, other: S) => Promise<void>,
): readonly FactoryCase<S>[] {
  return [
    {
      id: `${prefix}-01`,
      title: 'configuration that cannot work is refused with an error of kind configure',
      requires: ['invalidConfigurations'],
      async run(harness) {
        for (const { config, words = [] } of harness.underTest.invalid ?? []) {
          const written = JSON.stringify(config);
          const error = await harness.create(config).then(
            () => undefined,
            (thrown: unknown) => thrown,
          );
          if (!isStateError(error) || error.kind !== 'configure')
            throw new ConformanceFailure(
              `${written}: expected a StateError of kind configure, got ${error === undefined ? `a ${what}` : String(error)}`,
              error,
              'a StateError of kind configure',
              error,
            );
          for (const word of words)
            assertTrue(
              error.message.includes(word),
              `${written}: the message does not say '${word}': ${error.message}`,
            );
        }
      },
    },
    {
      id: `${prefix}-02`,
      title: 'the factory says its name and the version of the interface that it was built for',
      async run(harness) {
        const { name, apiVersion } = harness.underTest.factory;
        assertTrue(typeof name === 'string' && /^\S+$/.test(name), `no name that configuration can hold: '${name}'`);
        assertEqual(apiVersion, SPI_API_VERSION, 'apiVersion');
        const made = await harness.create();
        assertTrue(typeof made.name === 'string' && made.name !== '', `the ${what} has no name`);
        for (const [ability, value] of Object.entries(made.capabilities))
          assertTrue(
            /^(boolean|number|undefined)$/.test(typeof value),
            `the capability ${ability} is a ${typeof value}`,
          );
      },
    },
    {
      id: `${prefix}-03`,
      title: 'every option has a key of its own, a description, and a default within its bounds',
      run(harness) {
        const keys = new Set<string>();
        for (const option of harness.underTest.factory.options) {
          const { key, description, defaultValue, allowedValues, minimum, maximum } = option;
          assertTrue(OPTION_KEY.test(key), `'${key}' is no key of words of lower-case letters, digits and hyphens`);
          assertTrue(!keys.has(key), `two options have the key ${key}`);
          keys.add(key);
          assertTrue(description.trim() !== '', `${key} has no description`);
          if (defaultValue === undefined) continue;
          if (allowedValues !== undefined)
            assertTrue(
              allowedValues.includes(defaultValue),
              `${key}: the default ${String(defaultValue)} is not allowed`,
            );
          if (typeof defaultValue === 'number')
            assertTrue(
              defaultValue >= (minimum ?? -Infinity) && defaultValue <= (maximum ?? Infinity),
              `${key}: the default ${defaultValue} is out of bounds`,
            );
        }
      },
    },
    {
      id: `${prefix}-04`,
      title: `every call makes another ${what}, and each works`,
      async run(harness) {
        const [one, other] = [await harness.create(), await harness.create()];
        assertTrue((one as object) !== other, `two calls gave the same ${what}`);
        assertEqual(one.capabilities, other.capabilities, 'capabilities');
        await works(one, other);
      },
    },
  ];
}

/** Cases about factories of state backends. */
export const stateBackendFactoryCases: readonly FactoryCase<StateBackend>[] = casesOf<StateBackend>(
  'SB-FACTORY',
  'state backend',
  async (one, other) => {
    const first = new StateBackendHarness(one);
    // Reads what the first has written.
    const second = new StateBackendHarness(other, first.streams);
    try {
      const backend = await first.createKeyed();
      backend.setCurrentKey(1);
      plainState(backend, total).update(7);
      const handle = await first.snapshot(backend);
      await backend.close();
      const restored = await second.createKeyed({ restore: [handle] });
      restored.setCurrentKey(1);
      assertEqual(plainState(restored, total).value(), 7, 'a value from a snapshot of the other one');
    } finally {
      await first.close();
      await second.close();
    }
  },
);

/** Cases about factories of checkpoint storages. */
export const checkpointStorageFactoryCases: readonly FactoryCase<CheckpointStorage>[] = casesOf<CheckpointStorage>(
  'CS-FACTORY',
  'checkpoint storage',
  async (...storages) => {
    for (const storage of storages) {
      const parameters = {
        jobId: 'conformance',
        clock: systemClock,
        random: systemRandom,
        logger: silentLogger,
      };
      const coordinator = await storage.createCoordinatorView(parameters);
      try {
        assertEqual((await coordinator.list()).checkpoints, [], 'checkpoints of a job that never ran');
      } finally {
        await coordinator.close();
      }
    }
  },
);
