// All tables of one state: one per key group of the subtask, made when it is first needed.
//
// Owns: making tables, and decoding what was restored the first time a key group is touched or in idle steps. Leaves the
// blocks to RestoredKeyedState.
//
//   ST1. A key group whose restored blocks are not decoded has no table; whoever asks for it gets them decoded first.
//   ST2. A table is visible only when it is complete. Its entries count as older than every freeze.
//   ST3. Once decoded, the blocks are given up: from then on the table is the state.

import type { KeyGroupRange } from '@tidemark/state-core';
import {
  type EntriesRegistration,
  type KeyedStateRegistration,
  RestoredGroupDecoder,
  type RestoredKeyedState,
  restoreFailed,
} from '@tidemark/state-core/support';
import type { StateTable } from './state-table.js';

interface Decoding<T> {
  readonly keyGroup: number;
  readonly table: T;
  readonly decoder: RestoredGroupDecoder;
}

/** What the tables of a state are made from. */
export interface StateTablesParameters<T extends StateTable, R extends EntriesRegistration = KeyedStateRegistration> {
  readonly registration: R;
  readonly keyGroupRange: KeyGroupRange;
  readonly restored: RestoredKeyedState;
  createTable(keyGroup: number): T;
}

/** The tables of one state or queue by key group. */
export class StateTables<T extends StateTable, R extends EntriesRegistration = KeyedStateRegistration> {
  readonly registration: R;
  /** Called before every access, for cleaning up as the program goes. */
  onAccess: (() => void) | undefined = undefined;
  private readonly firstKeyGroup: number;
  private readonly restored: RestoredKeyedState;
  private readonly createTable: (keyGroup: number) => T;
  private readonly byIndex: (T | undefined)[];
  private decoding: Decoding<T> | undefined = undefined;

  constructor(parameters: StateTablesParameters<T, R>) {
    this.registration = parameters.registration;
    this.firstKeyGroup = parameters.keyGroupRange.first;
    this.restored = parameters.restored;
    this.createTable = parameters.createTable;
    this.byIndex = new Array(parameters.keyGroupRange.numberOfKeyGroups).fill(undefined);
  }

  /** The table of a key group of the range, made or decoded when it is not there. @throws StateError `restore-failed`, `value-invalid`. */
  open(keyGroup: number): T {
    if (this.onAccess !== undefined) this.onAccess();
    return this.byIndex[keyGroup - this.firstKeyGroup] ?? this.create(keyGroup);
  }

  /** The table of a key group if it was made; raw key groups stay raw. */
  peek(keyGroup: number): T | undefined {
    return this.byIndex[keyGroup - this.firstKeyGroup];
  }

  /** Number of key groups. */
  get length(): number {
    return this.byIndex.length;
  }

  /** The table of a key group by its place in the range, if it was made. */
  madeAt(index: number): T | undefined {
    return this.byIndex[index];
  }

  /** Every table, raw key groups decoded first; key groups without anything are left out. @throws as {@link open}. */
  *all(): Iterable<T> {
    for (let index = 0; index < this.byIndex.length; index++) {
      const keyGroup = this.firstKeyGroup + index;
      const isRaw =
        this.byIndex[index] === undefined && this.restored.chainOf(this.registration.name, keyGroup) !== undefined;
      const table = isRaw ? this.create(keyGroup) : this.byIndex[index];
      if (table !== undefined) yield table;
    }
  }

  /** As {@link all}, and returns the key groups of the tables. @throws as {@link open}. */
  openAll(): number[] {
    for (const _ of this.all());
    return this.byIndex.flatMap((table, index) => (table === undefined ? [] : [this.firstKeyGroup + index]));
  }

  /** The tables that were made. */
  *made(): Iterable<T> {
    for (const table of this.byIndex) if (table !== undefined) yield table;
  }

  /** Decodes one block of a raw key group; false when there is none left. @throws as {@link open}. */
  decodeStep(): boolean {
    if (this.decoding === undefined) {
      const [keyGroup] = this.restored.keyGroupsOf(this.registration.name);
      if (keyGroup === undefined) return false;
      this.decoding = this.startDecoding(keyGroup);
    }
    this.advance(this.decoding, () => this.decoding?.decoder.step());
    return true;
  }

  private create(keyGroup: number): T {
    const begun = this.decoding?.keyGroup === keyGroup ? this.decoding : this.startDecoding(keyGroup);
    if (begun !== undefined) {
      this.advance(begun, () => begun.decoder.finish());
      return begun.table;
    }
    const table = this.createTable(keyGroup);
    this.byIndex[keyGroup - this.firstKeyGroup] = table;
    return table;
  }

  private startDecoding(keyGroup: number): Decoding<T> | undefined {
    const chain = this.restored.chainOf(this.registration.name, keyGroup);
    if (chain === undefined) return undefined;
    const table = this.createTable(keyGroup);
    return { keyGroup, table, decoder: new RestoredGroupDecoder(chain, this.registration, table.loader()) };
  }

  private advance(decoding: Decoding<T> | undefined, work: () => void): void {
    if (decoding === undefined) return;
    const { keyGroup, table, decoder } = decoding;
    try {
      work();
    } catch (error) {
      // The half-built table goes; the blocks stay, so that the next access fails the same way.
      this.decoding = undefined;
      throw restoreFailed(this.registration.name, keyGroup, error);
    }
    if (!decoder.isDone) return;
    table.finishLoading();
    this.byIndex[keyGroup - this.firstKeyGroup] = table;
    this.restored.drop(this.registration.name, keyGroup);
    if (this.decoding === decoding) this.decoding = undefined;
  }
}
