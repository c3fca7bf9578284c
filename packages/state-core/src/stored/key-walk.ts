// Walks over the keys of a state in one key group: what the store has, merged with what is in memory, in the order of the
// paths.
//
//   KW1. A walk fails when keys or entries came or went; that the time of an entry is up is no such change.
//   KW2. What is dirty at the beginning comes from memory, all else from the store, in chunks; what memory says to be gone is
//        passed over.
//   KW3. A key with a map comes once, however many entries the map has.

import { ByteReader } from '../bytes/byte-reader.js';
import { compareBytes, latin1OfBytes } from '../serialization/key-bytes.js';
import { concurrentModification } from '../support/concurrent-modification.js';
import type { CellTable } from './cell-table.js';
import type { PathWriter } from './path-writer.js';
import { NOTHING } from './stored-table.js';

const CHUNK = 256;
const NO_BYTES: Uint8Array = new Uint8Array(0);

/** A key and its namespace. */
export type KeyAndNamespace = readonly [key: unknown, namespace: unknown];

interface MemoryKey {
  readonly order: Uint8Array;
  readonly path: string;
  readonly entry: KeyAndNamespace;
  isThere(): boolean;
}

/** The keys and namespaces that have something in a state and key group, ascending. @throws StateError as ST5 of stored-table.ts. */
export function* keysOfTable(
  table: CellTable,
  paths: PathWriter,
  orderOf: ((path: Uint8Array) => Uint8Array) | undefined,
): Iterable<KeyAndNamespace> {
  const memory = table.types.isMap ? mapsInMemory(table, paths, orderOf) : cellsInMemory(table, paths, orderOf);
  const inMemory = new Set(memory.map(({ path }) => path));
  const stored = storedKeys(table, inMemory);
  const { structure } = table;
  table.keyWalks++;
  try {
    let next = stored.next();
    for (const { order, entry, isThere } of memory) {
      while (!next.done && compareBytes(orderOf?.(next.value.path) ?? next.value.path, order) < 0) {
        yield next.value.entry;
        checkUnchanged(table, structure);
        next = stored.next();
      }
      if (!isThere()) continue;
      yield entry;
      checkUnchanged(table, structure);
    }
    for (; !next.done; next = stored.next()) {
      yield next.value.entry;
      checkUnchanged(table, structure);
    }
  } finally {
    table.keyWalks--;
  }
}

function checkUnchanged(table: CellTable, structure: number): void {
  if (table.structure !== structure) throw concurrentModification('the keys of a state');
}

function cellsInMemory(
  table: CellTable,
  paths: PathWriter,
  orderOf: ((path: Uint8Array) => Uint8Array) | undefined,
): MemoryKey[] {
  const memory: MemoryKey[] = [];
  for (const cell of table.cells.values()) {
    if (cell.dirtyEpoch === 0 || !cell.isPresent) continue;
    const path = cell.encode(paths).slice();
    const { keyIdentity, namespaceIdentity, key, namespace } = cell;
    memory.push({
      order: orderOf?.(path) ?? path,
      path: latin1OfBytes(path),
      entry: [key, namespace],
      isThere: () => table.cells.get(keyIdentity, namespaceIdentity)?.isPresent !== false,
    });
  }
  return memory.sort((a, b) => compareBytes(a.order, b.order));
}

function mapsInMemory(
  table: CellTable,
  paths: PathWriter,
  orderOf: ((path: Uint8Array) => Uint8Array) | undefined,
): MemoryKey[] {
  const memory: MemoryKey[] = [];
  for (const owner of table.owners.values()) {
    if (owner.live === 0) continue;
    const path = owner.prefix(paths);
    memory.push({
      order: orderOf?.(path) ?? path,
      path: latin1OfBytes(path),
      entry: [owner.key, owner.namespace],
      isThere: () => true,
    });
  }
  return memory.sort((a, b) => compareBytes(a.order, b.order));
}

interface StoredKey {
  readonly path: Uint8Array;
  readonly entry: KeyAndNamespace;
}

/** Keys of the store that memory does not list itself, and that it does not say to be gone. */
function* storedKeys(table: CellTable, inMemory: ReadonlySet<string>): Generator<StoredKey> {
  const { stored, types } = table;
  /** Of the map that was come to last, and those before where maps need not stand together. */
  const seen = new Set<string>();
  let after: Uint8Array | undefined;
  for (;;) {
    const chunk = stored.scanPaths(NO_BYTES, after, CHUNK);
    for (const { path } of chunk) {
      after = path;
      const input = new ByteReader(path);
      const key = types.key.deserializeKey(input);
      const namespace = types.namespace.deserializeKey(input);
      const prefix = types.isMap ? path.subarray(0, input.position) : path;
      if (inMemory.size > 0 && inMemory.has(latin1OfBytes(prefix))) continue;
      const keyIdentity = types.key.identity(key);
      const namespaceIdentity = types.namespace.identity(namespace);
      if (!types.isMap) {
        if (table.cells.get(keyIdentity, namespaceIdentity)?.isPresent === false) continue;
        yield { path, entry: [key, namespace] };
        continue;
      }
      const text = latin1OfBytes(prefix);
      if (seen.has(text)) continue;
      const owner = table.owners.get(keyIdentity, namespaceIdentity);
      if (owner?.clearing !== undefined) continue;
      if (owner !== undefined && owner.cells.size > 0) {
        const mapKey = types.mapKey.deserializeKey(input);
        if (owner.cells.get(types.mapKey.identity(mapKey))?.value === NOTHING) continue;
      }
      seen.add(text);
      yield { path: prefix, entry: [key, namespace] };
    }
    if (chunk.length < CHUNK) return;
  }
}
