// How answers about the parts of a type become the answer about the whole.
//
//   C1. Precedence as in Flink's CompositeTypeSerializerSnapshot: incompatible, then after migration, then
//       reconfigured, then as is.
//   C2. A reason starts with the path of the difference (`$.pos.x: `) and shows the old and the new type side by side.
//   C3. resolveCompatibility never throws: a stored schema that cannot be read is incompatible.

import { checkSnapshot, describeSnapshot, LAYOUT_VERSION, snapshotsEqual } from './serializer-snapshot.js';
import type { SchemaCompatibility, SerializerSnapshot, TypeSerializer, ValueReader } from './type-serializer.js';

const DESCRIPTION_LENGTH_MAX = 400;

/** The answer that the serializer reads the old bytes itself. */
export const AS_IS: { readonly outcome: 'compatible-as-is' } = Object.freeze({ outcome: 'compatible-as-is' });

/** The answer that old values are read by `previous` and written anew. */
export function afterMigration<T>(previous: ValueReader<T>): SchemaCompatibility<T> {
  return { outcome: 'compatible-after-migration', previous };
}

/** The answer that old values cannot be read; the reason gets the path `$` and both types (C2). */
export function incompatible<T>(
  previous: SerializerSnapshot,
  own: SerializerSnapshot,
  why = '',
): SchemaCompatibility<T> {
  const before = shorten(describeSnapshot(previous));
  const after = shorten(describeSnapshot(own));
  return { outcome: 'incompatible', reason: `$: ${why === '' ? '' : `${why}; `}was ${before}, is ${after}` };
}

/** An answer about a part, seen from the whole: the step goes into the path of the reason, or of each of its lines. */
export function reasonWithin(reason: string, step: string): string {
  if (!reason.startsWith('$')) return `$${step}: ${reason}`;
  return reason.replaceAll(/^\$/gm, () => `$${step}`);
}

/**
 * The frame of every resolveCompatibility: checks the stored schema, answers equality, and asks `decide` otherwise (C3).
 */
export function resolveAgainst<T>(
  own: SerializerSnapshot,
  previous: SerializerSnapshot,
  decide: (previous: SerializerSnapshot) => SchemaCompatibility<T>,
): SchemaCompatibility<T> {
  try {
    const checked = checkSnapshot(previous);
    if (snapshotsEqual(own, checked)) return AS_IS;
    return decide(checked);
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return { outcome: 'incompatible', reason: `$: ${message}; is ${shorten(describeSnapshot(own))}` };
  }
}

/** The decision of a type without parts: equal, or one of the types it widens. */
export function resolveLeaf<T>(
  own: SerializerSnapshot,
  previous: SerializerSnapshot,
  widened?: ReadonlyMap<string, ValueReader<T>>,
): SchemaCompatibility<T> {
  return resolveAgainst(own, previous, (checked) => {
    const reader = checked.version === LAYOUT_VERSION ? widened?.get(checked.type) : undefined;
    return reader === undefined ? incompatible(checked, own) : afterMigration(reader);
  });
}

/** A part of a composite, and what its serializer answered about the stored schema of that part. */
export interface PartCompatibility {
  /** The step of the path to the part: `.x`, `[0]`. */
  readonly step: string;
  readonly serializer: TypeSerializer<unknown>;
  readonly answer: SchemaCompatibility<unknown>;
}

/** How a composite is put together from its parts. */
export interface Composition<T> {
  /** Reads the old layout with one reader for each part, in order. */
  reader(parts: readonly ValueReader<unknown>[]): ValueReader<T>;
  /** The composite over other serializers of its parts, in order. */
  rebuild(parts: readonly TypeSerializer<unknown>[]): TypeSerializer<T>;
}

/** Asks a part about its stored schema. */
export function resolvePart(
  step: string,
  serializer: TypeSerializer<unknown>,
  previous: SerializerSnapshot,
): PartCompatibility {
  return { step, serializer, answer: serializer.resolveCompatibility(previous) };
}

/** The answer about a composite whose layout is unchanged, from the answers about its parts (C1). */
export function combineParts<T>(
  parts: readonly PartCompatibility[],
  composition: Composition<T>,
): SchemaCompatibility<T> {
  const reasons = incompatibleReasons(parts);
  if (reasons !== undefined) return { outcome: 'incompatible', reason: reasons };
  if (parts.some(({ answer }) => answer.outcome === 'compatible-after-migration')) {
    return afterMigration(composition.reader(parts.map(readerOfPart)));
  }
  if (parts.some(({ answer }) => answer.outcome === 'compatible-with-reconfigured-serializer')) {
    return {
      outcome: 'compatible-with-reconfigured-serializer',
      serializer: composition.rebuild(parts.map(serializerOfPart)),
    };
  }
  return AS_IS;
}

/** Every reason of an incompatible part, with its path; undefined when all parts can be read. */
export function incompatibleReasons(parts: readonly PartCompatibility[]): string | undefined {
  const reasons: string[] = [];
  for (const { step, answer } of parts) {
    if (answer.outcome === 'incompatible') reasons.push(reasonWithin(answer.reason, step));
  }
  return reasons.length === 0 ? undefined : reasons.join('\n');
}

/** What reads the old bytes of a part that is not incompatible. */
export function readerOfPart({ serializer, answer }: PartCompatibility): ValueReader<unknown> {
  if (answer.outcome === 'compatible-after-migration') return answer.previous;
  return answer.outcome === 'compatible-with-reconfigured-serializer' ? answer.serializer : serializer;
}

function serializerOfPart({ serializer, answer }: PartCompatibility): TypeSerializer<unknown> {
  return answer.outcome === 'compatible-with-reconfigured-serializer' ? answer.serializer : serializer;
}

function shorten(text: string): string {
  return text.length <= DESCRIPTION_LENGTH_MAX ? text : `${text.slice(0, DESCRIPTION_LENGTH_MAX)}…`;
}
