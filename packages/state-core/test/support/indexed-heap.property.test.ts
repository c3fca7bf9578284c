// A heap of slots beside a sorted array: IH1 to IH3 of indexed-heap.ts.

import fc from 'fast-check';
import { expect, it } from 'vitest';
import { IndexedHeap } from '../../src/support/indexed-heap.js';

type Step = readonly [op: 'add' | 'remove' | 'update' | 'poll', slot: number, rank: number];

const steps = fc.array(
  fc.tuple(
    fc.constantFrom('add', 'add', 'add', 'remove', 'update', 'poll'),
    fc.nat(60),
    fc.integer({ min: -3, max: 3 }),
  ),
  { maxLength: 300 },
) as fc.Arbitrary<Step[]>;

/** What a heap should hold, and the one order of it: by rank, then by slot. */
function firstOf(ranks: ReadonlyMap<number, number>): number {
  const sorted = [...ranks].sort(([a, rankA], [b, rankB]) => rankA - rankB || a - b);
  return sorted[0]?.[0] ?? -1;
}

it('the first is the first of a sorted array, whatever is added, removed and moved', () => {
  fc.assert(
    fc.property(steps, (run) => {
      const heap = new IndexedHeap((a, b) => a - b);
      const ranks = new Map<number, number>();
      for (const [op, slot, rank] of run) {
        const before = firstOf(ranks);
        if (op === 'add' && !ranks.has(slot)) {
          ranks.set(slot, rank);
          expect(heap.add(slot, rank)).toBe(firstOf(ranks) === slot);
        } else if (op === 'remove' && ranks.has(slot)) {
          ranks.delete(slot);
          expect(heap.remove(slot)).toBe(before === slot);
        } else if (op === 'update' && ranks.has(slot)) {
          ranks.set(slot, rank);
          heap.update(slot, rank);
        } else if (op === 'poll' && before >= 0) {
          ranks.delete(before);
          expect(heap.remove(before)).toBe(true);
        }
        expect(heap.first).toBe(firstOf(ranks));
        expect(heap.size).toBe(ranks.size);
        expect(heap.has(slot)).toBe(ranks.has(slot));
        if (ranks.size > 0) expect(heap.firstRank).toBe(ranks.get(heap.first));
      }
      const held = Array.from({ length: heap.size }, (_, position) => heap.slotAt(position));
      expect(held.sort((a, b) => a - b)).toEqual([...ranks.keys()].sort((a, b) => a - b));
    }),
  );
});

it('one that is filled at once gives everything in order', () => {
  fc.assert(
    fc.property(fc.uniqueArray(fc.nat(5000), { maxLength: 200 }), (slots) => {
      const rankOf = (slot: number): number => slot % 5;
      const heap = new IndexedHeap((a, b) => a - b);
      heap.fill(slots, rankOf);
      const given: number[] = [];
      for (let { first } = heap; first >= 0; first = heap.first) {
        given.push(first);
        heap.remove(first);
      }
      expect(given).toEqual([...slots].sort((a, b) => rankOf(a) - rankOf(b) || a - b));
    }),
  );
});

it('an emptied heap can be used again, also after it was large', () => {
  const heap = new IndexedHeap((a, b) => a - b);
  for (const round of [1, 2]) {
    for (let slot = 0; slot < 5000; slot++) heap.add(slot, (slot * 7919) % 5000);
    for (let rank = 0; rank < 5000; rank++) {
      expect(heap.firstRank).toBe(rank);
      heap.remove(heap.first);
    }
    expect([heap.size, heap.first, heap.has(3)], `round ${round}`).toEqual([0, -1, false]);
  }
});
