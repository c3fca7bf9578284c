// The last samples of a figure, and how they are distributed.
//
//   SH1. Adding takes constant time and allocates nothing; the work is done when somebody looks.
//   SH2. Percentiles are nearest-rank: every figure is a sample that was really there.

/** How the last samples are distributed. */
export interface SampleFigures {
  /** Samples ever added. */
  readonly count: number;
  /** Half of the last samples are at most this. */
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
  /** The largest of the last samples. */
  readonly max: number;
}

/** Keeps the last samples of a figure. */
export class SampleHistogram {
  private readonly last: Float64Array;
  private added = 0;

  /** @param historySize - How many samples are kept, 1 or more. */
  constructor(historySize: number) {
    this.last = new Float64Array(historySize);
  }

  /** Samples ever added. */
  get count(): number {
    return this.added;
  }

  add(sample: number): void {
    this.last[this.added % this.last.length] = sample;
    this.added++;
  }

  /** The distribution of what is kept; zeros when there is nothing. */
  figures(): SampleFigures {
    const sorted = this.last.slice(0, Math.min(this.added, this.last.length)).sort();
    const atRank = (share: number): number => sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? 0;
    return { count: this.added, p50: atRank(0.5), p95: atRank(0.95), p99: atRank(0.99), max: atRank(1) };
  }
}
