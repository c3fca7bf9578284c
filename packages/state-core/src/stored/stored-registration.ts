// What the store below needs to know of a state.

import type { EntriesRegistration } from '../support/keyed-state-registry.js';

/** The part of a registration that concerns stored bytes. */
export type StoredRegistration = Pick<
  EntriesRegistration,
  | 'id'
  | 'name'
  | 'namespaceSerializer'
  | 'valueSerializer'
  | 'mapKeySerializer'
  | 'schema'
  | 'readerOf'
  | 'ttl'
  | 'restamping'
>;
