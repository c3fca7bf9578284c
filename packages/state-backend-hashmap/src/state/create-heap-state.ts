// From the sort of a descriptor to the state on the heap.

import { KeyTable } from '../table/key-table.js';
import { MapTable } from '../table/map-table.js';
import type { TableTypes } from '../table/state-table.js';
import { StateTables, type StateTablesParameters } from '../table/state-tables.js';
import { HeapAggregatingState } from './heap-aggregating-state.js';
import { HeapFoldingState } from './heap-folding-state.js';
import { HeapListState } from './heap-list-state.js';
import { HeapMapState } from './heap-map-state.js';
import { HeapReducingState } from './heap-reducing-state.js';
import type { HeapState, HeapStateParameters } from './heap-state.js';
import { HeapValueState } from './heap-value-state.js';
import {
  TtlHeapAggregatingState,
  TtlHeapFoldingState,
  TtlHeapReducingState,
  TtlHeapValueState,
} from './ttl-heap-key-states.js';
import { TtlHeapListState } from './ttl-heap-list-state.js';
import { TtlHeapMapState } from './ttl-heap-map-state.js';

/** A state together with its tables. */
export interface CreatedHeapState<K> {
  // The types of namespace, value and table differ from state to state.
  readonly state: HeapState<K, unknown, unknown, never>;
  readonly tables: StateTables<KeyTable> | StateTables<MapTable>;
}

/** Makes the state of a registration. */
export function createHeapState<K>(
  parameters: Omit<HeapStateParameters<K, never>, 'tables'>,
  tableParameters: Omit<StateTablesParameters<never>, 'createTable'>,
  types: TableTypes,
): CreatedHeapState<K> {
  const { registration } = tableParameters;
  const hasTtl = registration.ttl !== undefined;
  if (registration.kind === 'map') {
    const { isImmutableType } = registration.valueSerializer;
    const keepsValues = !hasTtl && (isImmutableType || !parameters.passing.objectReuse);
    const createTable = (keyGroup: number): MapTable => new MapTable(types, keyGroup, keepsValues);
    const tables = new StateTables({ ...tableParameters, createTable });
    const withTables = { ...parameters, tables };
    return created(hasTtl ? new TtlHeapMapState(withTables) : new HeapMapState(withTables), tables);
  }
  const tables = new StateTables({ ...tableParameters, createTable: (keyGroup) => new KeyTable(types, keyGroup) });
  const withTables = { ...parameters, tables };
  switch (registration.kind) {
    case 'value':
      return created(hasTtl ? new TtlHeapValueState(withTables) : new HeapValueState(withTables), tables);
    case 'list':
      return created(hasTtl ? new TtlHeapListState(withTables) : new HeapListState(withTables), tables);
    case 'reducing':
      return created(hasTtl ? new TtlHeapReducingState(withTables) : new HeapReducingState(withTables), tables);
    case 'aggregating':
      return created(hasTtl ? new TtlHeapAggregatingState(withTables) : new HeapAggregatingState(withTables), tables);
    case 'folding':
      return created(hasTtl ? new TtlHeapFoldingState(withTables) : new HeapFoldingState(withTables), tables);
  }
}

function created<K>(state: unknown, tables: CreatedHeapState<K>['tables']): CreatedHeapState<K> {
  return { state: state as CreatedHeapState<K>['state'], tables };
}
