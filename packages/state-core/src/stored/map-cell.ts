// A map in memory: the cells of its entries that are known, and whether the store's still count.
//
//   MO1. An owner is the map of one key and namespace. It is in the index while it has cells, hides the store or is walked
//        over. A walk over a map without owner makes none: it is listed in the table, and who makes the owner tells it.
//   MO2. A map that was cleared hides the store until the clearing has been written (`clearing`); entries that came before it
//        are dead or wait in earlier epochs.
//   MO3. `structure` counts entries that came and went; who walks over the map fails when it moves. That an entry expired does
//        not count.

import type { KeyIdentity } from '../serialization/type-serializer.js';
import { Cell, type CellWriting } from './cell.js';
import type { CellTable } from './cell-table.js';
import type { PathWriter } from './path-writer.js';
import { NOTHING } from './stored-table.js';
import { MAP_BYTES } from './value-sizes.js';

/** The map of a key and namespace. */
export class MapOwner {
  readonly cells: Map<KeyIdentity, MapCell> = new Map();
  /** Cells with a value. */
  live = 0;
  /** The clearing that is still to be written (MO2). */
  clearing: ClearCell | undefined = undefined;
  structure = 0;
  /** The first of the walks over this map that have not ended; each knows the next. An array per map would cost more. */
  firstWalk: OwnerWalk | undefined = undefined;
  isIndexed = false;
  private prefixBytes: Uint8Array | undefined = undefined;

  constructor(
    readonly table: CellTable,
    readonly keyIdentity: KeyIdentity,
    readonly namespaceIdentity: KeyIdentity,
    readonly key: unknown,
    readonly namespace: unknown,
  ) {}

  /** What the paths of all entries begin with. */
  prefix(paths: PathWriter): Uint8Array {
    this.prefixBytes ??= paths.path(this.table.types, this.key, this.namespace).slice();
    return this.prefixBytes;
  }

  /** Takes its place in the index. */
  enter(): void {
    this.isIndexed = true;
    this.table.owners.set(this.keyIdentity, this.namespaceIdentity, this);
    this.table.charge(MAP_BYTES);
  }

  hold(walk: OwnerWalk): void {
    walk.nextOfOwner = this.firstWalk;
    this.firstWalk = walk;
  }

  /** A walk has ended. */
  letGo(walk: OwnerWalk): void {
    if (this.firstWalk === walk) {
      this.firstWalk = walk.nextOfOwner;
    } else {
      let before = this.firstWalk;
      while (before !== undefined && before.nextOfOwner !== walk) before = before.nextOfOwner;
      if (before !== undefined) before.nextOfOwner = walk.nextOfOwner;
    }
    walk.nextOfOwner = undefined;
    this.release();
  }

  /** Lets go of an owner that nobody needs (MO1). */
  release(): void {
    if (this.cells.size > 0 || this.clearing !== undefined || this.firstWalk !== undefined || !this.isIndexed) return;
    this.isIndexed = false;
    this.table.owners.delete(this.keyIdentity, this.namespaceIdentity);
    this.table.charge(-MAP_BYTES);
  }
}

/** Walks over maps without owner in one table; the oldest of more gets an owner. */
const LOOSE_MAX = 8;

/** The place of a map. */
export interface MapPlace {
  readonly table: CellTable;
  readonly keyIdentity: KeyIdentity;
  readonly namespaceIdentity: KeyIdentity;
  readonly key: unknown;
  readonly namespace: unknown;
}

/** A walk over a map without owner (MO1). */
export interface LooseWalk extends OwnerWalk, MapPlace {
  /** There is an owner now. */
  adopt(owner: MapOwner): void;
}

/** Walks over maps without owner, the newest first. Each knows the next: an array that is empty in between is made anew. */
export class LooseWalks {
  first: LooseWalk | undefined = undefined;
  count = 0;

  add(walk: LooseWalk): void {
    walk.nextOfOwner = this.first;
    this.first = walk;
    this.count++;
  }

  /** Nothing when it is not here. */
  remove(walk: LooseWalk): void {
    if (this.first === walk) {
      this.first = walk.nextOfOwner as LooseWalk | undefined;
    } else {
      let before: OwnerWalk | undefined = this.first;
      while (before !== undefined && before.nextOfOwner !== walk) before = before.nextOfOwner;
      if (before === undefined) return;
      before.nextOfOwner = walk.nextOfOwner;
    }
    walk.nextOfOwner = undefined;
    this.count--;
  }

  find(keyIdentity: KeyIdentity, namespaceIdentity: KeyIdentity): LooseWalk | undefined {
    let walk = this.first;
    while (walk !== undefined) {
      if (walk.keyIdentity === keyIdentity && walk.namespaceIdentity === namespaceIdentity) return walk;
      walk = walk.nextOfOwner as LooseWalk | undefined;
    }
    return undefined;
  }

  /** Of one at least. */
  oldest(): LooseWalk {
    let walk = this.first as LooseWalk;
    while (walk.nextOfOwner !== undefined) walk = walk.nextOfOwner as LooseWalk;
    return walk;
  }
}

/** The owner of a map that has none, in the index. */
export function makeOwner({ table, keyIdentity, namespaceIdentity, key, namespace }: MapPlace): MapOwner {
  const owner = new MapOwner(table, keyIdentity, namespaceIdentity, key, namespace);
  owner.enter();
  const { looseWalks } = table;
  for (;;) {
    const walk = looseWalks.find(keyIdentity, namespaceIdentity);
    if (walk === undefined) return owner;
    looseWalks.remove(walk);
    owner.hold(walk);
    walk.adopt(owner);
  }
}

/** The owner of a map; of one that has none, only where a walk is under way. */
export function ownerAt(
  table: CellTable,
  keyIdentity: KeyIdentity,
  namespaceIdentity: KeyIdentity,
): MapOwner | undefined {
  const owner = table.owners.get(keyIdentity, namespaceIdentity);
  if (owner !== undefined || table.looseWalks.first === undefined) return owner;
  const walk = table.looseWalks.find(keyIdentity, namespaceIdentity);
  return walk && makeOwner(walk);
}

/** Lists a walk over a map without owner. */
export function beginLoose(walk: LooseWalk): void {
  const { looseWalks } = walk.table;
  looseWalks.add(walk);
  if (looseWalks.count > LOOSE_MAX) makeOwner(looseWalks.oldest());
}

/** A walk over a map without owner has ended. */
export function endLoose(walk: LooseWalk): void {
  walk.table.looseWalks.remove(walk);
}

/** A walk over a map, which wants to know what is written behind its back. */
export interface OwnerWalk {
  nextOfOwner: OwnerWalk | undefined;
  /** The value at a path was written to the store. */
  wrote(path: string): void;
}

/** The value of a map key. */
export class MapCell extends Cell {
  constructor(
    readonly owner: MapOwner,
    readonly mapKeyIdentity: KeyIdentity,
    readonly mapKey: unknown,
    value: unknown,
    there: boolean | undefined,
  ) {
    super(owner.table, value, there);
  }

  override get isCounted(): boolean {
    return this.owner.clearing !== undefined;
  }

  encode(paths: PathWriter): Uint8Array {
    return paths.pathOfEntry(this.table.types, this.owner.prefix(paths), this.mapKey);
  }

  forget(): void {
    this.isIndexed = false;
    const { owner } = this;
    if (this.value !== NOTHING) owner.live--;
    owner.cells.delete(this.mapKeyIdentity);
    if (owner.cells.size === 0) owner.release();
  }

  enter(): void {
    this.owner.cells.set(this.mapKeyIdentity, this);
    if (this.value !== NOTHING) this.owner.live++;
  }

  replaceElder(): void {
    this.owner.cells.set(this.mapKeyIdentity, this);
  }

  succeed(): MapCell {
    return new MapCell(this.owner, this.mapKeyIdentity, this.mapKey, this.value, this.there);
  }

  override write(path: Uint8Array, epoch: number, limit: number): CellWriting {
    const outcome = super.write(path, epoch, limit);
    for (let walk = this.owner.firstWalk; walk !== undefined; walk = walk.nextOfOwner) walk.wrote(this.path);
    return outcome;
  }
}

/** That a map was cleared. Its path is the prefix of those of all entries: it is written before them. */
export class ClearCell extends Cell {
  constructor(readonly owner: MapOwner) {
    super(owner.table, NOTHING, undefined);
  }

  encode(paths: PathWriter): Uint8Array {
    return this.owner.prefix(paths);
  }

  forget(): void {
    this.isIndexed = false;
    if (this.owner.clearing !== this) return;
    this.owner.clearing = undefined;
    this.owner.release();
  }

  enter(): void {
    this.owner.clearing = this;
  }

  replaceElder(): void {
    this.enter();
  }

  succeed(): ClearCell {
    return new ClearCell(this.owner);
  }

  override get isPresent(): boolean {
    return false;
  }

  override write(path: Uint8Array, epoch: number, limit: number): CellWriting {
    return this.table.stored.clear(path, epoch, limit) ? 'done' : 'more';
  }

  override wrote(): void {}

  override unsettle(): void {}
}
