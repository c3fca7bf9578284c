// "Did you mean": finds the words that a mistyped word was most likely meant to be.

const SUGGESTIONS_MAX: number = 3;

/**
 * The candidates nearest to `written`, best first, at most three: by edit distance, or because one ends with the other.
 */
export function suggest(written: string, candidates: Iterable<string>): readonly string[] {
  const word = written.toLowerCase().replaceAll('_', '-');
  const limit = Math.max(2, Math.floor(word.length / 5));
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
  let beforePrevious: number[] = [];
  let previous: number[] = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const current: number[] = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = previous[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      let distance = Math.min(previous[j]! + 1, current[j - 1]! + 1, replaced);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) {
        distance = Math.min(distance, beforePrevious[j - 2]! + 1);
      }
      current.push(distance);
    }
    beforePrevious = previous;
    previous = current;
  }
  return previous[b.length]!;
}
