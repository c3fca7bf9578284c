// What a program or the time does to a whole list.

import type { CellCache } from './cell-cache.js';
import type { ListCell } from './list-cell.js';
import type { UnexpiredElements } from './unexpired.js';
import { CELL_BYTES } from './value-sizes.js';

/** Elements whose size is looked at. */
const SAMPLES = 16;

/** Replaces a list; an empty one is none. Takes the arrays. Returns the cell that it is in now. */
export function replaceList(
  cache: CellCache,
  cell: ListCell,
  values: unknown[],
  stampsMs: number[] | undefined,
): ListCell {
  const isFrozen = cell.dirtyEpoch !== 0 && cell.dirtyEpoch !== cache.epoch;
  if (values.length === 0 && cell.there === false && cell.elder === undefined && !isFrozen) {
    // It came and goes, and the store hears of neither.
    cache.drop(cell);
    return cell;
  }
  let target = cell;
  if (cell.dirtyEpoch === 0) cache.dirty(cell);
  else if (isFrozen) target = cache.succeed(cell) as ListCell;
  target.replace(values, stampsMs);
  cache.replaced(target);
  cache.resize(target, sizeOfList(target));
  return target;
}

/**
 * Leaves what has not expired of a list.
 *
 * @param copy - Copies elements that the program may change in place.
 * @returns the cell that it is in now.
 */
export function keepUnexpired(
  cache: CellCache,
  cell: ListCell,
  rest: UnexpiredElements,
  copy: (element: unknown) => unknown,
): ListCell {
  const { trimmed } = rest;
  const values = rest.values.map(copy);
  if (trimmed === undefined || values.length === 0) return replaceList(cache, cell, values, rest.stampsMs);
  const isFrozen = cell.dirtyEpoch !== 0 && cell.dirtyEpoch !== cache.epoch;
  // Of a successor the same counts begin where the elder ends.
  if (isFrozen ? trimmed >= cell.end : cell.dirtyEpoch === 0 ? trimmed >= cell.values.length : false)
    return replaceList(cache, cell, values, rest.stampsMs);
  let target = cell;
  if (isFrozen) {
    target = cache.succeed(cell) as ListCell;
  } else if (cell.dirtyEpoch === 0) {
    cell.start = cell.values.length;
    cell.storedCount = cell.start;
    cache.dirty(cell);
  }
  if (!target.canTrim(trimmed)) return replaceList(cache, target, values, rest.stampsMs);
  target.trim(trimmed, values, rest.stampsMs);
  cache.resize(target, sizeOfList(target));
  return target;
}

/** Estimated bytes of a cell and its elements, of which some are looked at. */
export function sizeOfList({ values, table }: ListCell): number {
  if (values.length <= SAMPLES) return CELL_BYTES + table.sizes.ofElements(values);
  const step = Math.floor(values.length / SAMPLES);
  const looked: unknown[] = [];
  for (let index = 0; index < values.length; index += step) looked.push(values[index]);
  return CELL_BYTES + Math.ceil((table.sizes.ofElements(looked) / looked.length) * values.length);
}
