import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Configuration } from '@tidemark/state-core';
import { describe, expect, it } from 'vitest';
import { loadCheckpointStorage, loadStateBackend, loadStateBackendAndStorage } from '../../src/index.js';
import { moduleImporter } from '../../src/loading/module-import.js';
import { temporaryDirectory } from '../temporary-directory.js';

const error = (code: string, message: RegExp = /./) =>
  expect.objectContaining({ code, message: expect.stringMatching(message) });
/** Vitest decodes the URLs of packages twice: a percent sign in them is one too many. */
const IMPORTED_BY_VITEST = 'tidemark packages ';
const urlOf = (directory: string): URL => pathToFileURL(`${directory}/`);

/** A package in the node_modules of a directory, importable as a user's would be. */
function installPackage(directory: string, name: string, source: string): void {
  const folder = join(directory, 'node_modules', name);
  mkdirSync(folder, { recursive: true });
  writeFileSync(
    join(folder, 'package.json'),
    JSON.stringify({ name, type: 'module', exports: { default: './index.js' } }),
  );
  writeFileSync(join(folder, 'index.js'), source);
}

const BACKEND_SOURCE = `
export const stateBackendFactory = {
  name: 'own',
  apiVersion: 1,
  options: [],
  createFromConfig: () => ({
    name: 'own',
    capabilities: {},
    createKeyedStateBackend() { throw new Error('not for use') },
    createOperatorStateBackend() { throw new Error('not for use') },
  }),
};
`;

describe('moduleImporter', () => {
  it('MI1: imports the packages that come along', async () => {
    const importModule = moduleImporter(urlOf(temporaryDirectory()));
    for (const [specifier, name] of [
      ['@tidemark/state-backend-hashmap', 'stateBackendFactory'],
      ['@tidemark/checkpoint-storage-jobmanager', 'checkpointStorageFactory'],
      ['@tidemark/checkpoint-storage-filesystem', 'checkpointStorageFactory'],
    ] as const) {
      expect(await importModule(specifier, {})).toHaveProperty(name);
    }
  });

  it('MI2: finds a package of the application, first beside the configuration file', async () => {
    const configured = temporaryDirectory(IMPORTED_BY_VITEST);
    const working = temporaryDirectory(IMPORTED_BY_VITEST);
    installPackage(configured, 'own-backend', 'export const where = "beside the file";');
    installPackage(working, 'own-backend', 'export const where = "in the working directory";');
    const importModule = moduleImporter(urlOf(working));
    expect(await importModule('own-backend', { configDirectory: urlOf(configured).href })).toMatchObject({
      where: 'beside the file',
    });
    expect(await importModule('own-backend', {})).toMatchObject({ where: 'in the working directory' });
  });

  it('MI3: names every place where a package is missing', async () => {
    const configured = temporaryDirectory();
    const working = temporaryDirectory();
    const missing = moduleImporter(urlOf(working))('no-such-backend', { configDirectory: urlOf(configured).href });
    const thrown = await missing.catch((caught: unknown) => caught);
    expect(thrown).toMatchObject({ code: 'ERR_MODULE_NOT_FOUND' });
    const { placesTried } = thrown as { placesTried: string[] };
    expect(placesTried).toHaveLength(3);
    expect(placesTried[0]).toContain(configured);
    expect(placesTried[1]).toContain(working);
  });

  it('MI3: passes on the error of a module that is there and broken', async () => {
    const working = temporaryDirectory(IMPORTED_BY_VITEST);
    installPackage(working, 'broken-backend', 'throw new Error("broken inside");');
    await expect(moduleImporter(urlOf(working))('broken-backend', {})).rejects.toThrow('broken inside');
  });
});

describe('loading on Node', () => {
  const quiet = { logger: { warn() {}, info() {} } };

  it('loads the backends and storages that come along, without being told how to import', async () => {
    expect((await loadStateBackend(new Configuration(), quiet)).name).toBe('hashmap');
    expect((await loadStateBackend(Configuration.from({ 'state.backend': 'hashmap' }), quiet)).name).toBe('hashmap');
    expect((await loadCheckpointStorage(new Configuration(), quiet)).name).toBe('jobmanager');
    const config = Configuration.from({ 'execution.checkpointing.dir': temporaryDirectory() });
    expect((await loadCheckpointStorage(config, quiet)).name).toBe('filesystem');
    const both = await loadStateBackendAndStorage(config, quiet);
    expect([both.stateBackend.name, both.checkpointStorage.name]).toEqual(['hashmap', 'filesystem']);
  });

  it('loads a backend from a file of the application', async () => {
    const directory = temporaryDirectory();
    writeFileSync(join(directory, 'my-backend.mjs'), BACKEND_SOURCE);
    const config = Configuration.from({ 'state.backend': './my-backend.mjs' });
    const backend = await loadStateBackend(config, { ...quiet, configDirectory: urlOf(directory).href });
    expect(backend.name).toBe('own');
  });

  it('a wrong name prints every place tried and the command that installs it', async () => {
    const config = Configuration.from({ 'state.backend': 'hashmpa' });
    const loading = loadStateBackend(config, { ...quiet, configDirectory: urlOf(temporaryDirectory()).href });
    const message =
      /no state backend 'hashmpa'[\s\S]*did you mean hashmap\?[\s\S]*tried:[\s\S]*@tidemark\/state-backend-hashmpa, from [\s\S]*npm install @tidemark\/state-backend-hashmpa/;
    await expect(loading).rejects.toEqual(error('factory-not-found', message));
  });

  it('lmdb is found, also under the name of what it stands for', async () => {
    for (const name of ['lmdb', 'rocksdb']) {
      const backend = await loadStateBackend(Configuration.from({ 'state.backend': name }), quiet);
      expect(backend.name).toBe('lmdb');
    }
  });

  it('an unknown key and a wrong value are named', async () => {
    const unknown = loadStateBackendAndStorage(Configuration.from({ 'state.backnd': 'hashmap' }), quiet);
    await expect(unknown).rejects.toEqual(error('config-key-unknown', /did you mean state\.backend/));
    const wrong = loadStateBackendAndStorage(Configuration.from({ 'execution.checkpointing.num-retained': 0 }), quiet);
    await expect(wrong).rejects.toEqual(error('config-value-invalid', /num-retained.*checkpoints/));
  });
});
