// Where the elements of a queue are in the store, and in snapshots.
//
//   in the store      priority | key | namespace     so that a scan gives the elements in the order of the queue
//   in a snapshot     key | namespace | priority     as the entries of a map: the address of every keyed entry begins with its key
//   as text           one character per byte of the path in the store
//
//   QP1. Each part ends by itself, so the order of the paths is that of the priorities, then of the bytes of key and namespace.
//   QP2. The text of an element is its identity and its place in the order.

import { ByteReader } from '../bytes/byte-reader.js';
import { ByteWriter } from '../bytes/byte-writer.js';
import { latin1OfBytes } from '../serialization/key-bytes.js';
import type { KeySerializer } from '../serialization/type-serializer.js';
import type { PriorityQueueElement } from '../state-backend/priority-queue.js';
import { PathParts } from './path-parts.js';
import { describeKeyOf } from './stored-damage.js';

/** A buffer that has grown past this is not kept. */
const KEPT_BYTES_MAX = 65_536;

/** An element of a queue whose types nobody knows here. */
export type AnyElement = PriorityQueueElement<unknown, unknown, unknown>;

/** The types of a queue. */
export interface QueueTypes {
  readonly key: KeySerializer<unknown>;
  readonly namespace: KeySerializer<unknown>;
  readonly priority: KeySerializer<unknown>;
}

/** The paths of one queue. */
export class QueuePaths {
  private writer: ByteWriter = new ByteWriter();
  private readonly parts: PathParts;

  constructor(private readonly types: QueueTypes) {
    const { priority, key, namespace } = types;
    this.parts = new PathParts(priority, key, namespace);
  }

  /** The path of an element. Valid until the next is asked for. @throws StateError `value-not-serializable`, `value-too-large`. */
  pathOf({ key, namespace, priority }: AnyElement): Uint8Array {
    const { types } = this;
    if (this.writer.length > KEPT_BYTES_MAX) this.writer = new ByteWriter();
    const { writer } = this;
    writer.reset();
    types.priority.serializeKey(priority, writer);
    types.key.serializeKey(key, writer);
    types.namespace.serializeKey(namespace, writer);
    return writer.view();
  }

  /** The element of a path. @throws StateError of kind `corrupt`. */
  elementOf(path: Uint8Array): AnyElement {
    const { types } = this;
    const input = new ByteReader(path);
    const priority = types.priority.deserializeKey(input);
    const key = types.key.deserializeKey(input);
    const namespace = types.namespace.deserializeKey(input);
    input.expectEnd();
    return { key, namespace, priority };
  }

  /** The path in a snapshot of a path in the store. @throws StateError of kind `corrupt`. */
  inSnapshot(path: Uint8Array): Uint8Array {
    const { parts } = this;
    parts.divide(path);
    const turned = new Uint8Array(path.length);
    turned.set(path.subarray(parts.keyEnd));
    turned.set(path.subarray(0, parts.keyEnd), path.length - parts.keyEnd);
    return turned;
  }

  /** The key of a path in the store, for messages. */
  keyInWords(path: Uint8Array): string {
    let rest = path;
    try {
      const input = new ByteReader(path);
      this.types.priority.deserializeKey(input);
      rest = path.subarray(input.position);
    } catch {
      // Then the bytes are told as they are.
    }
    return describeKeyOf(this.types.key, rest);
  }
}

/** The text of a path (QP2). */
export function textOfPath(path: Uint8Array): string {
  return latin1OfBytes(path);
}

/** The path of a text. Belongs to the caller. */
export function pathOfText(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length);
  for (let index = 0; index < text.length; index++) bytes[index] = text.charCodeAt(index);
  return bytes;
}
