// From the sort of a descriptor to the state over a store.

import type { StateKind } from '../state/state-descriptor.js';
import { StoredAggregatingState, StoredFoldingState, StoredReducingState } from './stored-accumulating-states.js';
import { StoredListState } from './stored-list-state.js';
import { StoredMapState } from './stored-map-state.js';
import type { StoredState, StoredStateParameters } from './stored-state.js';
import { StoredValueState } from './stored-value-state.js';

/** Makes the state of a registration. */
export function createStoredState<K>(
  kind: StateKind,
  parameters: StoredStateParameters<K, never> & { readonly objectReuse: boolean },
): StoredState<K, unknown, never> {
  switch (kind) {
    case 'value':
      return new StoredValueState(parameters);
    case 'list':
      return new StoredListState(parameters) as StoredState<K, unknown, never>;
    case 'map':
      return new StoredMapState(parameters) as unknown as StoredState<K, unknown, never>;
    case 'reducing':
      return new StoredReducingState(parameters);
    case 'aggregating':
      return new StoredAggregatingState(parameters);
    case 'folding':
      return new StoredFoldingState(parameters);
  }
}
