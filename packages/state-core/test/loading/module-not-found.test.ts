// Real errors of the running Node: a project is written to disk and a child process imports from it.
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { isModuleMissing, placesTriedBy } from '../../src/loading/module-not-found.js';

const project = realpathSync(mkdtempSync(join(tmpdir(), "tidemark it's a project ")));

function write(path: string, text: string): void {
  mkdirSync(dirname(join(project, path)), { recursive: true });
  writeFileSync(join(project, path), text);
}

function errorOfImport(specifier: string): { code?: string; message: string; url?: string } {
  const program = `import(process.argv[2]).then(() => console.log('null'), (error) => console.log(JSON.stringify({ code: error.code, message: error.message, url: error.url })))`;
  writeFileSync(join(project, 'main.mjs'), program);
  return JSON.parse(execFileSync(process.execPath, [join(project, 'main.mjs'), specifier], { encoding: 'utf8' }));
}

beforeAll(() => {
  write('needs-package.mjs', "import 'some-other-package';");
  write('needs-file.mjs', "import './not-there.mjs';");
  write('throws.mjs', "throw new Error('on purpose');");
  write('folder/index.mjs', '');
  write('node_modules/@acme/broken/package.json', '{"name":"@acme/broken","type":"module","exports":"./index.js"}');
  write('node_modules/@acme/broken/index.js', "import 'engine-of-broken';");
  write(
    'node_modules/@acme/unbuilt/package.json',
    '{"name":"@acme/unbuilt","type":"module","exports":"./dist/index.js"}',
  );
});
afterAll(() => rmSync(project, { recursive: true, force: true }));

describe('isModuleMissing with the errors of Node', () => {
  const url = (path: string): string => pathToFileURL(join(project, path)).href;

  test.each(['@acme/absent', '@acme/absent/entry', 'absent', './absent.mjs'])('%s is missing', (specifier) => {
    expect(isModuleMissing(errorOfImport(specifier), specifier)).toBe(true);
  });

  test.each(['absent.mjs', 'folder'])('the file %s is missing', (path) => {
    expect(isModuleMissing(errorOfImport(url(path)), url(path))).toBe(true);
  });

  test.each(['needs-package.mjs', 'needs-file.mjs', 'throws.mjs'])('the file %s is there', (path) => {
    expect(isModuleMissing(errorOfImport(url(path)), url(path))).toBe(false);
  });

  test.each(['@acme/broken', '@acme/unbuilt'])('the package %s is there', (specifier) => {
    expect(isModuleMissing(errorOfImport(specifier), specifier)).toBe(false);
  });

  test('the place is named', () => {
    expect(placesTriedBy(errorOfImport('@acme/absent'), '@acme/absent')).toEqual([
      `@acme/absent, imported from ${join(project, 'main.mjs')}`,
    ]);
  });
});

test.each([
  ['CommonJS', { code: 'MODULE_NOT_FOUND', message: "Cannot find module '@acme/x'\nRequire stack:\n- /app/main.js" }],
  ['Vite', { message: 'Failed to load url @acme/x (resolved id: @acme/x). Does the file exist?' }],
  ['esbuild', { message: 'Could not resolve "@acme/x"' }],
])('isModuleMissing knows the error of %s', (_, error) => {
  expect(isModuleMissing(error, '@acme/x')).toBe(true);
  expect(isModuleMissing(error, '@acme/y')).toBe(false);
});

test('whoever imports may list the places itself', () => {
  const error = { code: 'ERR_MODULE_NOT_FOUND', message: 'nowhere', placesTried: ['/app/conf', '/app'] };
  expect(isModuleMissing(error, '@acme/x')).toBe(true);
  expect(placesTriedBy(error, '@acme/x')).toEqual(['/app/conf', '/app']);
});

test.each([undefined, null, 'text', 7, {}])('%j thrown is no missing module', (thrown) => {
  expect(isModuleMissing(thrown, '@acme/x')).toBe(false);
});
