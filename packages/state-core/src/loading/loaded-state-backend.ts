// What is known of a state backend that was loaded by name, for whoever loads the storage that goes with it.
//
// Owns: the note. It is kept beside the backend, not on it: what a factory makes may be frozen, and is its own.

import type { StateBackend } from '../state-backend/state-backend.js';
import type { StateBackendFactory } from '../state-backend/state-backend-factory.js';
import type { ClassicStorage } from './former-names.js';

/** How a state backend was loaded. */
export interface StateBackendOrigin {
  readonly factory: StateBackendFactory;
  /** The storage that its former name asked for. */
  readonly classicStorage?: ClassicStorage;
}

const originByBackend: WeakMap<StateBackend, StateBackendOrigin> = new WeakMap();

/** Notes how a backend was loaded. */
export function rememberStateBackendOrigin(stateBackend: StateBackend, origin: StateBackendOrigin): void {
  originByBackend.set(stateBackend, origin);
}

/** How a backend was loaded; `undefined` for one that the application made. */
export function stateBackendOriginOf(stateBackend: StateBackend): StateBackendOrigin | undefined {
  return originByBackend.get(stateBackend);
}
