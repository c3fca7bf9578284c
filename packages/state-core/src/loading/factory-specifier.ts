// From the name in the configuration to the module that is imported.
//
// Owns: the pattern of short names and the resolution of paths. Nothing is imported here.
//
//   S1. A short name is letters and digits alone, in any case: it can name a package of ours and nothing else, no path and
//       no other scope.
//   S2. Everything else is a specifier: a path is resolved against the directory of the configuration file, a package is
//       left to whoever imports.

/** What a name in the configuration stands for. */
export interface FactorySpecifier {
  /** The short name in lower case; absent for packages and paths. */
  readonly word?: string;
  /** What is imported: a package or a `file:` URL. */
  readonly specifier: string;
  /** The package to install when it is missing; absent for paths. */
  readonly packageName?: string;
}

const SHORT_NAME: RegExp = /^[a-z0-9]+$/i;
const RELATIVE_PATH: RegExp = /^\.\.?([\\/]|$)/;
const ABSOLUTE_PATH: RegExp = /^([\\/]|[a-z]:[\\/])/i;
const URL_SCHEME: RegExp = /^[a-z][a-z0-9+.-]+:/i;

/**
 * Resolves a name.
 *
 * @param name - A short name, a package, a path or a URL.
 * @param packagePrefix - What a short name is appended to: `@tidemark/state-backend-`.
 * @param configDirectory - The directory of the configuration file as a `file:` URL. Without it a relative path stays as
 *   it is and means what it means to whoever imports.
 */
export function resolveFactorySpecifier(
  name: string,
  packagePrefix: string,
  configDirectory: string | undefined,
): FactorySpecifier {
  const trimmed = name.trim();
  if (SHORT_NAME.test(trimmed)) {
    const word = trimmed.toLowerCase();
    return { word, specifier: packagePrefix + word, packageName: packagePrefix + word };
  }
  if (ABSOLUTE_PATH.test(trimmed)) return { specifier: new URL(asUrlPath(trimmed), 'file:///').href };
  if (RELATIVE_PATH.test(trimmed)) {
    if (configDirectory === undefined) return { specifier: trimmed };
    const parent = configDirectory.endsWith('/') ? configDirectory : `${configDirectory}/`;
    return { specifier: new URL(asUrlPath(trimmed), parent).href };
  }
  if (URL_SCHEME.test(trimmed)) return { specifier: trimmed };
  return { specifier: trimmed, packageName: packageNameOf(trimmed) };
}

/** `@scope/name` of `@scope/name/sub/path`, `name` of `name/sub/path`. */
function packageNameOf(specifier: string): string {
  return specifier.split('/', specifier.startsWith('@') ? 2 : 1).join('/');
}

/** A path as the part of a URL: what a URL would take for an escape, a query or a fragment is part of the name. */
function asUrlPath(path: string): string {
  const slashes = path.replaceAll('\\', '/');
  const escaped = slashes.replace(/[%?#]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);
  // A Windows drive would be taken for the scheme of a URL.
  return /^[a-z]:/i.test(escaped) ? `/${escaped}` : escaped;
}
