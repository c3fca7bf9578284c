// The stored form of the header: canonical JSON, checked field by field when it is written and when it is read.
//
//   HF1. A later version may add what an older one can do without to the `optional` objects of the header and of a state;
//        members that this version does not know are kept as they are. Any other unknown field is refused.
//   HF2. What comes out of decodeHeader has the shape of a SegmentHeader, whatever went in, and its schemas are bounded.

import { StateError } from '../error/state-error.js';
import { isOptionalFacts, type OptionalFacts } from '../handle/optional-facts.js';
import { UPPER_BOUND_MAX_PARALLELISM } from '../key-group/key-group-assignment.js';
import { KEY_HASH } from '../key-group/key-hash.js';
import { checkSnapshot } from '../serialization/serializer-snapshot.js';
import type { SerializerSnapshot } from '../serialization/type-serializer.js';
import { canonicalJson } from './canonical-json.js';
import type { SegmentHeader, SegmentStateKind, StateSchema } from './segment-header.js';
import { HEADER_JSON_BYTES_MAX, STATES_MAX } from './segment-layout.js';

const STATE_KINDS: ReadonlySet<string> = new Set<SegmentStateKind>([
  'value',
  'list',
  'map',
  'reducing',
  'aggregating',
  'folding',
  'priority-queue',
]);

const HEADER_FIELDS: readonly string[] = [
  'uid',
  'checkpointId',
  'baseCheckpointId',
  'keyGroupRange',
  'maxParallelism',
  'keyHash',
  'key',
  'states',
  'sorted',
  'compression',
  'ttlClocks',
  'optional',
  'writer',
  'timestampMs',
];
const STATE_FIELDS: readonly string[] = [
  'id',
  'name',
  'kind',
  'namespace',
  'value',
  'mapKey',
  'ttl',
  'ttlTime',
  'optional',
];
const RANGE_FIELDS: readonly string[] = ['first', 'last'];

type Fields = Readonly<Record<string, unknown>>;

/**
 * The JSON of a header.
 *
 * @throws StateError `too-many-states`. TypeError for a header that {@link decodeHeader} would refuse.
 */
export function encodeHeader(header: SegmentHeader): Uint8Array<ArrayBuffer> {
  if (header.states.length > STATES_MAX) {
    throw new StateError(
      'too-many-states',
      `a snapshot of ${header.states.length} states, the most is ${STATES_MAX}; use one MapState where the program makes states by the thousand`,
      { details: { states: header.states.length, statesMax: STATES_MAX } },
    );
  }
  const json = new TextEncoder().encode(canonicalJson(header));
  if (json.length > HEADER_JSON_BYTES_MAX) {
    throw new TypeError(
      `the header of a segment would take ${json.length} bytes, the most is ${HEADER_JSON_BYTES_MAX}`,
    );
  }
  try {
    decodeHeader(json);
  } catch (error) {
    throw new TypeError(`not the header of a segment: ${(error as Error).message}`, { cause: error });
  }
  return json;
}

/** How deep the JSON may nest; schemas are bounded more tightly afterwards. */
const NESTING_MAX = 512;

/** Reads the JSON of a header. @throws StateError `snapshot-invalid` without saying of which file. */
export function decodeHeader(json: Uint8Array): SegmentHeader {
  // JSON.parse spends some fifty bytes on every bracket: megabytes of them would take gigabytes.
  if (nestsDeeper(json, NESTING_MAX)) throw wrong(`it nests deeper than ${NESTING_MAX} levels`);
  let parsed: unknown;
  try {
    parsed = JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(json));
  } catch (error) {
    throw wrong(`it is not JSON (${(error as Error).message})`);
  }
  const fields = fieldsOf(parsed, 'it', HEADER_FIELDS);
  const maxParallelism = integer(fields, 'maxParallelism', 1, UPPER_BOUND_MAX_PARALLELISM);
  const keyGroupRange = keyGroupRangeOf(fields, maxParallelism);
  const checkpointId = integer(fields, 'checkpointId', 0);
  if (text(fields, 'keyHash') !== KEY_HASH) {
    throw wrong(
      `its keys were placed by ${JSON.stringify(fields['keyHash'])}, this version places them by ${KEY_HASH}`,
    );
  }
  const uid = text(fields, 'uid');
  if (!/^[0-9a-f]{32}$/.test(uid)) throw wrong('uid is not 32 hexadecimal digits');
  return {
    uid,
    checkpointId,
    ...(fields['baseCheckpointId'] === undefined
      ? {}
      : { baseCheckpointId: integer(fields, 'baseCheckpointId', 0, checkpointId - 1) }),
    keyGroupRange,
    maxParallelism,
    keyHash: KEY_HASH,
    key: schemaOf(fields['key']),
    states: statesOf(fields['states']),
    sorted: flag(fields, 'sorted'),
    ...(fields['compression'] === undefined ? {} : { compression: text(fields, 'compression') }),
    ...(fields['ttlClocks'] === undefined ? {} : { ttlClocks: ttlClocksOf(fields['ttlClocks'], keyGroupRange) }),
    ...optionalOf(fields),
    writer: text(fields, 'writer'),
    timestampMs: integer(fields, 'timestampMs'),
  };
}

function nestsDeeper(json: Uint8Array, levels: number): boolean {
  let depth = 0;
  let inText = false;
  for (let at = 0; at < json.length; at++) {
    const byte = json[at];
    if (byte === 0x22) inText = !inText;
    else if (byte === 0x5c && inText) at++;
    else if (inText) continue;
    else if (byte === 0x5b || byte === 0x7b) {
      if (++depth > levels) return true;
    } else if (byte === 0x5d || byte === 0x7d) depth--;
  }
  return false;
}

function keyGroupRangeOf(fields: Fields, maxParallelism: number): { first: number; last: number } {
  const range = fieldsOf(fields['keyGroupRange'], 'keyGroupRange', RANGE_FIELDS);
  const first = integer(range, 'first', 0, maxParallelism - 1);
  return { first, last: integer(range, 'last', first, maxParallelism - 1) };
}

function statesOf(value: unknown): readonly StateSchema[] {
  const list = listOf(value, 'states', STATES_MAX);
  const ids = new Set<number>();
  const names = new Set<string>();
  return list.map((entry) => {
    const state = stateOf(fieldsOf(entry, 'a state', STATE_FIELDS));
    if (ids.has(state.id) || names.has(state.name)) {
      throw wrong(`two states with the id ${state.id} or the name ${JSON.stringify(state.name)}`);
    }
    ids.add(state.id);
    names.add(state.name);
    return state;
  });
}

function stateOf(fields: Fields): StateSchema {
  const kind = text(fields, 'kind');
  if (!STATE_KINDS.has(kind)) throw wrong(`a state of the unknown kind ${JSON.stringify(kind)}`);
  const mapKey = fields['mapKey'];
  // Elements of a queue are told apart by their priority as entries of a map are by their key.
  const isKeyed = kind === 'map' || kind === 'priority-queue';
  if (isKeyed !== (mapKey !== undefined)) {
    throw wrong(`a state of kind ${kind} ${mapKey === undefined ? 'without' : 'with'} a schema of map keys`);
  }
  return {
    id: integer(fields, 'id', 0, STATES_MAX - 1),
    name: text(fields, 'name'),
    kind: kind as SegmentStateKind,
    namespace: schemaOf(fields['namespace']),
    value: schemaOf(fields['value']),
    ...(mapKey === undefined ? {} : { mapKey: schemaOf(mapKey) }),
    ...stampsOf(fields, kind),
    ...optionalOf(fields),
  };
}

function stampsOf(fields: Fields, kind: string): Pick<StateSchema, 'ttl' | 'ttlTime'> {
  const ttl = flag(fields, 'ttl');
  const ttlTime = own(fields, 'ttlTime');
  if (ttl && kind === 'priority-queue') throw wrong('a priority queue with time to live');
  if (!ttl && ttlTime === undefined) return { ttl };
  if (!ttl || (ttlTime !== 'processing' && ttlTime !== 'event')) {
    throw wrong(`time stamps of the clock ${JSON.stringify(ttlTime)} in a state ${ttl ? 'with' : 'without'} any`);
  }
  return { ttl, ttlTime };
}

function optionalOf(fields: Fields): { readonly optional?: OptionalFacts } {
  const optional = own(fields, 'optional');
  if (optional === undefined) return {};
  if (!isOptionalFacts(optional)) throw wrong('optional is not an object of plain JSON of at most 32 levels');
  return { optional };
}

function ttlClocksOf(
  value: unknown,
  range: { readonly first: number; readonly last: number },
): readonly (readonly [number, number])[] {
  let previous = range.first - 1;
  return listOf(value, 'ttlClocks', UPPER_BOUND_MAX_PARALLELISM).map((entry) => {
    const [keyGroup, timestampMs, ...rest] = listOf(entry, 'an element of ttlClocks', 2);
    if (rest.length > 0 || !isInteger(keyGroup, previous + 1, range.last) || !isInteger(timestampMs)) {
      throw wrong('ttlClocks are not pairs of an ascending key group and a time');
    }
    previous = keyGroup;
    return [keyGroup, timestampMs] as const;
  });
}

function schemaOf(value: unknown): SerializerSnapshot {
  const { type, version, parameters } = checkSnapshot(value);
  return { type, version, ...(parameters === undefined ? {} : { parameters }) };
}

function fieldsOf(value: unknown, what: string, known: readonly string[]): Fields {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw wrong(`${what} is not an object`);
  for (const name of Object.keys(value)) {
    if (!known.includes(name) && (value as Fields)[name] !== undefined)
      throw wrong(`${what} has a field ${JSON.stringify(name)} that this version does not know`);
  }
  return value as Fields;
}

function listOf(value: unknown, what: string, lengthMax: number): readonly unknown[] {
  if (!Array.isArray(value) || value.length > lengthMax) throw wrong(`${what} is not a list of at most ${lengthMax}`);
  return value;
}

function integer(fields: Fields, name: string, least?: number, most?: number): number {
  const value = own(fields, name);
  if (!isInteger(value, least, most)) throw wrong(`${name} is not an integer in its range`);
  return value;
}

function isInteger(
  value: unknown,
  least: number = Number.MIN_SAFE_INTEGER,
  most: number = Number.MAX_SAFE_INTEGER,
): value is number {
  return Number.isSafeInteger(value) && (value as number) >= least && (value as number) <= most;
}

function text(fields: Fields, name: string): string {
  const value = own(fields, name);
  if (typeof value !== 'string' || value.length === 0) throw wrong(`${name} is not a text`);
  return value;
}

function flag(fields: Fields, name: string): boolean {
  const value = own(fields, name);
  if (typeof value !== 'boolean') throw wrong(`${name} is neither true nor false`);
  return value;
}

function own(fields: Fields, name: string): unknown {
  return Object.hasOwn(fields, name) ? fields[name] : undefined;
}

function wrong(what: string): StateError {
  return new StateError('snapshot-invalid', `the header of a segment cannot be used: ${what}`, { details: { what } });
}
