import { describe, expect, test } from 'vitest';
import { differingRoutes, type RouteSummary } from '../src/route-summary.js';
import { killRecords } from '../src/seeded-random.js';
import { drawTimeline, type TimelineEvent } from '../src/timeline.js';

const summary = (route: string, count: number): RouteSummary => ({
  route,
  count,
  sum: 0,
  min: 0,
  max: 0,
  recent: [],
  byWeekday: [],
  average: 0,
});

describe('the drawing of a run', () => {
  test('shows checkpoints, the kill, and what was read again', () => {
    const events: TimelineEvent[] = [
      { type: 'started', atMs: 0, record: 0, restoredCheckpoint: null, restoreMs: 1 },
      { type: 'checkpoint', atMs: 1, checkpointId: 1, record: 40, durationMs: 1, freezeMs: 0, bytes: 1 },
      { type: 'killed', atMs: 2, record: 60 },
      { type: 'started', atMs: 3, record: 40, restoredCheckpoint: 1, restoreMs: 1 },
      { type: 'finished', atMs: 4, record: 100, routes: 1 },
    ];
    const [first, second] = drawTimeline(events, 100, 10);
    expect(first).toBe('attempt  1  ----|-x   ');
    expect(second).toBe('attempt  2      ..--->');
  });
});

describe('the records to be killed at', () => {
  test('are the same for the same seed, ascending, and inside the file', () => {
    const records = killRecords(5, 1000, 42);
    expect(records).toEqual(killRecords(5, 1000, 42));
    expect(records).not.toEqual(killRecords(5, 1000, 43));
    expect([...records].sort((a, b) => a - b)).toEqual(records);
    for (const record of records) expect(record).toSatisfy((value: number) => value >= 50 && value <= 950);
  });
});

describe('the comparison of two results', () => {
  test('finds routes that differ, lack or exceed', () => {
    expect(
      differingRoutes(
        [summary('A-B', 1), summary('C-D', 2)],
        [summary('A-B', 1), summary('C-D', 3), summary('E-F', 1)],
      ),
    ).toEqual(['C-D', 'E-F']);
    expect(differingRoutes([summary('A-B', 1)], [])).toEqual(['A-B']);
  });
});
