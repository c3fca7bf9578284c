// The state backend that keeps live values on the heap.

export { HashMapStateBackend, type HashMapStateBackendSettings } from './hash-map-state-backend.js';
export { stateBackendFactory } from './hash-map-state-backend-factory.js';
export { HashMapStateBackendOptions, type SnapshotMode } from './hash-map-state-backend-options.js';
