// What is read from the process, and told to it. Only this folder does either.

import { pathToFileURL } from 'node:url';
import type { StateErrorDetails, StateLogger } from '@tidemark/state-core';

/** The variables of the environment. */
export function processEnvironment(): Readonly<Record<string, string | undefined>> {
  return process.env;
}

/** The working directory as a `file:` URL that ends in a slash. */
export function workingDirectoryUrl(): URL {
  return pathToFileURL(`${process.cwd()}/`);
}

/**
 * Sends warnings to the process (`process.on('warning')`, `node --trace-warnings`), with the code that
 * `--disable-warning` filters by. Notices are dropped.
 */
export const processLogger: StateLogger = {
  warn(code: string, message: string, details?: StateErrorDetails): void {
    const detail = details === undefined ? undefined : printable(details);
    process.emitWarning(message, {
      type: 'TidemarkWarning',
      code: `TIDEMARK_${code.replaceAll('-', '_').toUpperCase()}`,
      ...(detail === undefined ? {} : { detail }),
    });
  },
  info(): void {},
};

function printable(details: StateErrorDetails): string | undefined {
  try {
    return JSON.stringify(details, (_, value) => (typeof value === 'bigint' ? String(value) : value));
  } catch {
    return undefined;
  }
}
