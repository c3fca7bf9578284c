// Where in a path the key ends and where the namespace.
//
//   path   key | namespace | map key        canonical bytes, each of which ends by itself
//
//   PP1. The last part is what is left; only what stands before it is looked at, without decoding where the type allows.

import { ByteReader } from '../bytes/byte-reader.js';
import { invalidBytes } from '../serialization/ordered-bytes.js';
import type { KeySerializer } from '../serialization/type-serializer.js';

/** The length of keys by type, for those that have one. */
const FIXED_BYTES: ReadonlyMap<string, number> = new Map([
  ['boolean', 1],
  ['int32', 4],
  ['safeInteger', 8],
  ['int64', 8],
  ['float64', 8],
  ['void-namespace', 0],
]);

/** Types whose content is escaped and ends with 00 01. */
const ESCAPED: ReadonlySet<string> = new Set(['string', 'bytes']);

type EndOf = (path: Uint8Array, start: number) => number;

/** Divides the paths of one state. */
export class PathParts {
  private readonly endOfKey: EndOf | undefined;
  private readonly endOfNamespace: EndOf | undefined;
  private readonly hasMapKey: boolean;
  /** Of the path divided last. */
  keyEnd = 0;
  namespaceEnd = 0;

  constructor(
    key: KeySerializer<unknown>,
    namespace: KeySerializer<unknown>,
    mapKey: KeySerializer<unknown> | undefined,
  ) {
    this.hasMapKey = mapKey !== undefined;
    const hasNamespace = namespace.snapshot().type !== 'void-namespace';
    this.endOfKey = hasNamespace || this.hasMapKey ? endOf(key) : undefined;
    this.endOfNamespace = hasNamespace && this.hasMapKey ? endOf(namespace) : undefined;
    if (!hasNamespace) this.endOfNamespace = this.hasMapKey ? (_path, start) => start : undefined;
    this.hasNamespace = hasNamespace;
  }

  private readonly hasNamespace: boolean;

  /** Divides a path: sets {@link keyEnd} and {@link namespaceEnd}. @throws StateError of kind `corrupt`. */
  divide(path: Uint8Array): void {
    const { length } = path;
    this.keyEnd = this.endOfKey === undefined ? length : this.endOfKey(path, 0);
    if (this.endOfNamespace !== undefined) this.namespaceEnd = this.endOfNamespace(path, this.keyEnd);
    else this.namespaceEnd = this.hasNamespace ? length : this.keyEnd;
    if (this.namespaceEnd > length) throw invalidBytes(`a path of ${length} bytes`, this.namespaceEnd);
  }
}

function endOf(serializer: KeySerializer<unknown>): EndOf {
  const { type } = serializer.snapshot();
  const fixed = FIXED_BYTES.get(type);
  if (fixed !== undefined) return (_path, start) => start + fixed;
  if (ESCAPED.has(type)) return endOfEscaped;
  return (path, start) => {
    const input = new ByteReader(path, start);
    serializer.deserializeKey(input);
    return input.position;
  };
}

function endOfEscaped(path: Uint8Array, start: number): number {
  let at = path.indexOf(0, start);
  while (at >= 0 && path[at + 1] === 0xff) at = path.indexOf(0, at + 2);
  if (at < 0 || path[at + 1] !== 0x01) throw invalidBytes('a key without end', start);
  return at + 2;
}
