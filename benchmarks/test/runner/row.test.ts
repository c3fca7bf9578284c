// What a figure is worth.

import { expect, it, test } from 'vitest';
import { rowLine } from '../../src/runner/report-table.js';
import { judge, type RowPlan, skippedRow, spreadOfPairs } from '../../src/runner/row.js';
import { spreadOf } from '../../src/runner/statistics.js';

const plan: RowPlan = { workload: 'valueGet', subject: 'hashmap', peer: 'map', unit: 'x time', floor: 3, goal: 2 };
const plain = { colour: (text: string): string => text };

test.each([
  ['x time', 1.9, 'goal reached'],
  ['x time', 2.9, 'PASS floor'],
  ['x time', 3.1, 'below floor'],
  ['ms', 2, 'goal reached'],
] as const)('%s of %d is: %s', (unit, figure, verdict) => {
  expect(judge({ ...plan, unit }, figure)).toBe(verdict);
});

it('more speed is better', () => {
  const speed: RowPlan = { ...plan, unit: 'x speed', floor: 0.7, goal: 1.5 };
  expect([1.6, 1.5, 0.7, 0.69].map((figure) => judge(speed, figure))).toEqual([
    'goal reached',
    'goal reached',
    'PASS floor',
    'below floor',
  ]);
});

it('a row without a floor only informs', () => {
  expect(judge({ ...plan, floor: undefined, goal: undefined }, 100)).toBe('no floor');
});

it('the median is that of the ratios, not the ratio of medians', () => {
  const pairs = [
    { subject: 1, peer: 2 },
    { subject: 30, peer: 10 },
    { subject: 8, peer: 8 },
  ];
  expect(spreadOfPairs('x time', pairs)).toEqual({ median: 1, min: 0.5, max: 3 });
  expect(spreadOfPairs('x speed', pairs)).toEqual({ median: 1, min: 1 / 3, max: 2 });
});

it('the median of an even number of figures lies between the middle two', () => {
  expect(spreadOf([4, 1, 3, 2])).toEqual({ median: 2.5, min: 1, max: 4 });
  expect(() => spreadOf([])).toThrow(RangeError);
});

it('columns stand below each other whatever is in them', () => {
  const figure = { median: 1234.5, min: 1, max: 2 };
  const lines = [
    rowLine({ ...plan, figure, cpuFigure: figure, verdict: 'below floor' }, plain),
    rowLine({ ...plan, workload: 'x', figure: { median: 1, min: 1, max: 1 }, verdict: 'goal reached' }, plain),
    rowLine(skippedRow(plan, 'no Java'), plain),
  ];
  expect(lines[0]?.indexOf('below floor')).toBe(lines[1]?.indexOf('goal reached'));
  expect(lines[2]).toMatch(/^valueGet +hashmap +map +skipped: no Java$/);
});
