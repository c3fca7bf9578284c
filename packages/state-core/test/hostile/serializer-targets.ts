// Serialized values, keys and stored schemas that no program wrote.

import type { KeySerializer, SerializerSnapshot, TypeSerializer } from '@tidemark/state-core';
import {
  checkSnapshot,
  deserializeFromBytes,
  deserializeKeyFromBytes,
  restoreSerializer,
  serializeKeyToBytes,
  serializeToBytes,
} from '@tidemark/state-core/spi';
import { type FuzzTarget, isEqual, mutateBytes, mutateJson } from '@tidemark/state-testkit';
import { EVERY_TYPE, KEY_ROWS } from '../serialization/every-type.js';
import { numbered } from './numbered.js';

const decoder = new TextDecoder('utf-8');
const encoder = new TextEncoder();

interface Row<S> {
  readonly serializer: S;
  readonly inputs: readonly Uint8Array[];
}

const VALUES: readonly Row<TypeSerializer<unknown>>[] = EVERY_TYPE.map(({ serializer, examples }) => ({
  serializer,
  inputs: examples.map((example) => serializeToBytes(serializer, example)),
}));

const values: FuzzTarget = {
  name: 'values',
  weight: 30,
  damage(random) {
    const row = random.below(VALUES.length);
    const { inputs } = VALUES[row] as Row<TypeSerializer<unknown>>;
    return numbered(row, mutateBytes(random.pick(inputs), random.pick(inputs), random));
  },
  read(input) {
    const { serializer } = VALUES[input[0] as number] as Row<TypeSerializer<unknown>>;
    const value = deserializeFromBytes(serializer, input.subarray(1));
    // What came out is a value of the type: it can be written, and is the same when it is read again.
    const again = deserializeFromBytes(serializer, serializeToBytes(serializer, value));
    if (!isEqual(again, value)) throw new Error('what was read is not what is read of it when it was written again');
    serializer.copy(value);
    return 'a value';
  },
};

const KEYS: readonly Row<KeySerializer<unknown>>[] = KEY_ROWS.map(({ serializer, examples }) => ({
  serializer,
  inputs: examples.map((example) => serializeKeyToBytes(serializer, example)),
}));

const keys: FuzzTarget = {
  name: 'keys',
  weight: 15,
  damage(random) {
    const row = random.below(KEYS.length);
    const { inputs } = KEYS[row] as Row<KeySerializer<unknown>>;
    return numbered(row, mutateBytes(random.pick(inputs), random.pick(inputs), random));
  },
  read(input) {
    const { serializer } = KEYS[input[0] as number] as Row<KeySerializer<unknown>>;
    const bytes = input.slice(1);
    const key = deserializeKeyFromBytes(serializer, bytes);
    const again = serializeKeyToBytes(serializer, key);
    // Two forms of one key would be two keys to a store that compares bytes.
    if (!isEqual(again, bytes)) throw new Error('a key was read from bytes that are not its own');
    serializer.identity(key);
    if (!Number.isInteger(serializer.hash(key))) throw new Error('a hash that is no integer');
    return 'a key';
  },
};

const SCHEMAS: readonly string[] = EVERY_TYPE.map(({ serializer }) => JSON.stringify(serializer.snapshot()));

const schemas: FuzzTarget = {
  name: 'schemas',
  weight: 12,
  accepted: ['serializer-missing', 'format-version-unsupported', 'key-type-unsupported'],
  damage(random) {
    const text = mutateJson(random.pick(SCHEMAS), random);
    return numbered(random.below(VALUES.length), encoder.encode(text));
  },
  read(input) {
    const row = VALUES[input[0] as number] as Row<TypeSerializer<unknown>>;
    const snapshot = JSON.parse(decoder.decode(input.subarray(1))) as SerializerSnapshot;
    checkSnapshot(snapshot);
    const verdict = compatibilityOf(row.serializer, snapshot);
    const restored = restoreSerializer(snapshot);
    // A restored type carries values that it was not made for: it must stand damaged ones.
    const [first] = row.inputs;
    if (first !== undefined) deserializeFromBytes(restored, first);
    return verdict;
  },
};

/** SER-COMPAT-02: never an error, and a reason in words. */
function compatibilityOf(serializer: TypeSerializer<unknown>, snapshot: SerializerSnapshot): string {
  try {
    const verdict = serializer.resolveCompatibility(snapshot);
    if (verdict.outcome === 'incompatible' && verdict.reason === '') throw new Error('incompatible without a reason');
    return verdict.outcome;
  } catch (error) {
    throw new Error(`resolveCompatibility threw: ${(error as Error).message}`, { cause: error });
  }
}

export const SERIALIZER_TARGETS: readonly FuzzTarget[] = [values, keys, schemas];
