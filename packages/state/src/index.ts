// The entry for applications on Node: the core, and everything that it needs to find by name.

export * from '@tidemark/state-core';
export { type NodeOpenStateOptions, openState } from './open-state.js';
