// State backends and checkpoint storages by name.

import type { FlinkArea } from '../flink-area.ts';

export const loading: FlinkArea = {
  title: 'Loading by name',
  state: 'complete',
  classes: [
    {
      name: 'CheckpointStorageLoaderTest',
      rows: [
        ['testLegacyStateBackendTakesPrecedence', 'backend that is also a storage wins over app storage'],
        [
          'testLoadingFromFactory',
          'job config FQCN wins over cluster "jobmanager"; without job value cluster value used',
        ],
        [
          'testLoadingFails',
          'unknown class or non-factory class → DynamicCodeLoadingException; factory throwing → IllegalConfigurationException',
        ],
        [
          'testConfigureJobManagerStorage',
          'app-set JM storage(100) with cluster storage=filesystem: stays JM with size 100 and gets savepoint dir',
        ],
        [
          'testLoadFileSystemCheckpointStorage',
          '"filesystem", dirs, threshold 900kb, buffer 1024 → checkpoint/savepoint paths, threshold 921600, buffer = max(921600,1024)',
        ],
        [
          'testHighAvailabilityDefault testHighAvailabilityDefaultLocalPaths',
          'JM storage under HA without path keeps null checkpoint path; with configured dir it uses that dir',
        ],
      ],
    },
    {
      name: 'StateBackendLoadingTest',
      rows: [
        [
          'testLoadFileSystemStateBackendMixed',
          '(legacy) app FsStateBackend(dir, threshold 1000000, buffer 4000000) keeps own dir/threshold/buffer, takes savepoint dir from config',
        ],
        [
          'testLoadingFails',
          'unknown class, class that is no factory, failing factory, wrong directory URI: each with its own error',
        ],
      ],
    },
  ],
};
