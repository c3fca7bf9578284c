// Takes expired elements out of lists.

import { ABSENT } from './absent.js';
import type { KeyTable } from './key-table.js';
import type { TableTtl } from './slot-stamps.js';
import { StampedList } from './stamped-list.js';

/** Takes expired elements out of the lists in the slots from `start` to before `end`; a list without any left goes. */
export function sweepLists(table: KeyTable, ttl: TableTtl, keyGroup: number, start: number, end: number): void {
  const nowMs = ttl.policy.nowMs(keyGroup);
  for (let slot = start; slot < end && slot < table.count; slot++) {
    const list = table.values[slot];
    if (list === ABSENT || !(list instanceof StampedList)) continue;
    const rest = list.unexpired(ttl.policy, nowMs, keyGroup);
    if (rest !== list) keepRest(table, slot, list, rest, ttl);
  }
}

/** Puts what is left of a list in its place. */
export function keepRest(table: KeyTable, slot: number, list: StampedList, rest: StampedList, ttl: TableTtl): void {
  ttl.policy.expiredEntries += list.length - rest.length;
  if (rest.length === 0) {
    table.expire(slot);
    return;
  }
  const isKept = table.changed[slot] !== table.clock.epoch && table.touch(slot);
  const { copy } = ttl;
  // A snapshot keeps the elements: what the program may change in place from here on are others.
  table.values[slot] = isKept && copy ? StampedList.from(rest.elements.map(copy), rest.stampsMs) : rest;
}
