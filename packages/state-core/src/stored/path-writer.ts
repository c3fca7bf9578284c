// Paths of the addresses that a program uses, encoded into one buffer that is used again and again.
//
//   PW1. A path is valid until the next one is asked for.

import { ByteWriter } from '../bytes/byte-writer.js';
import type { CellTypes } from './cell-table.js';

const CAPACITY_BYTES = 512;
/** A buffer that has grown past this is not kept. */
const KEPT_BYTES_MAX = 65_536;

/** Encodes paths. */
export class PathWriter {
  private writer: ByteWriter = new ByteWriter(CAPACITY_BYTES);

  /** The path of a key and namespace; of a map: what its entries begin with. @throws StateError `value-not-serializable`, `value-too-large`. */
  path(types: CellTypes, key: unknown, namespace: unknown): Uint8Array {
    const writer = this.begin();
    types.key.serializeKey(key, writer);
    if (types.hasNamespaces) types.namespace.serializeKey(namespace, writer);
    return writer.view();
  }

  /** The path of an entry of a map, from the prefix of the map. @throws as {@link path}. */
  pathOfEntry(types: CellTypes, prefix: Uint8Array, mapKey: unknown): Uint8Array {
    const writer = this.begin();
    writer.writeBytes(prefix);
    types.mapKey.serializeKey(mapKey, writer);
    return writer.view();
  }

  /** As {@link pathOfEntry}, where there is no map in memory. @throws as {@link path}. */
  pathOf(types: CellTypes, key: unknown, namespace: unknown, mapKey: unknown): Uint8Array {
    const writer = this.begin();
    types.key.serializeKey(key, writer);
    if (types.hasNamespaces) types.namespace.serializeKey(namespace, writer);
    types.mapKey.serializeKey(mapKey, writer);
    return writer.view();
  }

  private begin(): ByteWriter {
    if (this.writer.length > KEPT_BYTES_MAX) this.writer = new ByteWriter(CAPACITY_BYTES);
    this.writer.reset();
    return this.writer;
  }
}
