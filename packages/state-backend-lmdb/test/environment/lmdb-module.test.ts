import { isStateError, type StateError } from '@tidemark/state-core';
import { expect, it } from 'vitest';
import { loadLmdb, nativeModuleMissing } from '../../src/environment/lmdb-module.js';

it('native-module-missing: says which package is missing and how to get it', async () => {
  const cause = new Error('No native build was found for platform=linux arch=x64');
  const failure = (await loadLmdb(() => Promise.reject(cause)).catch((error: unknown) => error)) as StateError;
  expect(isStateError(failure, 'native-module-missing')).toBe(true);
  expect(failure.kind).toBe('configure');
  expect(failure.cause).toBe(cause);
  expect(failure.message).toContain(`@lmdb/lmdb-${process.platform}-${process.arch}`);
  expect(failure.message).toContain('npm install --include=optional');
});

it('native-module-missing: where there is no binary at all, names another backend', () => {
  const failure = nativeModuleMissing(new Error('none'), 'freebsd-x64');
  expect(failure.message).toContain('there is no binary for freebsd-x64');
  expect(failure.message).toContain('state.backend: hashmap');
});

it('is found on this machine', async () => {
  expect(typeof (await loadLmdb()).open).toBe('function');
});
