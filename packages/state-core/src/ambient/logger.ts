// Where warnings go. The library never writes to the console.

import type { StateErrorDetails } from '../error/state-error.js';

/** Takes what the library has to say. Shaped so that a pino logger or three lines of code will do. */
export interface StateLogger {
  /** Something that a person should look at; the program goes on. `code` is stable, for filters. */
  warn(code: string, message: string, details?: StateErrorDetails): void;
  /** Something worth knowing. */
  info(code: string, message: string, details?: StateErrorDetails): void;
}

/** Says nothing. The default of the pure core. */
export const silentLogger: StateLogger = {
  warn() {},
  info() {},
};
