import { packageBuild } from '../../tools/config/tsup.base.ts';

export default packageBuild(['index.ts']);
