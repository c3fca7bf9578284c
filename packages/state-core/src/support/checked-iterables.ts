// What list and map states take several values in, looked at before anything is read from it.

/** @throws TypeError for what is no list of values, with the call that was meant. */
export function checkValues(values: unknown): void {
  if (values === undefined || values === null)
    throw new TypeError('the list of values to add must not be null or undefined');
  if (!isIterable(values))
    throw new TypeError(
      `addAll(values) and update(values) of a ListState take an array or another iterable of values, not a ${typeof values}; one value is added with add(value)`,
    );
}

/** @throws TypeError for what is no list of entries, with the call that was meant. */
export function checkEntries(entries: unknown): void {
  if (isIterable(entries)) return;
  const what = entries === null ? 'null' : typeof entries;
  throw new TypeError(
    `putAll(entries) of a MapState takes a Map or another iterable of [key, value], not ${what}; for a plain object: putAll(Object.entries(object))`,
  );
}

function isIterable(value: unknown): value is Iterable<unknown> {
  return value !== undefined && value !== null && typeof (value as Iterable<unknown>)[Symbol.iterator] === 'function';
}
