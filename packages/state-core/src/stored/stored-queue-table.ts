// The elements of a queue in one key group, as entries without value. Paths begin with the priority (queue-paths.ts).

import type { KeySerializer } from '../serialization/type-serializer.js';
import { QueuePaths } from './queue-paths.js';
import { type StateAccess, StoredStateTable } from './stored-state-table.js';

/** The elements of a queue in a key group. */
export class StoredQueueTable extends StoredStateTable {
  readonly queuePaths: QueuePaths;

  constructor(state: StateAccess, keyGroup: number) {
    super(state, keyGroup);
    const { keySerializer, registration } = state;
    this.queuePaths = new QueuePaths({
      key: keySerializer,
      namespace: registration.namespaceSerializer,
      priority: registration.mapKeySerializer as KeySerializer<unknown>,
    });
  }

  protected override keyOf(path: Uint8Array): string {
    return this.queuePaths.keyInWords(path);
  }
}
