// SH2 of sample-histogram.ts: percentiles are samples that were really there.

import { expect, it } from 'vitest';
import { SampleHistogram } from '../../src/support/sample-histogram.js';

function histogramOf(historySize: number, samples: Iterable<number>): SampleHistogram {
  const histogram = new SampleHistogram(historySize);
  for (const sample of samples) histogram.add(sample);
  return histogram;
}

it('has nothing to show at first', () => {
  expect(new SampleHistogram(3).figures()).toEqual({ count: 0, p50: 0, p95: 0, p99: 0, max: 0 });
});

it('gives nearest-rank percentiles, in whatever order the samples came', () => {
  const samples = Array.from({ length: 100 }, (_, index) => ((index * 37) % 100) + 1);
  expect(histogramOf(128, samples).figures()).toEqual({ count: 100, p50: 50, p95: 95, p99: 99, max: 100 });
  expect(histogramOf(128, [7]).figures()).toEqual({ count: 1, p50: 7, p95: 7, p99: 7, max: 7 });
  expect(histogramOf(128, [1, 2]).figures()).toEqual({ count: 2, p50: 1, p95: 2, p99: 2, max: 2 });
});

it('keeps the last samples and counts all', () => {
  expect(histogramOf(3, [900, 1, 2, 3]).figures()).toEqual({ count: 4, p50: 2, p95: 3, p99: 3, max: 3 });
  expect(histogramOf(1, [5, 4]).figures()).toEqual({ count: 2, p50: 4, p95: 4, p99: 4, max: 4 });
});
