// Random numbers that come again from the same seed.

import type { RandomSource } from '@tidemark/state-core';

/** Draws numbers from a seed: the same seed, the same numbers. */
export class SeededRandom {
  private state: number;

  /** @param seed - Any integer. */
  constructor(readonly seed: number) {
    this.state = seed | 0;
  }

  /** Goes on as a generator of another seed would. */
  restart(seed: number): void {
    this.state = seed | 0;
  }

  /** A number from 0 (inclusive) to 1 (exclusive): the generator mulberry32. */
  next(): number {
    this.state = (this.state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.state ^ (this.state >>> 15), 1 | this.state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  }

  /** An integer from 0 (inclusive) to `bound` (exclusive). */
  below(bound: number): number {
    return Math.floor(this.next() * bound);
  }

  /** True with this probability. */
  chance(probability: number): boolean {
    return this.next() < probability;
  }

  /** One of these. */
  pick<T>(choices: readonly T[]): T {
    return choices[this.below(choices.length)] as T;
  }
}

/** Random bits from a seed, where a {@link RandomSource} is asked for. */
export function seededSource(seed: number): RandomSource {
  const random = new SeededRandom(seed);
  return {
    fill(target) {
      for (let index = 0; index < target.length; index++) target[index] = random.below(256);
    },
  };
}
