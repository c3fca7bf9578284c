// Imports backends and storages from the application's side.
//
//   MI1. The packages that come with this one are literal imports, so that a bundler sees them and an isolated
//        installation finds them.
//   MI2. Everything else is looked for from the directory of the configuration file, then from the working directory,
//        then from here: the first place that has it wins.
//   MI3. Failure to find names every place; failure to load what was found is the module's own error.

import { createRequire } from 'node:module';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { ImportParent } from '@tidemark/state-core';

const BUILT_IN: Readonly<Record<string, () => Promise<unknown>>> = {
  '@tidemark/state-backend-hashmap': () => import('@tidemark/state-backend-hashmap'),
  '@tidemark/state-backend-lmdb': () => import('@tidemark/state-backend-lmdb'),
  '@tidemark/checkpoint-storage-jobmanager': () => import('@tidemark/checkpoint-storage-jobmanager'),
  '@tidemark/checkpoint-storage-filesystem': () => import('@tidemark/checkpoint-storage-filesystem'),
};

/** The error of a module that is in none of the places; shaped as Node's, with the places for the message. */
class ModuleNotFound extends Error {
  override readonly name: string = 'ModuleNotFound';
  readonly code: string = 'ERR_MODULE_NOT_FOUND';
  readonly placesTried: readonly string[];

  constructor(specifier: string, placesTried: readonly string[]) {
    super(`Cannot find module '${specifier}'`);
    this.placesTried = placesTried;
  }
}

/**
 * Makes the `importModule` of Node.
 *
 * @param workingDirectory - `file:` URL that ends in a slash.
 */
export function moduleImporter(workingDirectory: URL): (specifier: string, parent: ImportParent) => Promise<unknown> {
  return (specifier, parent) => {
    const builtIn = Object.hasOwn(BUILT_IN, specifier) ? BUILT_IN[specifier] : undefined;
    if (builtIn !== undefined) return builtIn();
    return importFromOneOf(specifier, placesOf(parent, workingDirectory));
  };
}

/** The directories to look from, as `file:` URLs that end in a slash, each once. */
function placesOf({ configDirectory }: ImportParent, workingDirectory: URL): readonly URL[] {
  const own = new URL('.', import.meta.url);
  const configured =
    configDirectory === undefined
      ? []
      : [new URL(configDirectory.endsWith('/') ? configDirectory : `${configDirectory}/`)];
  return [...new Map([...configured, workingDirectory, own].map((url) => [url.href, url])).values()];
}

async function importFromOneOf(specifier: string, places: readonly URL[]): Promise<unknown> {
  const tried: string[] = [];
  for (const place of places) {
    const found = resolveFrom(specifier, place);
    if ('url' in found) return import(found.url);
    tried.push(found.tried);
  }
  throw new ModuleNotFound(specifier, [...new Set(tried)]);
}

function resolveFrom(specifier: string, place: URL): { readonly url: string } | { readonly tried: string } {
  // A name in the directory, which need not exist: resolution starts from where it would be.
  const require = createRequire(new URL('tidemark-resolves-from-here.js', place));
  const wanted = specifier.startsWith('file:') ? fileURLToPath(specifier) : specifier;
  try {
    return { url: pathToFileURL(require.resolve(wanted)).href };
  } catch (error) {
    if (!isNotFound(error, wanted)) throw error;
    return { tried: specifier.startsWith('file:') ? wanted : `${specifier}, from ${fileURLToPath(place)}` };
  }
}

function isNotFound(error: unknown, wanted: string): boolean {
  const { code, message } = error as NodeJS.ErrnoException;
  return code === 'MODULE_NOT_FOUND' && String(message).includes(wanted);
}
