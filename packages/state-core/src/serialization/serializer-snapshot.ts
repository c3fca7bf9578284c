// Schemas as plain data: compared, shown in one line, and checked when they come from stored bytes.
//
//   P1. A schema read from a snapshot is hostile until checkSnapshot has bounded its depth and size; every function
//       below that walks one relies on it.
//   P2. A serializer whose own schema exceeds these bounds cannot be constructed: what is written can be restored.
//   P3. Lists of named parts are arrays of { name, type }: a name never becomes a property of an object of ours.

import { StateError } from '../error/state-error.js';
import { isIdentifier } from './refusal.js';
import type { PlainData, SerializerSnapshot } from './type-serializer.js';

/** Version of the layouts that the built-in serializers write. */
export const LAYOUT_VERSION: number = 1;

/** The deepest nesting of plain data in a schema: about 60 levels of types. */
const DATA_DEPTH_MAX = 256;

/** The most values, names included, in a schema. */
const DATA_SIZE_MAX = 200_000;

const TYPE_NAME_LENGTH_MAX = 1_000;

/** A named part of a schema: a field of a struct, an alternative of a union. */
export interface NamedSnapshot {
  readonly name: string;
  readonly type: SerializerSnapshot;
}

/** A schema as part of another one. */
export function asPlainData(snapshot: SerializerSnapshot): PlainData {
  return snapshot as unknown as PlainData;
}

/** Named parts as plain data (P3). */
export function namedAsPlainData(parts: readonly NamedSnapshot[]): PlainData {
  return parts.map(({ name, type }) => ({ name, type: asPlainData(type) }));
}

/**
 * Checks that something read from storage has the shape of a schema and is bounded (P1).
 *
 * @throws StateError `snapshot-invalid` when it does not.
 */
export function checkSnapshot(value: unknown): SerializerSnapshot {
  measure(value);
  return snapshotShape(value, 'a schema');
}

/** @throws RangeError for the schema of a serializer that could not be restored (P2). */
export function checkOwnSnapshot(snapshot: SerializerSnapshot): SerializerSnapshot {
  try {
    return checkSnapshot(snapshot);
  } catch (error) {
    throw new RangeError('the type is nested too deeply, or has too many parts, to be stored as a schema', {
      cause: error,
    });
  }
}

/** The schema stored under a parameter. @throws StateError `snapshot-invalid` when there is none. */
export function snapshotParameter(snapshot: SerializerSnapshot, name: string): SerializerSnapshot {
  return snapshotShape(parameterOf(snapshot, name), `the parameter ${name} of ${snapshot.type}`);
}

/** The schemas listed under a parameter. @throws StateError `snapshot-invalid` when there is no such list. */
export function snapshotListParameter(snapshot: SerializerSnapshot, name: string): readonly SerializerSnapshot[] {
  return listParameter(snapshot, name).map((part) => snapshotShape(part, `an element of ${name} of ${snapshot.type}`));
}

/** The named schemas under a parameter, no name twice. @throws StateError `snapshot-invalid` otherwise. */
export function namedSnapshotsParameter(snapshot: SerializerSnapshot, name: string): readonly NamedSnapshot[] {
  const seen = new Set<string>();
  return listParameter(snapshot, name).map((part) => {
    const entry = isRecord(part) ? part : {};
    const partName = entry['name'];
    if (typeof partName !== 'string' || seen.has(partName))
      throw invalid(`${name} of ${snapshot.type} has a part without a name of its own`);
    seen.add(partName);
    return {
      name: partName,
      type: snapshotShape(entry['type'], `the part ${JSON.stringify(partName)} of ${snapshot.type}`),
    };
  });
}

/** A list under a parameter. @throws StateError `snapshot-invalid` when there is none. */
export function listParameter(snapshot: SerializerSnapshot, name: string): readonly PlainData[] {
  const value = parameterOf(snapshot, name);
  if (!Array.isArray(value)) throw invalid(`the parameter ${name} of ${snapshot.type} is no list`);
  return value;
}

/** A parameter by its name; undefined when it was not stored. */
export function parameterOf(snapshot: SerializerSnapshot, name: string): PlainData | undefined {
  const parameters = snapshot.parameters;
  return parameters !== undefined && Object.hasOwn(parameters, name) ? parameters[name] : undefined;
}

/** Whether two schemas describe the same bytes and the same values. */
export function snapshotsEqual(a: SerializerSnapshot, b: SerializerSnapshot): boolean {
  return (
    a === b || (a.type === b.type && a.version === b.version && plainEqual(a.parameters ?? {}, b.parameters ?? {}, 0))
  );
}

function plainEqual(a: PlainData | undefined, b: PlainData | undefined, depth: number): boolean {
  if (Object.is(a, b)) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null || depth > DATA_DEPTH_MAX)
    return false;
  if (Array.isArray(a)) {
    return Array.isArray(b) && a.length === b.length && a.every((part, index) => plainEqual(part, b[index], depth + 1));
  }
  if (Array.isArray(b)) return false;
  const left = a as Readonly<Record<string, PlainData>>;
  const right = b as Readonly<Record<string, PlainData>>;
  const names = Object.keys(left);
  if (names.length !== Object.keys(right).length) return false;
  return names.every((name) => Object.hasOwn(right, name) && plainEqual(left[name], right[name], depth + 1));
}

/**
 * A schema in one line, as its declaration would read: `struct({ n: int32, sum: float64 })`.
 *
 * For messages: never throws, whatever the schema holds.
 */
export function describeSnapshot(snapshot: SerializerSnapshot): string {
  try {
    return describe(snapshot);
  } catch {
    return typeof snapshot?.type === 'string'
      ? `${snapshot.type.slice(0, TYPE_NAME_LENGTH_MAX)}(not readable)`
      : 'a schema that is not readable';
  }
}

function describe(snapshot: SerializerSnapshot): string {
  switch (snapshot.type) {
    case 'list':
    case 'set':
      return `${snapshot.type}(${describe(snapshotParameter(snapshot, 'element'))})`;
    case 'nullable':
    case 'optional':
      return `${snapshot.type}(${describe(snapshotParameter(snapshot, 'value'))})`;
    case 'map':
      return `map(${describe(snapshotParameter(snapshot, 'key'))}, ${describe(snapshotParameter(snapshot, 'value'))})`;
    case 'tuple':
      return `tuple(${snapshotListParameter(snapshot, 'elements').map(describe).join(', ')})`;
    case 'literal':
      return `literal(${listParameter(snapshot, 'values').map(describeLiteral).join(', ')})`;
    case 'struct':
      return `struct(${describeNamed(namedSnapshotsParameter(snapshot, 'fields'))}${describeSchemaVersion(snapshot)})`;
    case 'union': {
      const tag = parameterOf(snapshot, 'tag');
      return `union(${describeLiteral(tag ?? null)}, ${describeNamed(namedSnapshotsParameter(snapshot, 'alternatives'))})`;
    }
    default:
      return snapshot.version === LAYOUT_VERSION ? snapshot.type : `${snapshot.type} v${snapshot.version}`;
  }
}

function describeSchemaVersion(snapshot: SerializerSnapshot): string {
  const version = parameterOf(snapshot, 'version');
  return version === undefined ? '' : `, version ${String(version)}`;
}

function describeNamed(parts: readonly NamedSnapshot[]): string {
  if (parts.length === 0) return '{}';
  const named = parts.map(({ name, type }) => `${isIdentifier(name) ? name : JSON.stringify(name)}: ${describe(type)}`);
  return `{ ${named.join(', ')} }`;
}

function describeLiteral(value: PlainData): string {
  return typeof value === 'string'
    ? `'${JSON.stringify(value).slice(1, -1).replaceAll("'", "\\'")}'`
    : JSON.stringify(value);
}

function snapshotShape(value: unknown, what: string): SerializerSnapshot {
  if (!isRecord(value)) throw invalid(`${what} is not an object`);
  const { type, version, parameters } = value;
  if (typeof type !== 'string' || type === '' || type.length > TYPE_NAME_LENGTH_MAX)
    throw invalid(`${what} names no type`);
  if (!Number.isSafeInteger(version) || (version as number) < 1) throw invalid(`${what} has no version`);
  if (parameters !== undefined && !isRecord(parameters)) throw invalid(`the parameters of ${what} are not an object`);
  return value as unknown as SerializerSnapshot;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function measure(root: unknown): void {
  // Iterative: the depth is what is being measured, so it must not be spent on the call stack.
  const pending: [value: unknown, depth: number][] = [[root, 0]];
  let size = 0;
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const [value, depth] = next;
    if (++size > DATA_SIZE_MAX) throw invalid(`a schema of more than ${DATA_SIZE_MAX} values`);
    if (depth > DATA_DEPTH_MAX) throw invalid(`a schema nested deeper than ${DATA_DEPTH_MAX} levels`);
    if (Array.isArray(value)) {
      if (size + value.length > DATA_SIZE_MAX) throw invalid(`a schema of more than ${DATA_SIZE_MAX} values`);
      for (const part of value) pending.push([part, depth + 1]);
    } else if (typeof value === 'object' && value !== null) {
      for (const name of Object.keys(value)) {
        const part = (value as Record<string, unknown>)[name];
        if (part !== undefined) pending.push([part, depth + 1]);
      }
    } else if (value !== null && typeof value !== 'string' && typeof value !== 'boolean' && !Number.isFinite(value)) {
      throw invalid(`a schema that holds a ${typeof value}`);
    }
  }
}

/** The error for a stored schema that no serializer of ours wrote. */
export function invalid(what: string): StateError {
  return new StateError('snapshot-invalid', `the stored schema cannot be read: ${what}`, { details: { what } });
}
