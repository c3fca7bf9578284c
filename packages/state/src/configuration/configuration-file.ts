// A file as a layer of the configuration.
//
// Owns: finding and reading the file, and the line at which each value stands. Leaves to the core what the keys mean.
//
//   CF1. Every value knows its line, so that a mistake in it is reported with file and line wherever it is found.
//   CF2. JSON is read by the same parser: it is a part of YAML, and it gets line numbers too.
//   CF3. A file that is named must be there; a file that is looked for may be missing, but there must not be two.

import { existsSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import {
  Configuration,
  type ConfigurationEntry,
  type ConfigurationScalar,
  type ConfigurationValue,
  StateError,
} from '@tidemark/state-core';
import { isAlias, isMap, isScalar, isSeq, LineCounter, type Node, parseDocument } from 'yaml';

/** The names that are looked for in the working directory. */
export const CONFIGURATION_FILE_NAMES: readonly string[] = ['tidemark.yaml', 'tidemark.yml', 'tidemark.json'];

const FILE_SIZE_MAX_BYTES: number = 1024 * 1024;

/** A configuration file that was read. */
export interface ConfigurationFile {
  readonly configuration: Configuration;
  /** Directory of the file as a `file:` URL that ends in a slash: what relative paths in it are relative to. */
  readonly directory: string;
}

/**
 * Reads a configuration file: YAML or JSON, keys nested (`state: { backend: { type: … } }`) or flat
 * (`state.backend.type: …`), or both.
 *
 * @param file - Path, relative to `directory`, or `file:` URL; `undefined` looks for `tidemark.yaml`, `tidemark.yml` and
 * `tidemark.json` in `directory`.
 * @returns `undefined` when nothing was named and nothing found.
 * @throws StateError `config-file-invalid` with the line for a file that is missing, unreadable or not of this form.
 */
export function readConfigurationFile(file: string | URL | undefined, directory: URL): ConfigurationFile | undefined {
  const url = file === undefined ? findFile(directory) : urlOf(file, directory);
  if (url === undefined) return undefined;
  const path = fileURLToPath(url);
  const text = readText(path);
  return { configuration: parseConfiguration(text, basename(path)), directory: new URL('.', url).href };
}

/**
 * Reads the text of a configuration file.
 *
 * @param name - Name of the file, for messages.
 * @throws StateError `config-file-invalid`, `config-value-invalid` when one key is written twice.
 */
export function parseConfiguration(text: string, name: string): Configuration {
  try {
    return parse(text, name);
  } catch (error) {
    // Sections within sections without end: the parser goes down with them.
    if (error instanceof RangeError) throw invalid(name, 'it is nested too deeply', error);
    throw error;
  }
}

function parse(text: string, name: string): Configuration {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, stringKeys: false });
  const [error] = document.errors;
  if (error !== undefined) throw invalid(`${name}:${lines.linePos(error.pos[0]).line}`, error.message, error);

  const entries: ConfigurationEntry[] = [];
  const origin = (node: unknown): string => {
    const start = (node as Node | null)?.range?.[0];
    return start === undefined ? name : `${name}:${lines.linePos(start).line}`;
  };
  const collect = (node: unknown, prefix: string): void => {
    if (!isMap(node)) throw invalid(origin(node), 'it must consist of "key: value" lines or sections of such');
    for (const { key: keyNode, value } of node.items) {
      const word = isScalar(keyNode) ? String(keyNode.value) : '';
      if (word === '') throw invalid(origin(keyNode), 'a key must be a word');
      const key = prefix === '' ? word : `${prefix}.${word}`;
      if (isMap(value)) collect(value, key);
      else entries.push({ key, written: writtenOf(value, key, origin(value ?? keyNode)), origin: origin(keyNode) });
    }
  };
  if (document.contents !== null) collect(document.contents, '');
  return Configuration.fromEntries(entries);
}

function writtenOf(node: unknown, key: string, origin: string): ConfigurationValue {
  if (isSeq(node)) return node.items.map((item) => scalarOf(item, key, origin));
  return scalarOf(node, key, origin);
}

function scalarOf(node: unknown, key: string, origin: string): ConfigurationScalar {
  if (isAlias(node)) throw invalid(origin, `${key} refers to another place with *: write the value itself`);
  const value: unknown = isScalar(node) ? node.value : undefined;
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' || typeof value === 'bigint')
    return value;
  throw invalid(
    origin,
    `${key} has no value: write text, a number, true, false or a list of those, or leave the key out`,
  );
}

function findFile(directory: URL): URL | undefined {
  const found = CONFIGURATION_FILE_NAMES.map((name) => new URL(name, directory)).filter((url) => existsSync(url));
  if (found.length > 1) {
    const names = found.map((url) => basename(url.pathname)).join(' and ');
    throw invalid(
      names,
      `only one of them can count; remove one, or name the right one: configFile: './${CONFIGURATION_FILE_NAMES[0]}'`,
    );
  }
  return found[0];
}

function urlOf(file: string | URL, directory: URL): URL {
  if (file instanceof URL) return file;
  if (file.startsWith('file:')) return new URL(file);
  // The path goes through pathToFileURL so that a space, # or % in it means itself.
  return file.startsWith('/') || /^[A-Za-z]:[\\/]/.test(file)
    ? pathToFileURL(file)
    : pathToFileURL(fileURLToPath(directory) + file);
}

function readText(path: string): string {
  try {
    const bytes = readFileSync(path);
    if (bytes.length > FILE_SIZE_MAX_BYTES)
      throw new RangeError(`it has ${bytes.length} bytes, ${FILE_SIZE_MAX_BYTES} is the most`);
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    throw invalid(path, code === 'ENOENT' ? 'there is no such file' : `it cannot be read: ${message}`, error);
  }
}

function invalid(place: string, problem: string, cause?: unknown): StateError {
  return new StateError('config-file-invalid', `configuration file ${place}: ${problem}`, {
    details: { place },
    ...(cause === undefined ? {} : { cause }),
  });
}
