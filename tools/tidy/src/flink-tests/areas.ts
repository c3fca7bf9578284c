// Every area, in the order of the page.

import { barriers } from './areas/barriers.ts';
import { checkpointStorage } from './areas/checkpoint-storage.ts';
import { completedCheckpoints } from './areas/completed-checkpoints.ts';
import { coordinator } from './areas/coordinator.ts';
import { embeddedBackend } from './areas/embedded-backend.ts';
import { handles } from './areas/handles.ts';
import { keyGroups } from './areas/key-groups.ts';
import { keyedState } from './areas/keyed-state.ts';
import { loading } from './areas/loading.ts';
import { localRecovery } from './areas/local-recovery.ts';
import { metadata } from './areas/metadata.ts';
import { metrics } from './areas/metrics.ts';
import { migration } from './areas/migration.ts';
import { operatorState } from './areas/operator-state.ts';
import { queryableState } from './areas/queryable-state.ts';
import { serializers } from './areas/serializers.ts';
import { timers } from './areas/timers.ts';
import { ttl } from './areas/ttl.ts';
import type { FlinkArea } from './flink-area.ts';

/** The tests of Flink whose subject we share. */
export const FLINK_AREAS: readonly FlinkArea[] = [
  keyGroups,
  checkpointStorage,
  loading,
  handles,
  operatorState,
  serializers,
  metadata,
  keyedState,
  migration,
  completedCheckpoints,
  ttl,
  metrics,
  timers,
  embeddedBackend,
  coordinator,
  barriers,
  localRecovery,
  queryableState,
];
