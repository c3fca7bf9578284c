import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { keysOfOption, stringOption } from '../../src/config/config-option.js';
import { Configuration, type ConfigurationSource } from '../../src/config/configuration.js';
import { formatDuration, parseDuration } from '../../src/config/duration.js';
import { configurationFromEnvironment, environmentVariableOf } from '../../src/config/environment-configuration.js';
import { editDistance } from '../../src/config/key-suggestion.js';
import { formatMemorySize, parseMemorySize } from '../../src/config/memory-size.js';

const OPTION = stringOption({
  key: 'a.own',
  fallbackKeys: ['a.fallback', 'b.fallback'],
  deprecatedKeys: ['a.former', 'c.d.former'],
  defaultValue: 'the default',
  description: '',
});
const KEYS = keysOfOption(OPTION);

const layer = fc.dictionary(fc.constantFrom(...KEYS, 'other.key'), fc.stringMatching(/^[a-z]{1,3}$/));
const word = fc.stringMatching(/^[a-z0-9]{1,4}(-[a-z0-9]{1,3})?$/);
const key = fc.array(word, { minLength: 2, maxLength: 4 }).map((words) => words.join('.'));

/** `{ 'a.b': 1 }` as `{ a: { b: 1 } }`, as far as `depth`; keys that are sections as well stay flat. */
function nested(flat: Record<string, string>): ConfigurationSource {
  const root: Record<string, ConfigurationSource> = {};
  for (const [flatKey, value] of Object.entries(flat)) {
    const [first = '', ...rest] = flatKey.split('.');
    root[first] = { ...root[first], [rest.join('.')]: value };
  }
  return root;
}

test('C1: the winner is the first key of the highest layer that has any', () => {
  fc.assert(
    fc.property(fc.array(layer, { maxLength: 5 }), (layers) => {
      const config = layers
        .map((source) => Configuration.from(source))
        .reduce((a, b) => a.withFallback(b), new Configuration());
      const top = layers.find((source) => KEYS.some((name) => name in source)) ?? {};
      const winner = KEYS.find((name) => name in top);
      expect(config.get(OPTION)).toBe(winner === undefined ? 'the default' : top[winner]);
      expect(config.contains(OPTION)).toBe(winner !== undefined);
      expect(Configuration.from(config.toObject([OPTION])).get(OPTION)).toBe(config.get(OPTION));
    }),
  );
});

test('nested, flat and variables of the environment read the same', () => {
  fc.assert(
    fc.property(fc.dictionary(key, fc.stringMatching(/^[a-z]{1,3}$/)), (flat) => {
      const environment = Object.fromEntries(
        Object.entries(flat).map(([name, value]) => [environmentVariableOf(name), value]),
      );
      expect(Configuration.from(nested(flat)).toObject()).toEqual(flat);
      expect(Configuration.from(flat).toObject()).toEqual(flat);
      expect(configurationFromEnvironment(environment).toObject()).toEqual(flat);
    }),
  );
});

test('what is written of a duration or a size reads back', () => {
  fc.assert(
    fc.property(fc.maxSafeNat(), (value) => {
      expect(parseDuration(formatDuration(value))).toBe(value);
      expect(parseMemorySize(formatMemorySize(value))).toBe(value);
    }),
  );
});

test('parsing any text gives a number or a RangeError', () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.stringMatching(/^[-+]?P?[0-9TDHMS.]{0,8}$/)), (text) => {
      for (const parse of [parseDuration, parseMemorySize]) {
        try {
          expect(Number.isFinite(parse(text))).toBe(true);
        } catch (error) {
          expect(error).toBeInstanceOf(RangeError);
        }
      }
    }),
  );
});

test('editDistance is symmetric, zero for equals and at most one for one edit', () => {
  fc.assert(
    fc.property(fc.string(), fc.string(), fc.nat(), (a, b, seed) => {
      expect(editDistance(a, b)).toBe(editDistance(b, a));
      expect(editDistance(a, a)).toBe(0);
      const at = seed % (a.length + 1);
      expect(editDistance(a, `${a.slice(0, at)}x${a.slice(at)}`)).toBe(1);
    }),
  );
});
