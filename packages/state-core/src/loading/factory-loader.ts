// From a name to a factory that can be trusted to have the right shape, and to what it makes.
//
// Owns: the import, the check of what was imported, and the errors of both. Which name is meant belongs to the two
// loaders beside this file.
//
//   F1. A factory given in code wins over an import.
//   F2. Objects are known by their shape, never by `instanceof`: they may come from another installed copy of the core.
//   F3. "Not found" is said only when the module named is missing, not when something that it imports is.

import { silentLogger } from '../ambient/logger.js';
import { type FactoryContext, SPI_API_VERSION } from '../checkpoint-storage/checkpoint-storage-factory.js';
import type { ConfigOption } from '../config/config-option.js';
import type { Configuration } from '../config/configuration.js';
import { didYouMean, suggest } from '../config/key-suggestion.js';
import { isStateError, StateError } from '../error/state-error.js';
import { type FactorySpecifier, resolveFactorySpecifier } from './factory-specifier.js';
import type { LoadingOptions } from './loading-options.js';
import { isModuleMissing, placesTriedBy } from './module-not-found.js';

/** What a registry of packages can hold. */
const PACKAGE_NAME: RegExp = /^(@[a-z0-9~-][a-z0-9._~-]*\/)?[a-z0-9~-][a-z0-9._~-]*$/;

/** What a factory of backends and a factory of storages have in common. */
export interface ServiceFactory<T> {
  readonly name: string;
  readonly apiVersion: number;
  readonly options: readonly ConfigOption<unknown>[];
  createFromConfig(config: Configuration, context: FactoryContext): T | Promise<T>;
}

/** One of the two sorts of services that are loaded by name. */
export interface ServiceKind<T> {
  /** For messages: `state backend`. */
  readonly title: string;
  /** The key to name in messages. */
  readonly key: string;
  /** What a short name is appended to. */
  readonly packagePrefix: string;
  /** The export that holds the factory. */
  readonly exportName: string;
  /** Short names of the packages of ours, for "did you mean". */
  readonly knownWords: readonly string[];
  /** Tells by its shape whether something is such a service. */
  readonly isService: (candidate: unknown) => candidate is T;
}

/** A name, and what the configuration says about where it stands. */
export interface NamedFactory {
  readonly name: string;
  /** `tidemark.yaml`, `code`, `default`. */
  readonly origin: string;
}

/**
 * Finds the factory that a name stands for.
 *
 * @throws StateError `factory-not-found`, `factory-failed`, `factory-invalid`, `api-version-mismatch`.
 */
export async function loadFactory<T>(
  kind: ServiceKind<T>,
  named: NamedFactory,
  given: Readonly<Record<string, ServiceFactory<T>>>,
  options: LoadingOptions,
): Promise<ServiceFactory<T>> {
  const fromCode = givenFactory(given, named.name);
  if (fromCode !== undefined) return checkFactory(kind, fromCode, `the factory given in code as '${named.name}'`);
  const resolved = resolveFactorySpecifier(named.name, kind.packagePrefix, options.configDirectory);
  const module = await importFactoryModule(kind, named, resolved, Object.keys(given), options);
  return checkFactory(kind, exportOf(module, kind.exportName), resolved.specifier);
}

/**
 * Lets a factory make its service.
 *
 * @throws StateError of the factory as it is; anything else that it throws as the cause of `factory-failed`;
 *   `factory-invalid` when what it makes has the wrong shape.
 */
export async function createService<T>(
  kind: ServiceKind<T>,
  factory: ServiceFactory<T>,
  config: Configuration,
  context: FactoryContext,
): Promise<T> {
  const service: unknown = await runOfThirdParty(`the factory of the ${kind.title} '${factory.name}'`, () =>
    factory.createFromConfig(config, context),
  );
  if (kind.isService(service)) return service;
  throw new StateError('factory-invalid', `the factory '${factory.name}' made something that is no ${kind.title}`, {
    details: { name: factory.name },
  });
}

/** Runs code of a third party: its StateErrors pass, everything else becomes `factory-failed`. */
export async function runOfThirdParty<T>(subject: string, run: () => T | Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    if (isStateError(error)) throw error;
    throw new StateError('factory-failed', `${subject} failed`, { cause: error, details: { subject } });
  }
}

/** What factories and configurable services are given besides the configuration. */
export function factoryContextOf(options: LoadingOptions): FactoryContext {
  const { configDirectory } = options;
  return { logger: options.logger ?? silentLogger, ...(configDirectory !== undefined && { configDirectory }) };
}

/** The factory given in code under a name, in any case of letters. */
export function givenFactory<T>(
  given: Readonly<Record<string, ServiceFactory<T>>>,
  name: string,
): ServiceFactory<T> | undefined {
  const wanted = name.trim().toLowerCase();
  return Object.entries(given).find(([candidate]) => candidate.toLowerCase() === wanted)?.[1];
}

/** The options of all factories that are given in code. */
export function optionsOfGivenFactories(options: LoadingOptions): readonly ConfigOption<unknown>[] {
  const given = [options.stateBackendFactories, options.checkpointStorageFactories];
  return given.flatMap((factories) => Object.values(factories ?? {})).flatMap((factory) => factory?.options ?? []);
}

async function importFactoryModule<T>(
  kind: ServiceKind<T>,
  named: NamedFactory,
  resolved: FactorySpecifier,
  givenNames: readonly string[],
  options: LoadingOptions,
): Promise<unknown> {
  const { importModule, configDirectory } = options;
  const tried = givenNames.length === 0 ? [] : [`the factories given in code: ${givenNames.join(', ')}`];
  if (importModule === undefined) {
    throw factoryNotFound(kind, named, resolved, {
      tried: [...tried, `no import of ${resolved.specifier}, because no importModule was given`],
      fixes: [
        'pass an importModule: openState(options, { importModule: (specifier) => import(specifier) })',
        `or give the factory in code, under the name '${named.name}'`,
      ],
    });
  }
  try {
    return await importModule(resolved.specifier, configDirectory === undefined ? {} : { configDirectory });
  } catch (error) {
    if (isModuleMissing(error, resolved.specifier)) {
      throw factoryNotFound(
        kind,
        named,
        resolved,
        { tried: [...tried, ...placesTriedBy(error, resolved.specifier)] },
        error,
      );
    }
    if (isStateError(error)) throw error;
    throw new StateError(
      'factory-failed',
      `the ${kind.title} '${named.name}' (${named.origin}) was found, but importing ${resolved.specifier} failed`,
      { cause: error, details: { name: named.name, specifier: resolved.specifier } },
    );
  }
}

function factoryNotFound<T>(
  kind: ServiceKind<T>,
  named: NamedFactory,
  resolved: FactorySpecifier,
  search: { readonly tried: readonly string[]; readonly fixes?: readonly string[] },
  cause?: unknown,
): StateError {
  const { tried } = search;
  const suggestions = suggest(named.name, kind.knownWords).filter((word) => word !== resolved.word);
  const fix = search.fixes === undefined ? fixFor(kind, named.name, resolved) : { lines: search.fixes };
  const lines = [
    `no ${kind.title} '${named.name}' (${kind.key}, ${named.origin})${didYouMean(suggestions)}`,
    'tried:',
    ...tried.map((place) => `  - ${place}`),
    ...fix.lines,
  ];
  return new StateError('factory-not-found', lines.join('\n'), {
    cause,
    details: {
      name: named.name,
      origin: named.origin,
      specifier: resolved.specifier,
      tried,
      suggestions,
      install: fix.install,
    },
  });
}

/** What to do about a name whose module was looked for and is not there. */
function fixFor<T>(
  kind: ServiceKind<T>,
  name: string,
  { packageName }: FactorySpecifier,
): { readonly lines: readonly string[]; readonly install?: string } {
  if (name.startsWith('org.apache.flink.')) {
    const words = kind.knownWords.join(' or ');
    return { lines: [`Java classes are not loaded here; write a short name: ${kind.key}: ${words}`] };
  }
  if (packageName === undefined)
    return { lines: ['there is no such file; paths are relative to the configuration file'] };
  if (!PACKAGE_NAME.test(packageName)) {
    const forms = 'a short name of letters and digits, a package, or a path with a leading dot';
    return { lines: [`no package can have this name; write ${forms}, for example ${kind.key}: ${kind.knownWords[0]}`] };
  }
  const install = `npm install ${packageName}`;
  return { lines: [`to install it: ${install}`], install };
}

function exportOf(module: unknown, exportName: string): unknown {
  const exports = module as Record<string, unknown> | null | undefined;
  if (exports?.[exportName] !== undefined) return exports[exportName];
  // A CommonJS module whose exports could not be told without running it shows them under `default`.
  return (exports?.default as Record<string, unknown> | null | undefined)?.[exportName];
}

function checkFactory<T>(kind: ServiceKind<T>, candidate: unknown, source: string): ServiceFactory<T> {
  if (typeof candidate !== 'object' || candidate === null) {
    throw invalidFactory(kind, source, `it does not export an object '${kind.exportName}'`);
  }
  const factory = candidate as Partial<ServiceFactory<T>>;
  if (typeof factory.apiVersion !== 'number') throw invalidFactory(kind, source, 'its apiVersion is no number');
  if (factory.apiVersion !== SPI_API_VERSION) {
    throw new StateError(
      'api-version-mismatch',
      `${source} was built for version ${factory.apiVersion} of the service interfaces, and @tidemark/state-core has version ${SPI_API_VERSION}; install versions that go together`,
      { details: { source, factoryApiVersion: factory.apiVersion, coreApiVersion: SPI_API_VERSION } },
    );
  }
  if (typeof factory.name !== 'string' || factory.name === '') throw invalidFactory(kind, source, 'it has no name');
  if (!Array.isArray(factory.options)) throw invalidFactory(kind, source, 'its options are no array');
  if (typeof factory.createFromConfig !== 'function') {
    throw invalidFactory(kind, source, 'it has no method createFromConfig');
  }
  return candidate as ServiceFactory<T>;
}

function invalidFactory<T>(kind: ServiceKind<T>, source: string, problem: string): StateError {
  return new StateError('factory-invalid', `${source} holds no factory of a ${kind.title}: ${problem}`, {
    details: { source, exportName: kind.exportName, problem },
  });
}
