// Paths as text: absolute, with slashes, whatever the file system.

/** The path of `name` in the directory `path`. */
export function childPath(path: string, name: string): string {
  return path.endsWith('/') ? path + name : `${path}/${name}`;
}

/** The directory that a path is in; the root is in itself. */
export function parentPath(path: string): string {
  const slash = path.lastIndexOf('/');
  return slash <= 0 ? '/' : path.slice(0, slash);
}

/** The last component of a path. */
export function lastName(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

/** Whether a path is the root of its file system, which is no place for checkpoints. */
export function isRootPath(path: string): boolean {
  return path === '/' || path === '' || /^[A-Za-z]:\/?$/.test(path);
}
