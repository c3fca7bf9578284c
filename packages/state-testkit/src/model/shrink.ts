// Leaves out of a list what a failure does not need.

/**
 * A short part of `all`, in order, that still fails: halves, quarters and so on are left out while that fails too, at last
 * single elements.
 *
 * @param all - Fails as a whole.
 * @param attempts - How often at most `fails` is asked.
 */
export async function fewestThatFail<T>(
  all: readonly T[],
  fails: (part: readonly T[]) => Promise<boolean>,
  attempts: number,
): Promise<readonly T[]> {
  let kept = all;
  let left = attempts;
  for (let size = Math.ceil(kept.length / 2); size >= 1; ) {
    const before = kept.length;
    for (let start = 0; start < kept.length && left > 0; left--) {
      const part = [...kept.slice(0, start), ...kept.slice(start + size)];
      if (await fails(part)) kept = part;
      else start += size;
    }
    if (left <= 0 || (size === 1 && kept.length === before)) return kept;
    size = kept.length < before && size === 1 ? 1 : Math.max(1, Math.floor(size / 2));
  }
  return kept;
}
