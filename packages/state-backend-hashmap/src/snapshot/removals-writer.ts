// Writes what went from a table since a base: DELETE for entries, CLEAR for lists and for maps that went as a whole.
//
//   RW1. An address is written once, however often it went, and not at all when the snapshot sees an entry there.
//   RW2. CLEARs of maps come before everything else of the table; entries of a map that is cleared are not deleted besides.
//   RW3. While this runs nothing of the table counts as written, so the snapshot still sees every slot.

import type { KeyIdentity, KeySerializer } from '@tidemark/state-core';
import type { SnapshotContext } from '@tidemark/state-core/spi';
import { BLOCK_ENTRIES_MAX, type EntriesRegistration, type SegmentRecordWriter } from '@tidemark/state-core/support';
import type { EpochChanges } from '../table/change-log.js';
import type { FrozenEpoch } from '../table/epoch-clock.js';
import { type KeyIndex, NamespaceIndex } from '../table/key-index.js';
import type { KeyTable } from '../table/key-table.js';
import { MapTable } from '../table/map-table.js';
import { ABSENT } from '../table/slots.js';
import type { SlotsView } from '../table/slots-view.js';

interface Address {
  readonly key: unknown;
  readonly namespace: unknown;
  /** `undefined` for what is no entry of a map. */
  readonly mapKey: unknown;
}

/** Stands for the only entry of an address without map key. */
const NO_MAP_KEY: KeyIdentity = 0;

/** Writes what went from one table. */
export class RemovalsWriter {
  private readonly view: SlotsView | undefined;
  private readonly cleared: KeyIndex<true> = new NamespaceIndex();
  private readonly seen: KeyIndex<Set<KeyIdentity>> = new NamespaceIndex();
  private hasCleared = false;
  private block: Address[] = [];

  constructor(
    private readonly table: KeyTable | MapTable,
    frozen: FrozenEpoch,
    private readonly keySerializer: KeySerializer<unknown>,
    private readonly registration: EntriesRegistration,
    private readonly writer: SegmentRecordWriter,
    private readonly context: SnapshotContext,
  ) {
    this.view = table.viewOf(frozen);
  }

  async write(changes: readonly EpochChanges[]): Promise<void> {
    for (const { clearedKeys, clearedNamespaces } of changes) {
      for (let index = 0; index < clearedKeys.length; index++) {
        this.clear(clearedKeys[index], clearedNamespaces[index]);
        if (this.block.length >= BLOCK_ENTRIES_MAX) await this.endBlock(true);
      }
    }
    await this.endBlock(true);
    const isList = this.registration.kind === 'list';
    // Within one epoch an address is noted once (CL2 of change-log.ts).
    const mayRepeat = changes.length > 1;
    for (const { removedKeys, removedNamespaces, removedMapKeys } of changes) {
      for (let index = 0; index < removedKeys.length; index++) {
        const [key, namespace] = [removedKeys[index], removedNamespaces[index]];
        this.remove({ key, namespace, mapKey: removedMapKeys[index] }, mayRepeat);
        if (this.block.length >= BLOCK_ENTRIES_MAX) await this.endBlock(isList);
      }
    }
    await this.endBlock(isList);
  }

  private clear(key: unknown, namespace: unknown): void {
    this.hasCleared = true;
    const [keyIdentity, namespaceIdentity] = this.identities(key, namespace);
    if (this.cleared.get(keyIdentity, namespaceIdentity) === true) return;
    this.cleared.set(keyIdentity, namespaceIdentity, true);
    this.block.push({ key, namespace, mapKey: undefined });
  }

  private remove(address: Address, mayRepeat: boolean): void {
    if (this.hasCleared) {
      const [keyIdentity, namespaceIdentity] = this.identities(address.key, address.namespace);
      if (this.cleared.get(keyIdentity, namespaceIdentity) === true) return;
    }
    if (this.isThere(address) || (mayRepeat && this.isRepeated(address))) return;
    this.block.push(address);
  }

  private isRepeated({ key, namespace, mapKey }: Address): boolean {
    const [keyIdentity, namespaceIdentity] = this.identities(key, namespace);
    const mapKeyIdentity = this.registration.mapKeySerializer?.identity(mapKey) ?? NO_MAP_KEY;
    const seen = this.seen.get(keyIdentity, namespaceIdentity);
    if (seen?.has(mapKeyIdentity)) return true;
    if (seen === undefined) this.seen.set(keyIdentity, namespaceIdentity, new Set([mapKeyIdentity]));
    else seen.add(mapKeyIdentity);
    return false;
  }

  /** Whether the snapshot sees an entry at an address (RW3). */
  private isThere({ key, namespace, mapKey }: Address): boolean {
    const { table, view } = this;
    if (view === undefined) return false;
    const slot = table instanceof MapTable ? table.placeOf(key, namespace, mapKey) : table.placeOf(key, namespace);
    return slot >= 0 && slot < view.slotCount && table.valueAt(view, slot) !== ABSENT;
  }

  private async endBlock(asClear: boolean): Promise<void> {
    const { block, writer, context } = this;
    if (block.length === 0) return;
    this.block = [];
    block.sort((a, b) => this.compare(a, b));
    for (const { key, namespace, mapKey } of block) {
      if (asClear) writer.clear(key, namespace);
      else if (this.registration.mapKeySerializer !== undefined) writer.deleteMapEntry(key, namespace, mapKey);
      else writer.delete(key, namespace);
    }
    await writer.endBlock();
    if (context.shouldYield()) await context.yieldNow();
  }

  private compare(a: Address, b: Address): number {
    const byKey = this.keySerializer.compare(a.key, b.key);
    if (byKey !== 0) return byKey;
    const byNamespace = this.registration.namespaceSerializer.compare(a.namespace, b.namespace);
    // CLEARs have no map key, and no two have the same key and namespace.
    return byNamespace !== 0 ? byNamespace : (this.registration.mapKeySerializer?.compare(a.mapKey, b.mapKey) ?? 0);
  }

  private identities(key: unknown, namespace: unknown): [KeyIdentity, KeyIdentity] {
    return [this.keySerializer.identity(key), this.registration.namespaceSerializer.identity(namespace)];
  }
}
