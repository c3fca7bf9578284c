import { packageBuild } from '../../tools/config/tsup.base.ts';

export default packageBuild(['index.ts', 'node-test.ts', 'program.ts', 'vitest.ts']);
