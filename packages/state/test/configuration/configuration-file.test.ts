import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { CheckpointingOptions, StateBackendOptions } from '@tidemark/state-core';
import { describe, expect, it } from 'vitest';
import { parseConfiguration, readConfigurationFile } from '../../src/configuration/configuration-file.js';
import { temporaryDirectory } from '../temporary-directory.js';

const invalid = (message: RegExp) =>
  expect.objectContaining({ code: 'config-file-invalid', message: expect.stringMatching(message) });

describe('parseConfiguration', () => {
  it('reads nested, flat and mixed keys', () => {
    const nested = parseConfiguration(
      'state:\n  backend:\n    type: lmdb\nexecution.checkpointing:\n  dir: /cp\n',
      'tidemark.yaml',
    );
    expect(nested.get(StateBackendOptions.STATE_BACKEND)).toBe('lmdb');
    expect(nested.get(CheckpointingOptions.CHECKPOINTS_DIRECTORY)).toBe('/cp');
  });

  it('reads sizes, durations, numbers, booleans and lists', () => {
    const config = parseConfiguration(
      [
        'execution.checkpointing:',
        '  data-inline-threshold: 10 kb',
        '  interval: 2 min',
        '  num-retained: 5',
        '  incremental: true',
      ].join('\n'),
      'tidemark.yaml',
    );
    expect(config.get(CheckpointingOptions.FS_SMALL_FILE_THRESHOLD)).toBe(10_240);
    expect(config.get(CheckpointingOptions.CHECKPOINTING_INTERVAL)).toBe(120_000);
    expect(config.get(CheckpointingOptions.MAX_RETAINED_CHECKPOINTS)).toBe(5);
    expect(config.get(CheckpointingOptions.INCREMENTAL_CHECKPOINTS)).toBe(true);
  });

  it('CF2: reads JSON, indented with tabs', () => {
    const config = parseConfiguration('{\n\t"state": {\n\t\t"backend": "hashmap"\n\t}\n}\n', 'tidemark.json');
    expect(config.find(StateBackendOptions.STATE_BACKEND)).toEqual({
      key: 'state.backend',
      written: 'hashmap',
      origin: 'tidemark.json:3',
    });
  });

  it('reads an empty file, and one of comments, as no settings', () => {
    expect(parseConfiguration('', 'tidemark.yaml').keys()).toEqual([]);
    expect(parseConfiguration('# state.backend: lmdb\n', 'tidemark.yaml').keys()).toEqual([]);
  });

  it('CF1: a wrong value names the file and the line', () => {
    const config = parseConfiguration('# retention\nexecution.checkpointing.num-retained: many\n', 'tidemark.yaml');
    expect(() => config.get(CheckpointingOptions.MAX_RETAINED_CHECKPOINTS)).toThrow(
      expect.objectContaining({ code: 'config-value-invalid', message: expect.stringContaining('tidemark.yaml:2') }),
    );
  });

  it.each([
    ['a syntax error', 'state.backend: hashmap\n  dir: [1\n', /tidemark\.yaml:\d+: /],
    ['a key that is written twice', 'a.b: 1\na.b: 2\n', /tidemark\.yaml:2: /],
    ['a list at the top', '- a\n- b\n', /tidemark\.yaml:1: it must consist of/],
    ['a text at the top', 'hashmap\n', /tidemark\.yaml:1: it must consist of/],
    ['a key without a value', 'state:\n  backend:\n', /tidemark\.yaml:2: state\.backend has no value/],
    ['an alias', 'a.x: &x 1\na.y: *x\n', /tidemark\.yaml:2: a\.y refers to another place/],
    ['a section in a list', 'a.b:\n  - c: 1\n', /a\.b has no value/],
    ['a second document', 'a.b: 1\n---\na.c: 2\n', /tidemark\.yaml:\d+: /],
  ])('refuses %s', (_, text, message) => {
    expect(() => parseConfiguration(text, 'tidemark.yaml')).toThrow(invalid(message));
  });
});

describe('readConfigurationFile', () => {
  const urlOf = (directory: string): URL => pathToFileURL(`${directory}/`);

  it('finds tidemark.yaml, tidemark.yml and tidemark.json', () => {
    for (const name of ['tidemark.yaml', 'tidemark.yml', 'tidemark.json']) {
      const directory = temporaryDirectory();
      writeFileSync(join(directory, name), '{"state.backend": "hashmap"}');
      const file = readConfigurationFile(undefined, urlOf(directory));
      expect(file?.configuration.get(StateBackendOptions.STATE_BACKEND)).toBe('hashmap');
      expect(file?.directory).toBe(urlOf(directory).href);
    }
  });

  it('CF3: finds nothing, and refuses to choose between two', () => {
    const directory = temporaryDirectory();
    expect(readConfigurationFile(undefined, urlOf(directory))).toBeUndefined();
    writeFileSync(join(directory, 'tidemark.yaml'), '');
    writeFileSync(join(directory, 'tidemark.json'), '{}');
    expect(() => readConfigurationFile(undefined, urlOf(directory))).toThrow(invalid(/only one of them can count/));
  });

  it('reads the file that is named, by path and by URL', () => {
    const directory = temporaryDirectory();
    const path = join(directory, 'settings #1.yaml');
    writeFileSync(path, 'state.backend: hashmap\n');
    for (const named of [
      'settings #1.yaml',
      './settings #1.yaml',
      path,
      pathToFileURL(path),
      pathToFileURL(path).href,
    ]) {
      expect(readConfigurationFile(named, urlOf(directory))?.directory).toBe(urlOf(directory).href);
    }
  });

  it('CF3: refuses a named file that is missing or is no text', () => {
    const directory = temporaryDirectory();
    expect(() => readConfigurationFile('other.yaml', urlOf(directory))).toThrow(
      invalid(/other\.yaml: there is no such file/),
    );
    writeFileSync(join(directory, 'bytes.yaml'), Uint8Array.of(0xff, 0xfe, 0x00));
    expect(() => readConfigurationFile('bytes.yaml', urlOf(directory))).toThrow(invalid(/cannot be read/));
    expect(() => readConfigurationFile('.', urlOf(directory))).toThrow(invalid(/cannot be read/));
  });
});
