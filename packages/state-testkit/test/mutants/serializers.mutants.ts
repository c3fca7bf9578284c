// Faults of the serializers of the core.

// biome-ignore-all lint/suspicious/noTemplateCurlyInString: the texts are source.

import type { MutantOf } from './mutant.js';

/** See {@link MutantOf}. */
export const SERIALIZER_MUTANTS: readonly MutantOf[] = [
  {
    id: 'text-loses-last-character',
    file: 'packages/state-core/src/serialization/string-serializer.ts',
    find: 'return input.readString();',
    replace: 'return input.readString().slice(0, -1);',
    breaks: 'the last character of a text is lost',
    killers: ['SER-GOLDEN-01', 'SER-HOSTILE-02', 'SER-HOSTILE-03', 'SER-ROUND-TRIP-03'],
  },
  {
    id: 'text-cut-is-empty',
    file: 'packages/state-core/src/serialization/string-serializer.ts',
    find: 'return input.readString();',
    replace: `try {
      return input.readString();
    } catch {
      return '';
    }`,
    breaks: 'bytes that were cut are an empty text',
    killers: ['SER-HOSTILE-01'],
  },
  {
    id: 'text-written-for-anything',
    file: 'packages/state-core/src/serialization/string-serializer.ts',
    find: 'output.writeString(checked(value));',
    replace: 'output.writeString(String(value));',
    breaks: 'whatever is not a text is written as one',
    killers: ['SER-REFUSE-01'],
  },
  {
    id: 'text-order-by-length',
    file: 'packages/state-core/src/serialization/string-serializer.ts',
    find: 'return compareText(a, b);',
    replace: 'return a.length - b.length;',
    breaks: 'texts are ordered by length',
    killers: ['SER-KEY-02'],
  },
  {
    id: 'text-order-by-units',
    file: 'packages/state-core/src/serialization/string-serializer.ts',
    find: 'return compareText(a, b);',
    replace: 'return a < b ? -1 : a > b ? 1 : 0;',
    breaks: 'texts are ordered by 16-bit units',
    killers: ['SER-KEY-02'],
  },
  {
    id: 'text-hash-is-fraction',
    file: 'packages/state-core/src/serialization/string-serializer.ts',
    find: 'return javaStringHash(checked(key));',
    replace: 'return checked(key).length / 2;',
    breaks: 'a hash is no integer',
    killers: ['SER-KEY-03'],
  },
  {
    id: 'text-hash-is-random',
    file: 'packages/state-core/src/serialization/string-serializer.ts',
    find: 'return javaStringHash(checked(key));',
    replace: 'return (javaStringHash(checked(key)) + Math.floor(Math.random() * 1000)) | 0;',
    breaks: 'equal keys have different hashes',
    killers: ['SER-KEY-03'],
  },
  {
    id: 'text-key-without-end',
    file: 'packages/state-core/src/serialization/string-serializer.ts',
    find: 'writeEscapedText(checked(key), output);',
    replace: 'output.writeString(checked(key));',
    breaks: 'the bytes of keys do not sort as keys do',
    killers: ['SER-KEY-02', 'SER-KEY-03', 'SER-KEY-04', 'SER-KEY-05'],
  },
  {
    id: 'text-key-read-trimmed',
    file: 'packages/state-core/src/serialization/string-serializer.ts',
    find: 'return readEscapedText(input);',
    replace: "return readEscapedText(input).replace('\\0', '');",
    breaks: 'a key is read as another',
    killers: ['SER-KEY-03', 'SER-KEY-04', 'SER-KEY-05'],
  },
  {
    id: 'schema-version-counts',
    file: 'packages/state-core/src/serialization/string-serializer.ts',
    find: `snapshot(): SerializerSnapshot {
    return SNAPSHOT;`,
    replace: `snapshot(): SerializerSnapshot {
    return { ...SNAPSHOT, parameters: { at: Math.floor(Math.random() * 1e9) } };`,
    breaks: 'the schema is another at every call',
    killers: ['SER-COMPAT-01', 'SER-SCHEMA-02'],
  },
  {
    id: 'schema-not-plain',
    file: 'packages/state-core/src/serialization/string-serializer.ts',
    find: `snapshot(): SerializerSnapshot {
    return SNAPSHOT;`,
    replace: `snapshot(): SerializerSnapshot {
    return { ...SNAPSHOT, parameters: { locale: undefined as never } };`,
    breaks: 'the schema does not survive JSON',
    killers: ['SER-COMPAT-01', 'SER-COMPAT-02', 'SER-COMPAT-03', 'SER-SCHEMA-01'],
  },
  {
    id: 'own-schema-incompatible',
    file: 'packages/state-core/src/serialization/string-serializer.ts',
    find: 'return resolveLeaf(SNAPSHOT, previous);',
    replace: "return { outcome: 'incompatible', reason: `not ${previous.type}` };",
    breaks: 'a serializer does not know itself',
    killers: ['SER-COMPAT-01', 'SER-COMPAT-02'],
  },
  {
    id: 'foreign-schema-throws',
    file: 'packages/state-core/src/serialization/string-serializer.ts',
    find: 'return resolveLeaf(SNAPSHOT, previous);',
    replace: `if (previous.type !== SNAPSHOT.type) throw new Error(\`what is \${previous.type}?\`);
    return resolveLeaf(SNAPSHOT, previous);`,
    breaks: 'a schema that is not known is an error',
    killers: ['SER-COMPAT-02'],
  },
  {
    id: 'incompatible-without-reason',
    file: 'packages/state-core/src/serialization/string-serializer.ts',
    find: 'return resolveLeaf(SNAPSHOT, previous);',
    replace: `const answer = resolveLeaf(SNAPSHOT, previous);
    return answer.outcome === 'incompatible' ? { ...answer, reason: '' } : answer;`,
    breaks: 'an incompatible schema has no reason',
    killers: ['SER-COMPAT-02'],
  },
  {
    id: 'list-copy-shared',
    file: 'packages/state-core/src/serialization/list-serializer.ts',
    find: 'if (this.element.isImmutableType) return value.slice();',
    replace: 'if (this.element.isImmutableType) return value;',
    breaks: 'a copy of a list is the list',
    killers: ['SER-COPY-01', 'SER-COPY-03'],
  },
  {
    id: 'list-count-unchecked',
    file: 'packages/state-core/src/serialization/list-serializer.ts',
    find: 'const count = input.readCount(elementBytesMin ?? 1);',
    replace: `const count = input.readVarint();
  const room = new Array(count);
  void room;`,
    breaks: 'a count beyond the end makes room for it',
    killers: ['SER-HOSTILE-03', 'SER-HOSTILE-04'],
  },
  {
    id: 'list-sorts-its-value',
    file: 'packages/state-core/src/serialization/list-serializer.ts',
    find: `const count = value.length;
    let at = 0;`,
    replace: `const count = value.length;
    value.reverse();
    let at = 0;`,
    breaks: 'writing changes the value',
    killers: ['SER-ROUND-TRIP-04', 'SER-STATELESS-01'],
  },
  {
    id: 'date-copy-shared',
    file: 'packages/state-core/src/serialization/date-serializer.ts',
    find: 'return new Date(timeOf(value));',
    replace: 'return value;',
    breaks: 'a copy of a date is the date',
    killers: ['SER-COPY-01', 'SER-COPY-03'],
  },
  {
    id: 'date-to-the-second',
    file: 'packages/state-core/src/serialization/date-serializer.ts',
    find: 'output.writeSafeInteger(timeOf(value));',
    replace: 'output.writeSafeInteger(Math.floor(timeOf(value) / 1000) * 1000 + 1);',
    breaks: 'dates lose their milliseconds',
    killers: ['SER-COPY-03', 'SER-HOSTILE-02', 'SER-HOSTILE-03', 'SER-ROUND-TRIP-01'],
  },
  {
    id: 'date-invalid-accepted',
    file: 'packages/state-core/src/serialization/date-serializer.ts',
    find: "if (Number.isNaN(timeMs)) throw refuseValue('a Date with a time', value);",
    replace: '',
    breaks: 'a date without a time is written',
    killers: ['SER-REFUSE-01'],
  },
  {
    id: 'bytes-copy-shared',
    file: 'packages/state-core/src/serialization/bytes-serializer.ts',
    find: 'return new Uint8Array(checked(value));',
    replace: 'return checked(value).subarray();',
    breaks: 'a copy of bytes shares them',
    killers: ['SER-COPY-01', 'SER-COPY-03'],
  },
  {
    id: 'boolean-any-byte',
    file: 'packages/state-core/src/serialization/boolean-serializer.ts',
    find: 'if (byte > 1) throw invalidBytes(`the byte ${byte} as a boolean`, input.position - 1);',
    replace: '',
    breaks: 'any byte is a boolean',
    killers: ['SER-KEY-05'],
  },
  {
    id: 'boolean-truthy',
    file: 'packages/state-core/src/serialization/boolean-serializer.ts',
    find: 'output.writeUint8(checked(value) ? 1 : 0);',
    replace: 'output.writeUint8(value ? 1 : 0);',
    breaks: 'whatever is not a boolean is written as one',
    killers: ['SER-REFUSE-01'],
  },
  {
    id: 'boolean-length-two',
    file: 'packages/state-core/src/serialization/boolean-serializer.ts',
    find: 'readonly fixedLength = 1;',
    replace: 'readonly fixedLength = 2 as number as 1;',
    breaks: 'a boolean says that it has two bytes',
    killers: ['SER-LENGTH-01'],
  },
  {
    id: 'float-length-unsaid',
    file: 'packages/state-core/src/serialization/float64-serializer.ts',
    find: 'readonly fixedLength = 8;',
    replace: 'readonly fixedLength = 4 as number as 8;',
    breaks: 'a number says that it has four bytes',
    killers: ['SER-LENGTH-01'],
  },
  {
    id: 'float-as-single',
    file: 'packages/state-core/src/serialization/float64-serializer.ts',
    find: 'output.writeFloat64(Number.isNaN(checked(value)) ? Number.NaN : value);',
    replace: 'output.writeFloat64(Math.fround(checked(value)));',
    breaks: 'numbers lose half their digits',
    killers: ['SER-HOSTILE-02', 'SER-HOSTILE-03', 'SER-ROUND-TRIP-01', 'SER-ROUND-TRIP-03'],
  },
  {
    id: 'float-order-ignores-nan',
    file: 'packages/state-core/src/serialization/float64-serializer.ts',
    find: 'return Number(Number.isNaN(a)) - Number(Number.isNaN(b));',
    replace: 'return 0;',
    breaks: 'NaN is beside every number',
    killers: ['SER-KEY-02'],
  },
  {
    id: 'tuple-order-of-last',
    file: 'packages/state-core/src/serialization/tuple-serializer.ts',
    find: 'for (; at < this.parts.length; at++) (this.parts[at] as TypeSerializer<unknown>).serialize',
    replace: 'for (; at < this.parts.length - 1; at++) (this.parts[at] as TypeSerializer<unknown>).serialize',
    breaks: 'the last element of a tuple is not written',
    killers: ['SER-HOSTILE-04', 'SER-ROUND-TRIP-01', 'SER-ROUND-TRIP-03', 'SER-SCHEMA-02'],
  },
  {
    id: 'map-copy-shallow',
    file: 'packages/state-core/src/serialization/map-serializer.ts',
    find: 'if (this.key.isImmutableType && this.value.isImmutableType) return new Map(value);',
    replace: 'if (this.key.isImmutableType) return new Map(value);',
    breaks: 'copies of a map share its values',
    killers: ['SER-COPY-01'],
  },
  {
    id: 'stateful-reader',
    file: 'packages/state-core/src/serialization/boolean-serializer.ts',
    find: 'return byte === 1;',
    replace: `const seen = this as unknown as { readonly seen?: boolean };
    const answer = seen.seen === undefined ? byte === 1 : byte === 1 && seen.seen;
    Object.assign(this, { seen: byte === 1 });
    return answer;`,
    breaks: 'what is read depends on what was read before',
    killers: ['SER-KEY-05', 'SER-ROUND-TRIP-02'],
  },
  {
    id: 'float-copy-as-single',
    file: 'packages/state-core/src/serialization/float64-serializer.ts',
    find: 'copy(value: number): number {\n    return value;',
    replace: 'copy(value: number): number {\n    return Math.fround(value);',
    breaks: 'the copy of a number is another number',
    killers: ['SER-COPY-01', 'SER-COPY-02'],
  },
  {
    id: 'text-identity-folded',
    file: 'packages/state-core/src/serialization/string-serializer.ts',
    find: 'identity(key: string): string {\n    return checked(key);',
    replace: 'identity(key: string): string {\n    return checked(key).toLowerCase();',
    breaks: 'keys that differ by case are one',
    killers: ['SER-KEY-01'],
  },
];
