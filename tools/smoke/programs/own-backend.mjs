// A backend in the application's own folder, by a relative path.

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { Configuration, loadStateBackend } from '@tidemark/state-core';

writeFileSync(
  'my-backend.js',
  `import { stateBackendFactory as hashmap } from '@tidemark/state-backend-hashmap';
export const stateBackendFactory = { ...hashmap, name: 'mine', createFromConfig: (config, context) => hashmap.createFromConfig(config, context) };
`,
);
const backend = await loadStateBackend(Configuration.from({ 'state.backend': './my-backend.js' }), {
  importModule: (specifier) => import(specifier),
  configDirectory: pathToFileURL('./').href,
});
assert.equal(typeof backend.createKeyedStateBackend, 'function');
