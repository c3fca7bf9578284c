// "Did you mean": finds the words that a mistyped word was most likely meant to be.

const SUGGESTIONS_MAX: number = 3;

/**
 * The candidates nearest to `written`, best first, at most three: by edit distance, or because one ends with the other.
 */
export function suggest(written: string, candidates: Iterable<string>): readonly string[] {
  const word = written.toLowerCase().replaceAll('_', '-');
  // Long keys share most of their letters: three wrong ones are a slip, more are another key.
  const limit = word.length <= 12 ? 2 : 3;
  const scored: { candidate: string; distance: number }[] = [];
  for (const candidate of new Set(candidates)) {
    const isTail = candidate.endsWith(`.${word}`) || word.endsWith(`.${candidate}`);
    const distance = isTail ? limit : editDistance(word, candidate);
    if (distance <= limit && distance < candidate.length / 2) scored.push({ candidate, distance });
  }
  scored.sort((a, b) => a.distance - b.distance || (a.candidate < b.candidate ? -1 : 1));
  const best = scored[0]?.distance ?? 0;
  return scored
    .filter(({ distance }) => distance <= best + 1)
    .map(({ candidate }) => candidate)
    .slice(0, SUGGESTIONS_MAX);
}

/** `; did you mean A or B?`, or nothing. */
export function didYouMean(suggestions: readonly string[]): string {
  return suggestions.length === 0 ? '' : `; did you mean ${suggestions.join(' or ')}?`;
}

/** Insertions, deletions, replacements and swaps of neighbours between two words. */
export function editDistance(a: string, b: string): number {
  const width = b.length + 1;
  const distances = new Uint32Array((a.length + 1) * width);
  const at = (i: number, j: number): number => distances[i * width + j] ?? 0;
  for (let i = 0; i <= a.length; i++) {
    for (let j = 0; j <= b.length; j++) {
      let distance = i === 0 || j === 0 ? i + j : Math.min(at(i - 1, j) + 1, at(i, j - 1) + 1);
      if (i > 0 && j > 0) distance = Math.min(distance, at(i - 1, j - 1) + (a[i - 1] === b[j - 1] ? 0 : 1));
      const isSwap = i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1];
      if (isSwap) distance = Math.min(distance, at(i - 2, j - 2) + 1);
      distances[i * width + j] = distance;
    }
  }
  return at(a.length, b.length);
}
