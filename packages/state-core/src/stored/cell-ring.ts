// The clean cells of a cache in a ring, for second chance.
//
//   RI1. A cell knows its place, so that it leaves at once, whatever made it leave: the newest takes its place.
//   RI2. Places are kept in parts of a fixed size: nothing is copied when the ring grows, and parts at its end are given back.

import type { Cell } from './cell.js';

const PART_LOG2 = 11;
const PART = 1 << PART_LOG2;
/** The place of a cell that is in no ring. */
export const NOT_IN_RING: number = -1;

/** A ring of cells. */
export class CellRing {
  length = 0;
  private readonly parts: Cell[][] = [];
  private hand = 0;

  /** Adds a cell, as the newest. */
  add(cell: Cell): void {
    if (cell.ringPlace !== NOT_IN_RING) return;
    const place = this.length++;
    const part = place >>> PART_LOG2;
    if (part === this.parts.length) this.parts.push([]);
    (this.parts[part] as Cell[]).push(cell);
    cell.ringPlace = place;
  }

  /** Takes a cell out. */
  remove(cell: Cell): void {
    const { ringPlace } = cell;
    if (ringPlace === NOT_IN_RING) return;
    cell.ringPlace = NOT_IN_RING;
    const lastPlace = --this.length;
    const lastPart = lastPlace >>> PART_LOG2;
    const last = (this.parts[lastPart] as Cell[]).pop() as Cell;
    if ((lastPlace & (PART - 1)) === 0) this.parts.length = lastPart;
    if (last === cell) return;
    (this.parts[ringPlace >>> PART_LOG2] as Cell[])[ringPlace & (PART - 1)] = last;
    last.ringPlace = ringPlace;
  }

  /** The cell that the hand is at; `undefined` when there is none. */
  current(): Cell | undefined {
    if (this.hand >= this.length) this.hand = 0;
    return this.parts[this.hand >>> PART_LOG2]?.[this.hand & (PART - 1)];
  }

  /** Moves the hand on. */
  advance(): void {
    this.hand++;
  }

  clear(): void {
    this.length = 0;
    this.parts.length = 0;
    this.hand = 0;
  }
}
