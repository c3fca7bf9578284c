// The entries of one state in one key group as numbered slots, frozen in constant time.
//
// Owns: values, epochs, what snapshots need kept, and the reuse of slots. Leaves to key-table.ts and map-table.ts whose
// the entry in a slot is.
//
//   slot      0        1        2        3        4  ...  count
//   values    'a'      ABSENT   'c'      ABSENT   'e'
//   changed   3        5        3        2        5       epoch of the last change
//   born      1        1        2        2        5       epoch in which the slot got its present owner
//                      ^ retired         ^ free
//
//   SL1. A snapshot sees, in each slot below its `slotCount`, what its own view kept, else what a newer view kept, else
//        what stands there now.
//   SL2. Before the first change of a slot in an epoch, `touch` keeps what stands there in the newest view, if any view
//        still has to write the slot. Later changes in the same epoch cost one comparison.
//   SL3. A removed entry leaves ABSENT and keeps its slot and its place in the index while any view is there (retired);
//        then the slot is free. A slot changes owner only while free.
//   SL4. `structure` counts insertions and removals: iterators fail when it moves under them. That an entry expired does not
//        count: walks go on without it.
//   SL5. A table without views whose last entry goes gives its memory back.
//   SL6. A table that is being loaded has no views: whatever was restored belongs to every snapshot.
//   SL6. `changed` says of every entry that is there whether it was set since a checkpoint; what went is in the log.

import { ABSENT } from './absent.js';
import { ChangeLog } from './change-log.js';
import type { EpochClock, FrozenEpoch } from './epoch-clock.js';
import { SlotStamps, type TableTtl } from './slot-stamps.js';
import { SlotsView, UNCHANGED } from './slots-view.js';

export { ABSENT } from './absent.js';

/** Stands in `born` of a slot that has no owner. */
const FREE = -1;
const CAPACITY_MIN = 8;
/** A table of no more slots keeps its memory when it empties: it fills again soon. */
const KEPT_SLOTS_MAX = 256;

/** The slots of one table. */
export abstract class Slots {
  readonly clock: EpochClock;
  /** Read on every access. Written through {@link touch} or {@link allocate} only. */
  values: unknown[] = [ABSENT];
  /** Epoch of the last change by slot; 0 for restored entries. */
  changed: Int32Array = new Int32Array(CAPACITY_MIN);
  /** Epoch in which the slot got its present owner. */
  born: Int32Array = new Int32Array(CAPACITY_MIN);
  /** Slots that were ever used. */
  count = 0;
  /** Slots with a value. */
  live = 0;
  /** Counts insertions and removals (SL4). */
  structure = 0;
  /** The time stamps of the slots; `undefined` where entries have none. */
  readonly stamps: SlotStamps | undefined;
  /** What went, for checkpoints that write what changed (SL6). */
  readonly log: ChangeLog;

  /** Restored entries are still coming in (SL6); set by the loader, ended by {@link finishLoading}. */
  protected isLoading = false;
  private views: SlotsView[] = [];
  private free: number[] = [];
  private retired: number[] = [];
  /** The epoch in which {@link views} was last brought up to date. */
  private seen = 0;

  constructor(clock: EpochClock, ttl?: TableTtl, keyGroup = 0) {
    this.clock = clock;
    this.log = new ChangeLog(clock);
    this.stamps = ttl === undefined || ttl.perElement ? undefined : new SlotStamps(ttl, keyGroup, this);
    // The array was begun with ABSENT so that it never has to change the way it stores its elements.
    this.values.length = 0;
  }

  /** Takes the entry in a slot out of the index; nobody looks at the slot any more. */
  protected abstract forget(slot: number): void;
  /** Notes in the log that the entry in a slot goes, which was there when the epoch began. */
  protected abstract logRemoval(slot: number): void;
  /** Gives up all arrays. Called when no slot is in use. */
  protected abstract forgetAll(): void;
  /** Takes the entry in a slot away because its time is up: as a removal, but walks under way go on. */
  abstract expire(slot: number): void;

  /**
   * Comes before the first change of a slot in an epoch: when `changed[slot] !== clock.epoch` (SL2).
   *
   * @param preimage - What a snapshot should find in the slot.
   * @returns Whether a snapshot keeps it: then an object in it must not be changed in place any more.
   */
  touch(slot: number, preimage: unknown = this.preimage(slot)): boolean {
    if (this.seen !== this.clock.epoch) this.attachViews();
    const isNeeded = this.views.length > 0 && this.isAwaited(slot);
    if (isNeeded) (this.views.at(-1) as SlotsView).keep(slot, preimage, this.changed[slot] as number);
    this.changed[slot] = this.clock.epoch;
    return isNeeded;
  }

  /** Whether a running snapshot still has to write what stands in the slot now. */
  isAwaitedBySnapshot(slot: number): boolean {
    if (this.changed[slot] === this.clock.epoch) return false;
    if (this.seen !== this.clock.epoch) this.attachViews();
    return this.views.length > 0 && this.isAwaited(slot);
  }

  /** A slot for a new entry; the caller sets its owner and value. */
  protected allocate(): number {
    if (this.seen !== this.clock.epoch) this.attachViews();
    const reused = this.free.pop();
    const slot = reused ?? this.count++;
    if (slot >= this.changed.length) this.grow();
    if (reused !== undefined) this.touch(slot);
    this.changed[slot] = this.clock.epoch;
    this.born[slot] = this.clock.epoch;
    this.live++;
    this.structure++;
    return slot;
  }

  /** Puts a value into a slot whose entry was removed but is still in the index (SL3). */
  protected revive(slot: number, value: unknown): void {
    if (this.changed[slot] !== this.clock.epoch) this.touch(slot);
    this.born[slot] = this.clock.epoch;
    this.values[slot] = value;
    this.live++;
    this.structure++;
  }

  /** Removes the entry of a slot. */
  protected vacate(slot: number): void {
    this.structure++;
    this.vacateUnnoticed(slot);
  }

  /** As {@link vacate}, and walks under way go on. */
  protected vacateUnnoticed(slot: number): void {
    if (this.changed[slot] !== this.clock.epoch) this.touch(slot);
    if (this.clock.isRemembering && (this.born[slot] as number) < this.clock.epoch) this.logRemoval(slot);
    this.values[slot] = ABSENT;
    this.live--;
    if (this.views.length > 0) this.retired.push(slot);
    else this.reclaim(slot);
  }

  /** Restored entries are as old as the state itself: call when the last has been loaded. */
  finishLoading(): void {
    this.changed.fill(0, 0, this.count);
    this.born.fill(0, 0, this.count);
    this.stamps?.finishLoading();
    this.log.clear();
    this.seen = 0;
    this.isLoading = false;
  }

  /** The view of a running snapshot; `undefined` when there was nothing at the freeze or it has been written. */
  viewOf(frozen: FrozenEpoch): SlotsView | undefined {
    if (this.seen !== this.clock.epoch) this.attachViews();
    return this.views.find((view) => view.frozen === frozen);
  }

  /** What the snapshot of a view finds in a slot (SL1). */
  valueAt(view: SlotsView, slot: number): unknown {
    for (let index = this.views.indexOf(view); index < this.views.length; index++) {
      const kept = (this.views[index] as SlotsView).kept(slot);
      if (kept !== UNCHANGED) return kept;
    }
    return this.values[slot];
  }

  /** The slots with entries that the snapshot of a view finds and that came there after `baseEpoch`, ascending. */
  changedSince(baseEpoch: number, view: SlotsView): number[] {
    const { changed } = this;
    const slots: number[] = [];
    for (let slot = 0; slot < view.slotCount; slot++) {
      if ((changed[slot] as number) <= baseEpoch || !this.isChangedSince(baseEpoch, view, slot)) continue;
      if (this.valueAt(view, slot) !== ABSENT) slots.push(slot);
    }
    return slots;
  }

  /** The snapshot has written this table, or will not. */
  releaseView(frozen: FrozenEpoch): void {
    const index = this.views.findIndex((view) => view.frozen === frozen);
    if (index < 0) return;
    const [view] = this.views.splice(index, 1);
    const older = this.views[index - 1];
    if (older !== undefined && view !== undefined) older.inherit(view, index === 1);
    if (this.views.length === 0) this.reclaimRetired();
  }

  /** Slots that no entry uses: for tests and figures. */
  get freeSlots(): number {
    return this.free.length;
  }

  private preimage(slot: number): unknown {
    const value = this.values[slot];
    return this.stamps === undefined ? value : this.stamps.preimage(slot, value);
  }

  private isChangedSince(baseEpoch: number, view: SlotsView, slot: number): boolean {
    if ((this.changed[slot] as number) <= view.frozen.epoch) return true;
    // Changed after the freeze: what was kept knows since when it had stood there.
    for (let index = this.views.indexOf(view); index < this.views.length; index++) {
      const newer = this.views[index] as SlotsView;
      if (newer.kept(slot) !== UNCHANGED) return newer.keptEpoch(slot) > baseEpoch;
    }
    return true;
  }

  /** Whether no older snapshot reads through this view. */
  isOldest(view: SlotsView): boolean {
    return this.views[0] === view;
  }

  private attachViews(): void {
    if (this.isLoading) {
      // A view made now would end where loading stands; the snapshot gets one of the whole table when it is loaded (SL6).
      this.seen = this.clock.epoch;
      return;
    }
    for (const frozen of this.clock.frozen) {
      if (frozen.epoch >= this.seen && this.count > 0) this.views.push(new SlotsView(frozen, this.count));
    }
    this.seen = this.clock.epoch;
  }

  private isAwaited(slot: number): boolean {
    const views = this.views;
    const newest = views[views.length - 1] as SlotsView;
    if (slot >= newest.slotCount || (this.changed[slot] as number) > newest.frozen.epoch) return false;
    for (let index = views.length - 1; index >= 0; index--) {
      const view = views[index] as SlotsView;
      if (slot >= view.done && slot < view.slotCount) return true;
    }
    return false;
  }

  private reclaimRetired(): void {
    const retired = this.retired;
    this.retired = [];
    // A slot may be here twice: removed, filled again and removed again while the snapshot was written.
    for (const slot of retired) if (this.values[slot] === ABSENT && this.born[slot] !== FREE) this.reclaim(slot);
  }

  private reclaim(slot: number): void {
    this.forget(slot);
    this.born[slot] = FREE;
    this.free.push(slot);
    if (this.live === 0 && this.count > KEPT_SLOTS_MAX && this.free.length === this.count) this.reset();
  }

  private reset(): void {
    this.values = [ABSENT];
    this.values.length = 0;
    this.changed = new Int32Array(CAPACITY_MIN);
    this.born = new Int32Array(CAPACITY_MIN);
    this.free = [];
    this.count = 0;
    this.stamps?.clear();
    this.forgetAll();
  }

  private grow(): void {
    const capacity = this.changed.length * 2;
    this.changed = grown(this.changed, capacity);
    this.born = grown(this.born, capacity);
  }
}

function grown(array: Int32Array, capacity: number): Int32Array {
  const larger = new Int32Array(capacity);
  larger.set(array);
  return larger;
}
