// How many bytes the key and the value of a state call take when serialized.
//
//   CS1. Sizes are those of a snapshot: canonical bytes of keys, namespaces and map keys, bytes of values.
//   CS2. Asking changes nothing. What cannot be serialized has no size; the snapshot that meets it says so.
//   CS3. Arguments and results that can be walked only once are read into an array, which takes their place.

import type { ByteWriter } from '../bytes/byte-writer.js';
import { withScratchWriter } from '../serialization/key-bytes.js';
import type { KeySerializer } from '../serialization/type-serializer.js';
import { VOID_NAMESPACE } from '../state/namespace.js';
import type { KeyContext } from '../state-backend/keyed-state-backend.js';
import type { KeyedStateRegistration } from './keyed-state-registry.js';
import type { TrackedOperation } from './tracked-operations.js';
import type { StateCall } from './tracked-state.js';

/** The types of a state that is tracked. */
export type TrackedTypes = Pick<
  KeyedStateRegistration,
  'name' | 'kind' | 'namespaceSerializer' | 'valueSerializer' | 'mapKeySerializer'
>;

/** What a call handled, in bytes; absent where there was nothing, or nothing that has a size. */
export interface CallSizes {
  readonly keyBytes: number | undefined;
  readonly valueBytes: number | undefined;
}

/** Measures the calls of one state. */
export class StateCallSizes {
  /** The namespace that is chosen, as far as it was seen. */
  namespace: unknown = VOID_NAMESPACE;

  constructor(
    private readonly keySerializer: KeySerializer<unknown>,
    private readonly keyContext: Pick<KeyContext<unknown>, 'getCurrentKey'>,
    private readonly types: TrackedTypes,
    private readonly stored: () => unknown,
  ) {}

  /** Makes a call and hands on its sizes once it has succeeded. */
  measure(
    operation: TrackedOperation,
    call: StateCall,
    a: unknown,
    b: unknown,
    take: (sizes: CallSizes) => void,
  ): unknown {
    const { size } = operation;
    const given = (size === 'elements' || size === 'entries') && isWalkable(a) ? [...a] : a;
    const returned = call(given, b);
    const result = size === 'results' && isWalkable(returned) ? [...returned] : returned;
    take({
      keyBytes: this.bytesOf((writer) => this.writeKey(operation, given, writer)),
      valueBytes: this.bytesOf((writer) => this.writeValues(operation, given, b, result, writer)),
    });
    return result;
  }

  private bytesOf(write: (writer: ByteWriter) => boolean): number | undefined {
    return withScratchWriter((writer) => {
      try {
        return write(writer) ? writer.length : undefined;
      } catch {
        return undefined;
      }
    });
  }

  private writeKey({ takesMapKey }: TrackedOperation, mapKey: unknown, writer: ByteWriter): boolean {
    const { namespaceSerializer, mapKeySerializer } = this.types;
    this.keySerializer.serializeKey(this.keyContext.getCurrentKey(), writer);
    if (namespaceSerializer.fixedLength !== 0) namespaceSerializer.serializeKey(this.namespace, writer);
    if (takesMapKey === true) mapKeySerializer?.serializeKey(mapKey, writer);
    return true;
  }

  private writeValues(
    { size }: TrackedOperation,
    a: unknown,
    b: unknown,
    result: unknown,
    writer: ByteWriter,
  ): boolean {
    switch (size) {
      case 'argument':
        return this.writeValue(a, writer);
      case 'entry':
        return this.writeValue(b, writer);
      case 'result':
        return this.writeValue(result, writer);
      case 'stored':
        return this.writeValue(this.stored(), writer);
      case 'elements':
        for (const element of a as Iterable<unknown>) this.writeValue(element, writer);
        return true;
      case 'results':
        for (const element of result as Iterable<unknown>) this.writeValue(element, writer);
        return true;
      case 'entries':
        for (const [, value] of a as Iterable<readonly [unknown, unknown]>) this.writeValue(value, writer);
        return true;
      default:
        return false;
    }
  }

  private writeValue(value: unknown, writer: ByteWriter): boolean {
    if (value === undefined) return false;
    this.types.valueSerializer.serialize(value, writer);
    return true;
  }
}

function isWalkable(value: unknown): value is Iterable<unknown> {
  return typeof value === 'object' && value !== null && Symbol.iterator in value;
}
