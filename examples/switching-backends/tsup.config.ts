import { exampleBuild } from '../../tools/config/tsup.base.ts';

export default exampleBuild(['main.ts']);
