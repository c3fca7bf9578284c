// The configuration as a JSON Schema, for completion and checks in editors.
//
// Owns: the translation of option definitions. Same options, same schema, byte for byte.
//
//   J1. Every key of every option is there flat and nested; former keys are marked as deprecated.
//   J2. The schema is no stricter than Configuration: keys it does not know are left to the program, which knows the
//       options of the packages in use.

import { type ConfigOption, keysOfOption } from './config-option.js';
import { describeExpectation, formatValue } from './config-value.js';
import { CORE_OPTIONS } from './core-options.js';

/** A JSON Schema as plain data. */
export interface JsonSchema {
  readonly [keyword: string]: unknown;
}

/** Sections by their first word; a key that is an option as well as a section (`state.backend`) has both. */
interface Section {
  option?: JsonSchema;
  readonly sections: Map<string, Section>;
}

const DIALECT: string = 'https://json-schema.org/draft/2020-12/schema';
const WHOLE_NUMBER: JsonSchema = { type: 'string', pattern: '^\\s*[-+]?[0-9]+\\s*$' };
const NUMBER_WITH_UNIT: JsonSchema = { type: 'string', pattern: '^\\s*([0-9]+\\s*[^0-9]*|[-+]?[Pp].+)$' };

/**
 * The JSON Schema of a configuration file with these options, flat or nested.
 *
 * @param options - Default: the options of the core. Add those of the factories in use.
 */
export function configurationJsonSchema(options: readonly ConfigOption<unknown>[] = CORE_OPTIONS): JsonSchema {
  const root: Section = { sections: new Map() };
  const flat = new Map<string, JsonSchema>();
  for (const option of options) {
    for (const key of keysOfOption(option)) {
      const schema = schemaOf(option, key);
      flat.set(key, schema);
      sectionAt(root, key).option = schema;
    }
  }
  const nested = Object.entries(propertiesOf(root));
  return {
    $schema: DIALECT,
    title: 'Tidemark configuration',
    type: 'object',
    properties: sorted([...nested, ...flat]),
  };
}

function schemaOf(option: ConfigOption<unknown>, key: string): JsonSchema {
  const unit = option.unit === undefined ? '' : ` Unit: ${option.unit}.`;
  const other = key === option.key ? '' : ` Another name of ${option.key}.`;
  return {
    description: `${option.description}${unit}${other} Expected: ${describeExpectation(option)}.`,
    ...(option.defaultValue !== undefined && { default: defaultOf(option) }),
    ...((option.deprecatedKeys ?? []).includes(key) && { deprecated: true }),
    ...valuesOf(option),
  };
}

function valuesOf(option: ConfigOption<unknown>): JsonSchema {
  const bounds = {
    ...(option.minimum !== undefined && { minimum: option.minimum }),
    ...(option.maximum !== undefined && { maximum: option.maximum }),
  };
  switch (option.type) {
    case 'string':
      return option.allowedValues ? { enum: option.allowedValues } : { type: ['string', 'number'], minLength: 1 };
    case 'boolean':
      return {
        anyOf: [{ type: 'boolean' }, { type: 'string', pattern: '^\\s*([Tt][Rr][Uu][Ee]|[Ff][Aa][Ll][Ss][Ee])\\s*$' }],
      };
    case 'integer':
      return { anyOf: [{ type: 'integer', ...bounds }, WHOLE_NUMBER] };
    case 'number':
      return {
        anyOf: [
          { type: 'number', ...bounds },
          { type: 'string', minLength: 1 },
        ],
      };
    case 'duration':
    case 'memory-size':
      return { anyOf: [{ type: 'integer', ...bounds }, NUMBER_WITH_UNIT] };
    case 'enum':
      // The words come first for completion; other spellings of them (case, hyphens) are left to the program (J2).
      return { anyOf: [{ enum: option.allowedValues }, { type: 'string', pattern: spellingsOf(option) }] };
    case 'list':
      return { anyOf: [{ type: 'array', items: { type: ['string', 'number', 'boolean'] } }, { type: 'string' }] };
  }
}

function spellingsOf(option: ConfigOption<unknown>): string {
  const anyCase = (word: string): string =>
    [...word]
      .map((char) => (char === '_' || char === '-' ? '[-_]' : `[${char.toUpperCase()}${char.toLowerCase()}]`))
      .join('');
  return `^(${(option.allowedValues ?? []).map((word) => anyCase(String(word))).join('|')})$`;
}

function defaultOf(option: ConfigOption<unknown>): unknown {
  const isQuantity = option.type === 'duration' || option.type === 'memory-size';
  return isQuantity ? formatValue(option, option.defaultValue) : option.defaultValue;
}

function sectionAt(root: Section, key: string): Section {
  let section = root;
  for (const word of key.split('.')) {
    const next = section.sections.get(word) ?? { sections: new Map() };
    section.sections.set(word, next);
    section = next;
  }
  return section;
}

function propertiesOf(section: Section): Record<string, JsonSchema> {
  return sorted([...section.sections].map(([word, inner]) => [word, sectionSchemaOf(inner)] as const));
}

function sectionSchemaOf(section: Section): JsonSchema {
  const { option } = section;
  if (section.sections.size === 0) return option ?? {};
  const object: JsonSchema = { type: 'object', properties: propertiesOf(section) };
  return option === undefined ? object : { anyOf: [option, object] };
}

function sorted(entries: Iterable<readonly [string, JsonSchema]>): Record<string, JsonSchema> {
  return Object.fromEntries([...entries].sort(([a], [b]) => (a < b ? -1 : 1)));
}
