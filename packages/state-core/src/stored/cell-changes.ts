// What a program or the time does to a single cell.

import type { TtlPolicy } from '../support/ttl-policy.js';
import type { Cell } from './cell.js';
import type { CellCache } from './cell-cache.js';
import { MapCell } from './map-cell.js';
import { NOTHING } from './stored-table.js';

/** Removes what a cell holds. */
export function removeCell(cache: CellCache, cell: Cell): void {
  if (cell.value === NOTHING) return;
  if (cell.there === false && cell.elder === undefined && (cell.dirtyEpoch === cache.epoch || cell.dirtyEpoch === 0)) {
    // It came and goes, and the store hears of neither.
    cache.drop(cell);
    return;
  }
  let target = cell;
  if (cell.dirtyEpoch === 0) cache.dirty(cell);
  else if (cell.dirtyEpoch !== cache.epoch) target = cache.succeed(cell);
  if (target instanceof MapCell) target.owner.live--;
  target.value = NOTHING;
  target.isTouch = false;
  cache.replaced(target);
  cache.resize(target, target.table.sizes.ofCell(undefined));
}

/** Removes what a cell holds because its time is up: a walk under way goes on. */
export function expireCell(cache: CellCache, cell: Cell, policy: TtlPolicy): void {
  policy.expiredEntries++;
  removeCell(cache, cell);
}

/**
 * Gives what a cell holds a new time stamp. Returns the cell that it is in now.
 *
 * @param detach - Copies a value that may be changed in place.
 */
export function renewCell(
  cache: CellCache,
  cell: Cell,
  stampMs: number,
  detach: ((value: unknown) => unknown) | undefined,
): Cell {
  if (cell.dirtyEpoch === cache.epoch) {
    cell.stampMs = stampMs;
    return cell;
  }
  let target = cell;
  if (cell.dirtyEpoch === 0) {
    cache.dirty(cell);
  } else {
    target = cache.succeed(cell);
    if (detach !== undefined) target.value = detach(target.value);
  }
  target.isTouch = true;
  target.stampMs = stampMs;
  return target;
}
