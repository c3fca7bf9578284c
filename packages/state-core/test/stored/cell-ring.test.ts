// The ring of clean cells, against a model that is an array.

import { testRuns } from '@tidemark/config/test-runs';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Cell } from '../../src/stored/cell.js';
import { CellRing, NOT_IN_RING } from '../../src/stored/cell-ring.js';

function cellOf(name: number): Cell {
  return { name, ringPlace: NOT_IN_RING } as unknown as Cell;
}

test('holds what was added and not removed, whatever the order, and the hand comes to each of them', () => {
  fc.assert(
    fc.property(fc.array(fc.nat(5), { maxLength: 400, size: 'max' }), fc.nat(), (ops, seed) => {
      const ring = new CellRing();
      const model = new Set<Cell>();
      let state = seed | 1;
      let names = 0;
      const any = (): Cell | undefined => {
        state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
        return [...model][state % Math.max(1, model.size)];
      };
      for (const op of ops) {
        const cell = op > 2 ? cellOf(names++) : any();
        if (cell === undefined) continue;
        if (op > 1) {
          ring.add(cell);
          ring.add(cell);
          model.add(cell);
        } else {
          ring.remove(cell);
          ring.remove(cell);
          model.delete(cell);
          expect(cell.ringPlace).toBe(NOT_IN_RING);
        }
        expect(ring.length).toBe(model.size);
        ring.advance();
      }
      const met = new Set<Cell | undefined>();
      for (let count = 0; count < model.size; count++) {
        met.add(ring.current());
        ring.advance();
      }
      expect(met).toEqual(model);
    }),
    { numRuns: testRuns(200) },
  );
});

test('grows and shrinks over the bounds of its parts', () => {
  const ring = new CellRing();
  const cells = Array.from({ length: 5000 }, (_, name) => cellOf(name));
  for (const cell of cells) ring.add(cell);
  for (const cell of cells.slice(0, 4999)) ring.remove(cell);
  expect([ring.length, ring.current()]).toEqual([1, cells[4999]]);
  for (const cell of cells) ring.add(cell);
  expect(ring.length).toBe(5000);
  expect(cells.map(({ ringPlace }) => ringPlace).sort((a, b) => a - b)).toEqual(cells.map((_, place) => place));
  ring.clear();
  expect([ring.length, ring.current()]).toEqual([0, undefined]);
});
