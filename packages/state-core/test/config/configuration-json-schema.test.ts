import { describe, expect, test } from 'vitest';
import { integerOption, keysOfOption } from '../../src/config/config-option.js';
import { configurationJsonSchema, type JsonSchema } from '../../src/config/configuration-json-schema.js';
import { CORE_OPTIONS } from '../../src/config/core-options.js';

type Properties = Record<string, JsonSchema>;

function at(schema: JsonSchema, ...words: string[]): JsonSchema | undefined {
  let inner: JsonSchema | undefined = schema;
  for (const word of words) {
    const properties: (Properties | undefined)[] = [inner, ...alternatives(inner)].map(
      (schema) => schema?.properties as Properties | undefined,
    );
    inner = properties.map((candidates) => candidates?.[word]).find(Boolean);
  }
  return inner;
}

function alternatives(schema: JsonSchema | undefined): readonly JsonSchema[] {
  return (schema?.anyOf ?? []) as JsonSchema[];
}

describe('configurationJsonSchema', () => {
  test('J1: has every key flat and nested, former ones marked', () => {
    const schema = configurationJsonSchema();
    for (const option of CORE_OPTIONS) {
      for (const key of keysOfOption(option)) {
        const flat = at(schema, key);
        const words = key.split('.');
        expect(flat?.description, key).toContain(option.description);
        expect(flat?.deprecated === true, key).toBe((option.deprecatedKeys ?? []).includes(key));
        expect(at(schema, ...words), key).toBeDefined();
      }
    }
  });

  test('a key that is also a section has both', () => {
    const backend = at(configurationJsonSchema(), 'state', 'backend');
    expect(alternatives(backend)[0]).toMatchObject({ type: ['string', 'number'], default: 'hashmap' });
    expect(alternatives(backend)[1]).toMatchObject({ type: 'object' });
    expect(at(configurationJsonSchema(), 'state', 'backend', 'type')).toMatchObject({ default: 'hashmap' });
  });

  test('bounds, units, defaults and words', () => {
    const schema = configurationJsonSchema();
    expect(at(schema, 'execution.checkpointing.timeout')).toMatchObject({
      default: '10 min',
      anyOf: [{ type: 'integer', minimum: 10 }, { type: 'string' }],
    });
    expect(at(schema, 'execution.checkpointing.timeout')?.description).toContain('Unit: ms.');
    expect(at(schema, 'execution.checkpointing.data-inline-threshold')).toMatchObject({
      default: '20 kb',
      anyOf: [{ maximum: 1_048_576 }, {}],
    });
    const mode = at(schema, 'execution.checkpointing.mode');
    expect(mode).toMatchObject({ default: 'EXACTLY_ONCE', anyOf: [{ enum: ['EXACTLY_ONCE', 'AT_LEAST_ONCE'] }, {}] });
    expect('at-least-once').toMatch(new RegExp(String(alternatives(mode)[1]?.pattern)));
  });

  test('is the same whatever the order of the options, and takes those of factories', () => {
    const extra = integerOption({ key: 'state.backend.acme.size', description: 'Size.', unit: 'pages', minimum: 1 });
    const schema = configurationJsonSchema([...CORE_OPTIONS, extra]);
    expect(JSON.stringify(configurationJsonSchema([extra, ...[...CORE_OPTIONS].reverse()]))).toBe(
      JSON.stringify(schema),
    );
    expect(at(schema, 'state', 'backend', 'acme', 'size')?.description).toBe(
      'Size. Unit: pages. Expected: a whole number of pages, at least 1.',
    );
  });
});
