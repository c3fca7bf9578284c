import { expect, test } from 'vitest';
import { checkDependencyGraph } from '../src/dependency-graph.ts';
import { checkDeepImports, checkPackageImports } from '../src/package-imports.ts';
import { manifestOf, messagesOf, repositoryOf } from './fixture.ts';

const allowed = {
  'state-core': { tidemark: [], thirdParty: [], node: false },
  state: { tidemark: ['state-core'], thirdParty: ['yaml'], node: true },
  kit: { tidemark: ['state-core'], thirdParty: [], node: false, onlyIn: { 'vitest.ts': ['vitest', 'node:test'] } },
};
const checkImports = (texts: Record<string, string>): string[] =>
  messagesOf(checkPackageImports(repositoryOf(texts), allowed));

test('allows what the table lists', () => {
  expect(
    checkImports({
      'packages/state/src/a.ts':
        "import 'yaml';\nimport 'node:fs';\nimport '@tidemark/state-core/spi';\nimport './b.js';",
      'packages/kit/src/vitest.ts': "import { test } from 'vitest';\nimport 'node:test';",
    }),
  ).toEqual([]);
});

test('refuses everything else', () => {
  expect(
    checkImports({
      'packages/state-core/src/a.ts':
        "import 'node:fs';\nimport 'fs';\nimport '@tidemark/state';\nimport '@tidemark/state-core';",
      'packages/kit/src/index.ts': "import { test } from 'vitest';\nimport 'node:test';",
      'packages/other/src/index.ts': '',
    }),
  ).toEqual([
    'packages/state-core/src/a.ts:1 node:fs: this package is pure, it knows no module of Node',
    'packages/state-core/src/a.ts:2 fs: not among the packages this one may import',
    'packages/state-core/src/a.ts:3 @tidemark/state: the architecture does not allow this import',
    'packages/state-core/src/a.ts:4 @tidemark/state-core: a package does not import itself by name',
    'packages/kit/src/index.ts:1 vitest: not among the packages this one may import',
    'packages/kit/src/index.ts:2 node:test: this package is pure, it knows no module of Node',
    'packages/other/src/index.ts package other is missing in tools/tidy/src/layers.ts',
  ]);
});

test('refuses deep imports by path and by name, in tests and examples too', () => {
  expect(
    messagesOf(
      checkDeepImports(
        repositoryOf({
          'packages/state-core/package.json': manifestOf('state-core'),
          'packages/state/test/a.test.ts': "import '../../state-core/src/a.js';\nimport '../src/a.js';",
          'packages/state/tsup.config.ts': "import '../../tools/config/tsup.base.ts';",
          'examples/one/src/main.ts': "import '@tidemark/state-core/dist/a.js';\nimport '@tidemark/state-core';",
        }),
      ),
    ),
  ).toEqual([
    'packages/state/test/a.test.ts:1 ../../state-core/src/a.js reaches into another package',
    'examples/one/src/main.ts:1 @tidemark/state-core/dist/a.js is no public entry of @tidemark/state-core',
  ]);
});

test('finds a cycle that only a development dependency closes', () => {
  const cyclic = repositoryOf({
    'packages/state-core/package.json': manifestOf('state-core', {
      devDependencies: { '@tidemark/state-testkit': 'workspace:^' },
    }),
    'packages/state-testkit/package.json': manifestOf('state-testkit', {
      peerDependencies: { '@tidemark/state-core': 'workspace:^' },
    }),
  });
  expect(messagesOf(checkDependencyGraph(cyclic))).toContain(
    'packages/state-core/package.json dependency cycle: @tidemark/state-core -> @tidemark/state-testkit -> @tidemark/state-core',
  );
});

test('finds a dependency that the architecture does not allow', () => {
  const files = repositoryOf({
    'packages/state-core/package.json': manifestOf('state-core', { dependencies: { lodash: 'catalog:' } }),
  });
  expect(messagesOf(checkDependencyGraph(files))).toEqual([
    'packages/state-core/package.json lodash is not among what this package may import',
  ]);
});
