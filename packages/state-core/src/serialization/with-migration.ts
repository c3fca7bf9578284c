// withMigration(type, migrate): a type that also reads what an incompatible older type wrote.

import type { ByteReader } from '../bytes/byte-reader.js';
import type { ByteWriter } from '../bytes/byte-writer.js';
import { checkElement, type ElementSerializer } from './element-serializer.js';
import { restoreSerializer } from './restore-serializer.js';
import { AS_IS, afterMigration, resolveAgainst } from './schema-compatibility.js';
import { describeSnapshot } from './serializer-snapshot.js';
import { runMigration } from './struct-evolution.js';
import type { SchemaCompatibility, SerializerSnapshot, TypeSerializer } from './type-serializer.js';

class MigratingSerializer<T> implements TypeSerializer<T> {
  readonly typeName: string;
  readonly isImmutableType: boolean;
  readonly fixedLength: number | undefined;
  readonly parts: readonly TypeSerializer<unknown>[];
  private readonly type: TypeSerializer<T>;
  private readonly migrate: (old: unknown, previous: SerializerSnapshot) => T;

  constructor(type: TypeSerializer<T>, migrate: (old: unknown, previous: SerializerSnapshot) => T) {
    checkElement(type, 'migration');
    this.type = type;
    this.migrate = migrate;
    this.typeName = type.typeName;
    this.isImmutableType = type.isImmutableType;
    this.fixedLength = type.fixedLength;
    this.parts = [type];
  }

  serialize(value: T, output: ByteWriter): void {
    this.type.serialize(value, output);
  }

  deserialize(input: ByteReader): T {
    return this.type.deserialize(input);
  }

  copy(value: T): T {
    return this.type.copy(value);
  }

  snapshot(): SerializerSnapshot {
    return this.type.snapshot();
  }

  resolveCompatibility(previous: SerializerSnapshot): SchemaCompatibility<T> {
    const answer = this.type.resolveCompatibility(previous);
    if (answer.outcome === 'compatible-with-reconfigured-serializer') {
      return { ...answer, serializer: new MigratingSerializer(answer.serializer, this.migrate) };
    }
    if (answer.outcome !== 'incompatible') return answer.outcome === 'compatible-as-is' ? AS_IS : answer;
    return resolveAgainst(this.type.snapshot(), previous, (checked) => {
      const old = restoreSerializer(checked, { custom: [this.type] });
      return afterMigration({
        deserialize: (input: ByteReader) =>
          runMigration(() => this.migrate(old.deserialize(input), checked), describeSnapshot(checked)),
      });
    });
  }
}

/**
 * The same type, with a way to read what an incompatible older type wrote. Not for keys: they never migrate.
 *
 * @param migrate - Makes a value of today from a stored one. Called only where the type itself cannot read the old
 *   bytes; gets the value as the stored schema describes it, and that schema.
 * @example withMigration(float64, (old) => Number(old))   // the state was a string
 */
export function withMigration<T>(
  type: ElementSerializer<T>,
  migrate: (old: unknown, previous: SerializerSnapshot) => T,
): TypeSerializer<T> {
  return new MigratingSerializer<T>(type, migrate);
}
