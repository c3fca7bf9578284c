// What is measured of state.

import type { FlinkArea } from '../flink-area.ts';

export const metrics: FlinkArea = {
  title: 'Metrics',
  state: 'complete',
  classes: [
    {
      name: 'StateBackendTestBase',
      rows: [
        [
          'testEnableStateLatencyTracking',
          'backend configured with latency tracking on → created keyed backend reports tracking enabled',
        ],
      ],
    },
  ],
};
