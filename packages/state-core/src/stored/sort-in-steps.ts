// Sorts in steps, so that whoever sorts much can be interrupted.
//
//   SI1. Stable, like Array.prototype.sort. A step is one run of RUN, or merges so many items.

const RUN = 1024;

/** Sorts an array into a new one, yielding between two steps. */
export function* sortInSteps<T>(items: readonly T[], compare: (a: T, b: T) => number): Generator<void, T[], void> {
  let runs: T[][] = [];
  for (let start = 0; start < items.length; start += RUN) {
    runs.push(items.slice(start, start + RUN).sort(compare));
    yield;
  }
  while (runs.length > 1) {
    const merged: T[][] = [];
    for (let index = 0; index < runs.length; index += 2) {
      const [first, second] = [runs[index] as T[], runs[index + 1]];
      merged.push(second === undefined ? first : yield* merge(first, second, compare));
    }
    runs = merged;
  }
  return runs[0] ?? [];
}

function* merge<T>(first: T[], second: T[], compare: (a: T, b: T) => number): Generator<void, T[], void> {
  const merged: T[] = [];
  let [left, right] = [0, 0];
  while (left < first.length && right < second.length) {
    const [a, b] = [first[left] as T, second[right] as T];
    if (compare(a, b) <= 0) {
      merged.push(a);
      left++;
    } else {
      merged.push(b);
      right++;
    }
    if (merged.length % RUN === 0) yield;
  }
  // One of the two has been used up.
  for (; left < first.length; left++) merged.push(first[left] as T);
  for (; right < second.length; right++) merged.push(second[right] as T);
  return merged;
}
