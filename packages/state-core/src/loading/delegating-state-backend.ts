// A state backend around another one.

import type { StateBackend } from '../state-backend/state-backend.js';

/** A state backend that adds something to another and leaves the rest to it. The loaders look through it. */
export interface DelegatingStateBackend extends StateBackend {
  readonly delegatedStateBackend: StateBackend;
}

/** The backend at the bottom of any number of delegating ones. */
export function rootStateBackendOf(stateBackend: StateBackend): StateBackend {
  let root = stateBackend;
  while (isDelegating(root)) root = root.delegatedStateBackend;
  return root;
}

function isDelegating(stateBackend: StateBackend): stateBackend is DelegatingStateBackend {
  const inner: unknown = (stateBackend as Partial<DelegatingStateBackend>).delegatedStateBackend;
  return typeof inner === 'object' && inner !== null;
}
