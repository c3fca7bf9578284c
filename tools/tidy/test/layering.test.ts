import { expect, test } from 'vitest';
import { checkLayering } from '../src/layering.ts';
import { messagesOf, repositoryOf } from './fixture.ts';

const layers = { core: { error: 0, bytes: 1, config: 1, state: 2 } };
const check = (texts: Record<string, string>): string[] => messagesOf(checkLayering(repositoryOf(texts), layers));

test('allows the own folder, lower layers and entry files above all', () => {
  expect(
    check({
      'packages/core/src/state/value.ts':
        "import { a } from './list.js';\nimport type { B } from '../bytes/reader.js';",
      'packages/core/src/index.ts': "export { a } from './state/value.js';\nexport { b } from './spi.js';",
    }),
  ).toEqual([]);
});

test('refuses a higher layer, in every form of import', () => {
  expect(
    check({
      'packages/core/src/error/a.ts':
        "import type { X } from '../state/value.js';\nexport * from '../bytes/reader.js';\nconst l = () => import('../state/list.js');\ntype T = import('../config/c.js').C;",
    }),
  ).toEqual([
    'packages/core/src/error/a.ts:1 state lies above error: import not allowed',
    'packages/core/src/error/a.ts:2 bytes lies above error: import not allowed',
    'packages/core/src/error/a.ts:3 state lies above error: import not allowed',
    'packages/core/src/error/a.ts:4 config lies above error: import not allowed',
  ]);
});

test('refuses a folder on the same layer', () => {
  expect(check({ 'packages/core/src/bytes/a.ts': "import { b } from '../config/b.js';" })).toEqual([
    'packages/core/src/bytes/a.ts:1 config is on the same layer as bytes: import not allowed',
  ]);
});

test('refuses an entry file from below, and leaving src', () => {
  expect(check({ 'packages/core/src/state/a.ts': "import '../index.js';\nimport '../../test/b.js';" })).toEqual([
    'packages/core/src/state/a.ts:1 src lies above state: import not allowed',
    "packages/core/src/state/a.ts:2 ../../test/b.js leaves the package's src folder",
  ]);
});

test('asks for the layer of a new folder', () => {
  expect(check({ 'packages/core/src/timers/a.ts': '' })).toEqual([
    'packages/core/src/timers/a.ts folder timers has no layer in tools/tidy/src/layers.ts',
  ]);
});

test('does not take a comment or a string for an import', () => {
  expect(
    check({ 'packages/core/src/error/a.ts': "// import '../state/a.js'\nconst s = \"import '../state/a.js'\";" }),
  ).toEqual([]);
});
