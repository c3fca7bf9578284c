// What two values share that could change.

/**
 * Where a value and its copy hold the same object, as a path in the copy, `$.list[2]`; `undefined` when they share nothing
 * that can change. Objects that are frozen may be shared, and so may functions.
 */
export function sharedMutableOf(value: unknown, copy: unknown): string | undefined {
  const known = new Set<object>();
  walk(value, '$', (part) => {
    known.add(part);
    return false;
  });
  let found: string | undefined;
  walk(copy, '$', (part, path) => {
    if (!known.has(part) || canNeverChange(part)) return false;
    found = path;
    return true;
  });
  return found;
}

/** Calls `visit` for every object within, each once, until it says true. */
function walk(root: unknown, rootPath: string, visit: (part: object, path: string) => boolean): void {
  const seen = new Set<object>();
  const pending: [part: unknown, path: string][] = [[root, rootPath]];
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const [part, path] = next;
    if (typeof part !== 'object' || part === null || seen.has(part)) continue;
    seen.add(part);
    if (visit(part, path)) return;
    // Two views of one buffer are two objects over the same bytes.
    if (ArrayBuffer.isView(part)) pending.push([part.buffer, `${path}.buffer`]);
    else if (part instanceof Map) {
      for (const [key, entry] of part) pending.push([key, `${path} key`], [entry, `${path}.get(${String(key)})`]);
    } else if (part instanceof Set) for (const element of part) pending.push([element, `${path} element`]);
    else if (Array.isArray(part))
      for (const [index, element] of part.entries()) pending.push([element, `${path}[${index}]`]);
    else for (const name of Object.keys(part)) pending.push([part[name as never], `${path}.${name}`]);
  }
}

function canNeverChange(part: object): boolean {
  if (ArrayBuffer.isView(part) || part instanceof ArrayBuffer) return part.byteLength === 0;
  // Freezing holds the properties of an object, not what these keep inside.
  if (part instanceof Map || part instanceof Set || part instanceof Date) return false;
  return Object.isFrozen(part);
}
