import { describe, expect, test } from 'vitest';
import { resolveFactorySpecifier } from '../../src/loading/factory-specifier.js';

const PREFIX = '@tidemark/state-backend-';

describe('resolveFactorySpecifier', () => {
  test.each([
    ['hashmap', 'hashmap'],
    ['HashMap', 'hashmap'],
    [' LMDB ', 'lmdb'],
    ['sqlite3', 'sqlite3'],
  ])('S1: %j is the short name %s', (name, word) => {
    const packageName = PREFIX + word;
    expect(resolveFactorySpecifier(name, PREFIX, 'file:///app/')).toEqual({
      word,
      specifier: packageName,
      packageName,
    });
  });

  test.each(['../evil', 'a/../../evil', '..', '.', '%2e%2e', 'x y', 'hash\u0000map', 'näme', '__proto__', 'a.b'])(
    'S1: %j is no short name',
    (name) => {
      const { word, specifier } = resolveFactorySpecifier(name, PREFIX, 'file:///app/');
      expect(word).toBeUndefined();
      expect(specifier.startsWith(PREFIX)).toBe(false);
    },
  );

  test.each([
    ['@acme/backend', '@acme/backend'],
    ['@acme/backend/deep/entry.js', '@acme/backend'],
    ['acme-backend', 'acme-backend'],
    ['acme/entry', 'acme'],
  ])('S2: %s is the package %s', (name, packageName) => {
    expect(resolveFactorySpecifier(name, PREFIX, 'file:///app/')).toEqual({ specifier: name, packageName });
  });

  test.each([
    ['./my-backend.js', 'file:///app/conf/my-backend.js'],
    ['../my-backend.js', 'file:///app/my-backend.js'],
    ['.\\sub\\my-backend.js', 'file:///app/conf/sub/my-backend.js'],
    ['./100% sure?#1.js', 'file:///app/conf/100%25%20sure%3F%231.js'],
    ['/opt/backend.js', 'file:///opt/backend.js'],
    ['C:\\opt\\backend.js', 'file:///C:/opt/backend.js'],
    ['file:///opt/backend.js', 'file:///opt/backend.js'],
  ])('S2: the path %s is %s, seen from the configuration file', (name, specifier) => {
    expect(resolveFactorySpecifier(name, PREFIX, 'file:///app/conf')).toEqual({ specifier });
    expect(resolveFactorySpecifier(name, PREFIX, 'file:///app/conf/')).toEqual({ specifier });
  });

  test('S2: without a configuration file a relative path is left to whoever imports', () => {
    expect(resolveFactorySpecifier('./my-backend.js', PREFIX, undefined)).toEqual({ specifier: './my-backend.js' });
  });
});
