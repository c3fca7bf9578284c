// Takes expired elements out of lists.

import { NO_TIME } from '@tidemark/state-core/support';
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
  if (rest.lineage === list.lineage) noteEnds(table, slot, list);
  const isKept = table.changed[slot] !== table.clock.epoch && table.touch(slot);
  const { copy } = ttl;
  // A snapshot keeps the elements: what the program may change in place from here on are others.
  table.values[slot] = isKept && copy ? StampedList.from(rest.elements.map(copy), rest.stampsMs) : rest;
}

/** Comes before a change at the ends of a list: what a base may have of it is noted once in an epoch. */
export function noteEnds(table: KeyTable, slot: number, { lineage, offset, length }: StampedList): void {
  if (!table.clock.isRemembering || table.changed[slot] === table.clock.epoch) return;
  table.log.endsChange(slot, lineage, offset, length, table.changed[slot] as number, table.live);
}

/**
 * Gives their stamp to elements that were added before there was a mark of event time.
 *
 * @returns Whether a snapshot of `baseEpoch` may hold any without.
 */
export function settleTimeOfLists(
  table: KeyTable,
  { policy }: TableTtl,
  keyGroup: number,
  baseEpoch: number,
  frozenEpoch: number,
): boolean {
  const startMs = policy.storedStampMs(NO_TIME, keyGroup);
  let isSettled = false;
  for (let slot = 0; slot < table.count; slot++) {
    const list = table.values[slot];
    if (list instanceof StampedList && list.settleTime(startMs)) isSettled = true;
  }
  if (isSettled) table.timedEpoch = frozenEpoch;
  return baseEpoch < table.timedEpoch;
}
