// A value written under one schema and read under another, the way a restore does it.

import { expect } from 'vitest';
import { deserializeFromBytes, serializeToBytes } from '../../src/serialization/key-bytes.js';
import type {
  SchemaCompatibility,
  SerializerSnapshot,
  TypeSerializer,
} from '../../src/serialization/type-serializer.js';

/** What `now` answers about the schema of `before`, which has been through JSON as stored schemas have. */
export function answer(
  now: TypeSerializer<unknown>,
  before: TypeSerializer<unknown> | SerializerSnapshot,
): SchemaCompatibility<unknown> {
  const schema = 'snapshot' in before ? before.snapshot() : before;
  return now.resolveCompatibility(JSON.parse(JSON.stringify(schema)));
}

export function outcome(now: TypeSerializer<unknown>, before: TypeSerializer<unknown> | SerializerSnapshot): string {
  return answer(now, before).outcome;
}

/** Why the two are incompatible. */
export function reason(now: TypeSerializer<unknown>, before: TypeSerializer<unknown> | SerializerSnapshot): string {
  const given = answer(now, before);
  if (given.outcome !== 'incompatible') expect.fail(`the answer is ${given.outcome}`);
  return given.reason;
}

/** A value of `before`, written by it and read by `now`; what comes out must be a value of `now`. */
export function evolve(now: TypeSerializer<unknown>, before: TypeSerializer<unknown>, value: unknown): unknown {
  const given = answer(now, before);
  if (given.outcome === 'incompatible') expect.fail(given.reason);
  const reader =
    given.outcome === 'compatible-after-migration'
      ? given.previous
      : given.outcome === 'compatible-with-reconfigured-serializer'
        ? given.serializer
        : now;
  const read = deserializeFromBytes(reader, serializeToBytes(before as TypeSerializer<unknown>, value));
  const today = now as TypeSerializer<unknown>;
  expect(deserializeFromBytes(today, serializeToBytes(today, read))).toStrictEqual(read);
  return read;
}
