// What running snapshots still have to see of the store, while the store goes on.
//
//   pre-image   in state 65,535 of the key group:
//               path    view u32 | state u16 | path as stored
//               value   0                        there was nothing
//                       1 | value as stored      there was this
//
//   FV1. A view sees the end of its epoch. Before an entry is first changed in a later epoch, what stood there is put aside
//        for every view that has not come past it: at most once for each.
//   FV2. A view comes past an entry when it has been read; past a key group when nothing of it is written any more. What a
//        view put aside goes with the key group, and all of it with the view.
//   FV3. A table that was filled from a restored chain after the freeze is not in the view: the snapshot carries the chain.
//   FV4. Chunks of lists are never overwritten. A list that goes while a view still wants its chunks leaves them; they go
//        with the last pre-image that names them.

import { ByteWriter } from '../bytes/byte-writer.js';
import { compareBytes } from '../serialization/key-bytes.js';
import type { KeyedStore } from '../state-backend/keyed-store.js';
import type { StoreBatches } from './store-batches.js';
import { PRE_IMAGE_PREFIX_BYTES, PRE_IMAGES } from './stored-paths.js';

const ABSENT = 0;
const PRESENT = 1;
const KEPT_BYTES_MAX = 64 * 1024;
const NO_BYTES: Uint8Array = new Uint8Array(0);

/** So many pre-images are removed at once when a view ends; the rest waits for idle steps. */
const REMOVED_AT_ONCE = 128;

/** What a view has to know of a table. */
export interface ViewedTable {
  readonly keyGroup: number;
  /** The number of its state. */
  readonly stateId: number;
  /** Writes of this epoch were the first that the table had; 0 when nothing was restored into it. */
  readonly sinceEpoch: number;
  /** Whether increments write its lists as they are and not what was appended. */
  readonly isWrittenWhole: boolean;
  /** A pre-image goes, and with it maybe chunks. @param others - What else was put aside under the path for running views. */
  preImageGoes?(stored: Uint8Array, value: Uint8Array, others: () => readonly Uint8Array[]): void;
}

/** One pre-image: `value` is `undefined` where there was nothing. */
export interface PreImage {
  readonly path: Uint8Array;
  readonly value: Uint8Array | undefined;
}

/** How much of a key group a view still wants. */
type Want = 'all' | 'lists' | 'nothing';

/** What one running snapshot sees. */
export class FrozenView {
  /** Key groups that something was put aside in. */
  readonly keyGroups: Set<number> = new Set();
  private readonly wants: Map<number, Want> = new Map();
  private readonly doneStates: Set<number> = new Set();
  private reading = -1;
  private readingState = -1;
  private position: Uint8Array | undefined = undefined;

  constructor(
    /** Names its pre-images; never given twice. */
    readonly number: number,
    /** The epoch whose end it sees. */
    readonly epoch: number,
  ) {}

  /** Says how much of a key group is written: of an increment only what changed, of which lists alone may be read. */
  want(keyGroup: number, want: Want): void {
    this.wants.set(keyGroup, want);
  }

  /** A state of a key group was read up to a stored path, or with `undefined` to its end. */
  passed(keyGroup: number, stateId: number, stored: Uint8Array | undefined): void {
    if (this.reading !== keyGroup) {
      if (this.reading >= 0) this.wants.set(this.reading, 'nothing');
      this.reading = keyGroup;
      this.doneStates.clear();
    }
    if (stored === undefined) {
      this.doneStates.add(stateId);
      this.readingState = -1;
      this.position = undefined;
    } else {
      this.readingState = stateId;
      this.position = stored;
    }
  }

  /** Whether the view may still read what is stored under a path. */
  needs({ keyGroup, stateId, sinceEpoch, isWrittenWhole }: ViewedTable, stored: Uint8Array): boolean {
    if (sinceEpoch > this.epoch) return false;
    const want = this.wants.get(keyGroup);
    if (want === 'nothing' || (want === 'lists' && !isWrittenWhole)) return false;
    if (keyGroup !== this.reading) return true;
    if (this.doneStates.has(stateId)) return false;
    if (stateId !== this.readingState || this.position === undefined) return true;
    return compareBytes(stored, this.position) > 0;
  }
}

/** The views of one backend and their pre-images. */
export class FrozenViews {
  /** Oldest first. */
  private active: readonly FrozenView[] = [];
  private readonly ended: FrozenView[] = [];
  private lastNumber = 0;
  private readonly path: ByteWriter = new ByteWriter();
  private value: ByteWriter = new ByteWriter();
  /** Pre-images put aside and not removed yet, about. */
  preImages = 0;

  constructor(
    private readonly store: KeyedStore,
    private readonly batches: StoreBatches,
    private readonly tableOf: (keyGroup: number, stateId: number) => ViewedTable | undefined,
  ) {}

  open(epoch: number): FrozenView {
    const view = new FrozenView(++this.lastNumber, epoch);
    this.active = [...this.active, view];
    return view;
  }

  get running(): number {
    return this.active.length;
  }

  /**
   * Before what is stored under a path changes in an epoch (FV1).
   *
   * @returns Whether a view wants what stands there.
   */
  beforeChange(table: ViewedTable, stored: Uint8Array, epoch: number): boolean {
    let isWanted = false;
    for (const view of this.active) {
      if (view.epoch >= epoch || !view.needs(table, stored)) continue;
      isWanted = true;
      this.putAside(view, table, stored);
    }
    return isWanted;
  }

  /** What was put aside for a view of a state: after `after`, ascending, at most `limit`. */
  preImagesOf(
    view: FrozenView,
    keyGroup: number,
    stateId: number,
    after: Uint8Array | undefined,
    limit: number,
  ): readonly PreImage[] {
    if (!view.keyGroups.has(keyGroup)) return [];
    const prefix = this.pathOf(view, stateId, NO_BYTES).slice();
    const from = after === undefined ? undefined : this.pathOf(view, stateId, after).slice();
    return this.store
      .scan(keyGroup, PRE_IMAGES, prefix, from, limit)
      .map(({ path, value }) => ({ path: path.subarray(PRE_IMAGE_PREFIX_BYTES), value: contentOf(value) }));
  }

  /** What was put aside for a view under one path; `undefined` when nothing was. The bytes are those of the store. */
  preImageOf(view: FrozenView, keyGroup: number, stateId: number, stored: Uint8Array): PreImage | undefined {
    if (!view.keyGroups.has(keyGroup)) return undefined;
    const value = this.store.get(keyGroup, PRE_IMAGES, this.pathOf(view, stateId, stored));
    return value === undefined ? undefined : { path: stored, value: contentOf(value) };
  }

  /** What running views have put aside under a path. */
  putAsideOf({ keyGroup, stateId }: ViewedTable, stored: Uint8Array): readonly Uint8Array[] {
    const values: Uint8Array[] = [];
    for (const view of this.active) {
      const value = this.preImageOf(view, keyGroup, stateId, stored)?.value;
      if (value !== undefined) values.push(new Uint8Array(value));
    }
    return values;
  }

  /** Nothing more of a key group is read by the view: removes up to `limit` pre-images; true when there are more. */
  leave(view: FrozenView, keyGroup: number, limit: number): boolean {
    view.want(keyGroup, 'nothing');
    this.removeOf(view, keyGroup, limit);
    return view.keyGroups.has(keyGroup);
  }

  /** The view is looked at no more. */
  release(view: FrozenView): void {
    if (!this.active.includes(view)) return;
    this.active = this.active.filter((other) => other !== view);
    if (view.keyGroups.size === 0) return;
    this.ended.push(view);
    try {
      this.removeEnded(REMOVED_AT_ONCE);
    } catch {
      // A store that cannot delete now is asked again in an idle step; whoever releases has other things to end.
    }
  }

  /** Removes pre-images that nobody wants; false when none are left. */
  step(limit: number): boolean {
    this.removeEnded(limit);
    return this.ended.length > 0;
  }

  private removeEnded(limit: number): void {
    let rest = limit;
    for (let view = this.ended[0]; view !== undefined && rest > 0; view = this.ended[0]) {
      for (const keyGroup of view.keyGroups) {
        rest -= this.removeOf(view, keyGroup, rest);
        if (rest <= 0) break;
      }
      if (view.keyGroups.size === 0) this.ended.shift();
    }
  }

  /** Removes up to `limit` pre-images of a view in a key group; returns how many. */
  private removeOf(view: FrozenView, keyGroup: number, limit: number): number {
    if (!view.keyGroups.has(keyGroup)) return 0;
    let count = 0;
    while (count < limit) {
      const most = Math.min(256, limit - count);
      const entries = this.store.scan(keyGroup, PRE_IMAGES, numberBytes(view.number), undefined, most);
      this.batches.run(() => {
        for (const { path, value } of entries) {
          this.goes(view, keyGroup, path, value);
          this.store.delete(keyGroup, PRE_IMAGES, path);
        }
      });
      count += entries.length;
      this.preImages -= entries.length;
      if (entries.length < most) {
        view.keyGroups.delete(keyGroup);
        break;
      }
    }
    return count;
  }

  /** FV4. */
  private goes(view: FrozenView, keyGroup: number, path: Uint8Array, value: Uint8Array): void {
    if (value[0] !== PRESENT) return;
    const stateId = (path[4] as number) * 256 + (path[5] as number);
    const table = this.tableOf(keyGroup, stateId);
    if (table?.preImageGoes === undefined) return;
    const stored = path.subarray(PRE_IMAGE_PREFIX_BYTES);
    table.preImageGoes(stored, value.subarray(1), () => {
      const others: Uint8Array[] = [];
      for (const other of this.active) {
        const kept = other === view ? undefined : this.preImageOf(other, keyGroup, stateId, stored)?.value;
        if (kept !== undefined) others.push(new Uint8Array(kept));
      }
      return others;
    });
  }

  private putAside(view: FrozenView, { keyGroup, stateId }: ViewedTable, stored: Uint8Array): void {
    const path = this.pathOf(view, stateId, stored);
    if (view.keyGroups.has(keyGroup) && this.store.get(keyGroup, PRE_IMAGES, path) !== undefined) return;
    const { value } = this;
    const current = this.store.get(keyGroup, stateId, stored);
    value.reset();
    value.writeUint8(current === undefined ? ABSENT : PRESENT);
    if (current !== undefined) value.writeBytes(current);
    view.keyGroups.add(keyGroup);
    this.store.put(keyGroup, PRE_IMAGES, path, value.view());
    this.preImages++;
    if (value.length > KEPT_BYTES_MAX) this.value = new ByteWriter();
  }

  private pathOf(view: FrozenView, stateId: number, stored: Uint8Array): Uint8Array {
    const { path } = this;
    path.reset();
    path.writeUint32(view.number);
    path.writeUint16(stateId);
    path.writeBytes(stored);
    return path.view();
  }
}

function numberBytes(value: number): Uint8Array {
  return Uint8Array.of(value >>> 24, value >>> 16, value >>> 8, value);
}

/** What was there; nothing for ABSENT. */
function contentOf(value: Uint8Array): Uint8Array | undefined {
  return value[0] === ABSENT ? undefined : value.subarray(1);
}
