// The state backend that keeps live values on the heap.

export { HashMapStateBackend } from './hash-map-state-backend.js';
export { stateBackendFactory } from './hash-map-state-backend-factory.js';
