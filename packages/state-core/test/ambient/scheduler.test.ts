import { afterEach, describe, expect, it, vi } from 'vitest';
import { systemScheduler } from '../../src/ambient/scheduler.js';

const DAY_MS = 24 * 60 * 60 * 1000;

afterEach(() => {
  vi.useRealTimers();
});

describe('systemScheduler.schedule', () => {
  it.each([1, 2 ** 31 - 1, 2 ** 31, 30 * DAY_MS, 365 * DAY_MS])('runs once after %d ms and not before', (delayMs) => {
    vi.useFakeTimers();
    let runs = 0;
    systemScheduler.schedule(delayMs, () => runs++);
    vi.advanceTimersByTime(delayMs - 1);
    expect(runs).toBe(0);
    vi.advanceTimersByTime(1);
    expect(runs).toBe(1);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('cancels a delay of which a part has passed', () => {
    vi.useFakeTimers();
    const cancel = systemScheduler.schedule(60 * DAY_MS, () => expect.unreachable());
    vi.advanceTimersByTime(40 * DAY_MS);
    cancel();
    expect(vi.getTimerCount()).toBe(0);
    cancel();
  });
});
