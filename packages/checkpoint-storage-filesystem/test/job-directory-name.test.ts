import { mkdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { jobDirectoryName } from '../src/index.js';
import { temporaryDirectory } from './fixtures/temporary-directory.js';

const STRANGE = [
  '',
  '.',
  '..',
  '...',
  '/',
  '//',
  'a/b',
  'a\\b',
  'a\0b',
  '~',
  ' ',
  ' a',
  'a ',
  'a.',
  '.a',
  '%2e',
  '=2e',
  '=empty',
  'empty',
  'con',
  'CON',
  'con.txt',
  'nul',
  'com1',
  'shared',
  'taskowned',
  '_metadata',
  'chk-1',
  'owner-1',
  'savepoint-x',
  'straße',
  'STRASSE',
  '\u00e9',
  'e\u0301',
  '\ud800',
  '\ud801',
  '\ufffd',
  '💡',
  'İ',
  'i',
  'ı',
  'K',
  'k',
  'K',
  'x'.repeat(199),
  'x'.repeat(200),
  'x'.repeat(201),
  'x'.repeat(5000),
  `${'x'.repeat(5000)}y`,
  '/'.repeat(70),
  '/'.repeat(71),
  `${'x'.repeat(119)}/`.repeat(3),
];

describe('jobDirectoryName', () => {
  it.each([
    ['accounts.partition-3', 'accounts.partition-3'],
    ['a1b2c3', 'a1b2c3'],
    ['', '=empty'],
    ['..', '=2e=2e'],
    ['.', '=2e'],
    ['a/b', 'a=2fb'],
    ['Orders', '=4frders'],
    ['con', '=63on'],
    ['chk-1', '=63hk-1'],
    ['\u00e9', '=c3=a9'],
  ])('of %j is %j', (jobId, name) => {
    expect(jobDirectoryName(jobId)).toBe(name);
  });

  it('differs for different identities, also where case and Unicode forms do not count', () => {
    const folded = STRANGE.map((jobId) => jobDirectoryName(jobId).toLowerCase().normalize('NFC'));
    expect(new Set(folded).size).toBe(new Set(STRANGE).size);
  });

  it('is one component that this file system takes', async () => {
    const directory = await temporaryDirectory();
    for (const name of new Set(STRANGE.map(jobDirectoryName))) {
      expect(name).toMatch(/^[a-z0-9=_-][a-z0-9=._-]*$/);
      expect(name.length).toBeLessThanOrEqual(200);
      expect(basename(name)).toBe(name);
      await mkdir(join(directory, name));
    }
  });
});
