// Telling "that module is not there" from "that module is there and something went wrong".
//
// Owns: what the errors of Node, Bun and bundlers look like. Everything not recognised counts as there.

const MISSING_CODES: readonly unknown[] = ['ERR_MODULE_NOT_FOUND', 'MODULE_NOT_FOUND', 'ERR_UNSUPPORTED_DIR_IMPORT'];
const MISSING_MESSAGE: RegExp =
  /(?:Cannot find (?:package|module)|Directory import|Failed to load url|Could not resolve):? (?:'([^']+)'|"([^"]+)"|(\S+))/;

interface ImportFailure {
  readonly code?: unknown;
  readonly message?: unknown;
  readonly url?: unknown;
  readonly placesTried?: unknown;
}

/** Tells whether an import failed because `specifier` itself, not something that it imports, does not exist. */
export function isModuleMissing(error: unknown, specifier: string): boolean {
  if (typeof error !== 'object' || error === null) return false;
  const { code, message, url, placesTried } = error as ImportFailure;
  if (Array.isArray(placesTried)) return true;
  const [, quoted, doubleQuoted, bare] = MISSING_MESSAGE.exec(String(message)) ?? [];
  const missing = quoted ?? doubleQuoted ?? bare;
  if (!MISSING_CODES.includes(code) && missing === undefined) return false;
  // Node tells the missing file in `url`, too, where no apostrophe can cut it short.
  if (typeof url === 'string' && namesModule(url, specifier)) return true;
  return missing !== undefined && namesModule(missing, specifier);
}

/** One line for each place where a missing module was looked for. */
export function placesTriedBy(error: unknown, specifier: string): readonly string[] {
  const { placesTried, message } = error as ImportFailure;
  if (Array.isArray(placesTried) && placesTried.length > 0) return placesTried.map(String);
  const importedFrom = /imported from (.+)$/m.exec(String(message))?.[1];
  return [importedFrom === undefined ? specifier : `${specifier}, imported from ${importedFrom}`];
}

function namesModule(missing: string, specifier: string): boolean {
  if (missing === specifier) return true;
  if (specifier.startsWith('file:')) return samePath(missing, decodeURIComponent(new URL(specifier).pathname));
  // Whoever imports a relative path has made an absolute one of it.
  if (specifier.startsWith('.')) return plainPath(missing).endsWith(tailOf(specifier));
  return specifier.startsWith(`${missing}/`);
}

/** `/a/b.js` of `../a/b.js`. */
function tailOf(relativePath: string): string {
  return plainPath(relativePath).replace(/^(\.\.?(\/|$))+/, '/');
}

function samePath(missing: string, path: string): boolean {
  const found = plainPath(missing);
  // `C:/x` in a message is `/C:/x` in a URL.
  return found === path || `/${found}` === path;
}

function plainPath(path: string): string {
  return path.startsWith('file:') ? decodeURIComponent(new URL(path).pathname) : path.replaceAll('\\', '/');
}
