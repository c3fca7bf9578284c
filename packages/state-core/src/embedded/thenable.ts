// What `await` would wait for, where nothing may be waited for.

/** Whether a value is a promise or behaves like one. */
export function isThenable(value: unknown): value is PromiseLike<unknown> {
  if ((typeof value !== 'object' && typeof value !== 'function') || value === null) return false;
  return typeof (value as { readonly then?: unknown }).then === 'function';
}

/** Lets a promise fail in silence, where its failure is told in another way or is no news. */
export function disregard(promise: PromiseLike<unknown>): void {
  Promise.resolve(promise).catch(() => undefined);
}
