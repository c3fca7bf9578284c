// What every case about a serializer works with: its values, and short words for writing and reading.

import { isStateError, type KeySerializer, type TypeSerializer } from '@tidemark/state-core';
import { ByteReader, ByteWriter, isKeySerializer } from '@tidemark/state-core/spi';
import { ConformanceFailure, isEqual } from '../conformance/assertions.js';
import { SeededRandom } from '../fault/seeded-random.js';
import type { SerializerUnderTest } from './serializer-case.js';

/** Seed of everything that is drawn: a failure names it. */
export const SEED = 20_260_102;
const GENERATED = 300;

/** The context of a case about a serializer. */
export class SerializerHarness {
  readonly underTest: SerializerUnderTest<unknown>;
  readonly serializer: TypeSerializer<unknown>;
  readonly values: readonly unknown[];

  constructor(underTest: SerializerUnderTest<unknown>) {
    this.underTest = underTest;
    this.serializer = underTest.create();
    this.values = underTest.values;
  }

  get keySerializer(): KeySerializer<unknown> {
    if (!isKeySerializer(this.serializer)) throw new ConformanceFailure('the serializer is no key serializer');
    return this.serializer;
  }

  /** Values drawn at random, the same ones every time. */
  generated(): unknown[] {
    const random = new SeededRandom(SEED);
    const { generate } = this.underTest;
    return generate === undefined ? [] : Array.from({ length: GENERATED }, () => generate(random));
  }

  /** The bytes of a value, on their own. */
  write(value: unknown, serializer: TypeSerializer<unknown> = this.serializer): Uint8Array {
    const output = new ByteWriter();
    serializer.serialize(value, output);
    return output.toBytes();
  }

  /** The canonical bytes of a key. */
  writeKey(key: unknown): Uint8Array {
    const output = new ByteWriter();
    this.keySerializer.serializeKey(key, output);
    return output.toBytes();
  }

  /** @throws ConformanceFailure unless both are equal by what the author says of equality. */
  assertSame(actual: unknown, expected: unknown, what: string): void {
    const equals = this.underTest.equals ?? isEqual;
    if (equals(actual, expected)) return;
    throw new ConformanceFailure(`${what}: got ${describe(actual)}, expected ${describe(expected)}`, actual, expected);
  }

  /**
   * What reading gives: a value and where the reader stands afterwards, or `undefined` for bytes that are refused as they
   * must be.
   *
   * @throws ConformanceFailure for any other error.
   */
  tryRead(
    bytes: Uint8Array,
    what: string,
    read: (input: ByteReader) => unknown = (input) => this.serializer.deserialize(input),
  ): { readonly value: unknown; readonly end: number } | undefined {
    const input = new ByteReader(bytes);
    try {
      const value = read(input);
      return { value, end: input.position };
    } catch (error) {
      if (isStateError(error) && error.kind === 'corrupt') return undefined;
      throw new ConformanceFailure(
        `${what}: expected a StateError of kind corrupt, got ${describe(error)}`,
        error,
        'a StateError of kind corrupt',
        error,
      );
    }
  }

  close(): void {}
}

/** A value for messages, shortened. */
export function describe(value: unknown): string {
  if (value instanceof Error) return `${value.name}: ${value.message}`;
  let text: string | undefined;
  try {
    text = JSON.stringify(value, (_name, part: unknown) => (typeof part === 'bigint' ? `${part}n` : part));
  } catch {
    text = undefined;
  }
  text ??= String(value);
  return text.length <= 200 ? text : `${text.slice(0, 200)}...`;
}

/** Bytes as hexadecimal digits, shortened for messages. */
export function hexOf(bytes: Uint8Array, bytesMax = 64): string {
  const hex = Array.from(bytes.subarray(0, bytesMax), (byte) => byte.toString(16).padStart(2, '0')).join('');
  return bytes.length <= bytesMax ? hex : `${hex}... (${bytes.length} bytes)`;
}

/** The bytes that hexadecimal digits stand for. @throws ConformanceFailure for other text. */
export function bytesOfHex(hex: string): Uint8Array {
  const digits = hex.replaceAll(/\s/g, '');
  if (digits.length % 2 !== 0 || /[^0-9a-f]/i.test(digits))
    throw new ConformanceFailure(`these are no hexadecimal digits of whole bytes: ${hex}`);
  return Uint8Array.from({ length: digits.length / 2 }, (_, index) =>
    Number.parseInt(digits.slice(2 * index, 2 * index + 2), 16),
  );
}
