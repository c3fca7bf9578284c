// What a snapshot keeps of a list that was only appended to since: the array and how much of it counted at the freeze.
//
//   FL1. Elements below `length` of an array never change: lists are appended to or replaced by another array.

import type { StampedList } from './stamped-list.js';

/** The first elements of an array that may have grown since. */
export class FrozenList {
  constructor(
    readonly elements: readonly unknown[],
    readonly length: number,
    /** The time stamps of the elements, for lists with time to live. */
    readonly stampsMs?: readonly number[] | undefined,
    /** The list that it is of, for lists with time to live. */
    readonly origin?: StampedList | undefined,
  ) {}
}
