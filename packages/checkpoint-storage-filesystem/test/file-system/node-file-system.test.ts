// The file system of the machine keeps what the interface promises.

import { readdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { publishAtomically } from '../../src/atomic-publication.js';
import { ensureDirectory, removeTree } from '../../src/file-system/directory-tree.js';
import { NodeFileSystem } from '../../src/index.js';
import { temporaryDirectory } from '../fixtures/temporary-directory.js';
import { patternBytes } from '../fixtures/views.js';

const files = new NodeFileSystem();

describe('NodeFileSystem', () => {
  it('lets one of many take a name', async () => {
    const directory = await temporaryDirectory();
    await writeFile(join(directory, 'file'), 'x');
    const path = join(directory, 'name');
    const directories = await Promise.all(Array.from({ length: 20 }, () => files.createDirectory(path)));
    expect(directories.filter((outcome) => outcome === 'created')).toHaveLength(1);
    const writers = await Promise.all(Array.from({ length: 20 }, () => files.openNew(`${path}-file`)));
    expect(writers.filter((writer) => writer !== undefined)).toHaveLength(1);
    await Promise.all(writers.map((writer) => writer?.close()));
    const links = await Promise.all(
      Array.from({ length: 20 }, () => files.link(join(directory, 'file'), `${path}-link`)),
    );
    expect(links.filter((outcome) => outcome === 'linked')).toHaveLength(1);
    expect(links.filter((outcome) => outcome === 'exists')).toHaveLength(19);
  });

  it('tells what is missing apart from what fails', async () => {
    const directory = await temporaryDirectory();
    const missing = join(directory, 'a', 'b');
    expect(await files.createDirectory(missing)).toBe('parent-missing');
    expect(await files.listDirectory(missing)).toBeUndefined();
    expect(await files.openExisting(missing)).toBeUndefined();
    expect(await files.status(missing)).toBeUndefined();
    expect(await files.realPath(missing)).toBeUndefined();
    expect(await files.removeFile(missing)).toBe(false);
    expect(await files.removeDirectory(missing)).toBe(false);
    expect(await files.copyFile(missing, join(directory, 'copy'))).toBe('missing');
    await expect(files.openNew(missing)).rejects.toMatchObject({ code: 'storage-io-failed' });
    await expect(files.syncDirectory(missing)).rejects.toMatchObject({ code: 'storage-io-failed' });
    await writeFile(join(directory, 'file'), 'x');
    await expect(files.openNew(join(directory, 'file', 'x'))).rejects.toMatchObject({ code: 'storage-io-failed' });
    await expect(files.openNew(join(directory, 'x'.repeat(300)))).rejects.toMatchObject({ code: 'storage-io-failed' });
  });

  it('copies without replacing', async () => {
    const directory = await temporaryDirectory();
    const [from, to] = [join(directory, 'from'), join(directory, 'to')];
    await writeFile(from, patternBytes(100));
    expect(await files.copyFile(from, to)).toBe('copied');
    expect(await files.copyFile(from, to)).toBe('exists');
    await symlink(from, join(directory, 'link'));
    await expect(files.copyFile(join(directory, 'link'), join(directory, 'other'))).rejects.toMatchObject({
      code: 'path-not-allowed',
    });
  });

  it('has URIs and paths that are inverse to each other', () => {
    for (const path of ['/a', '/a b/c', '/ä/%41/?#', '/a/=2f']) expect(files.pathOf(files.uriOf(path))).toBe(path);
    expect(files.pathOf('file:/a/./b/../c/')).toBe('/a/c');
    for (const uri of ['file://host/a', 'http://a', 'file:///a%2Fb', 'nonsense']) {
      expect(() => files.pathOf(uri)).toThrow(expect.objectContaining({ code: 'path-not-allowed' }));
    }
  });
});

describe('publishAtomically', () => {
  class WithoutLinks extends NodeFileSystem {
    override async link(): Promise<'unsupported'> {
      return 'unsupported';
    }
  }

  it.each([
    ['by a second name', files],
    ['by renaming under a claim', new WithoutLinks()],
  ])('lets one of many publish, %s', async (_how, fileSystem) => {
    const directory = await temporaryDirectory();
    const path = join(directory, '_metadata');
    const outcomes = await Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        publishAtomically({ fileSystem, path, bytes: patternBytes(50, index), random: String(index) }),
      ),
    );
    expect(outcomes.filter((outcome) => outcome === 'published')).toHaveLength(1);
    expect(await publishAtomically({ fileSystem, path, bytes: patternBytes(1), random: 'late' })).toBe('exists');
    expect(await readdir(directory)).toEqual(['_metadata']);
    const reader = await fileSystem.openExisting(path);
    expect(await reader?.read(0, 50)).toEqual(patternBytes(50, outcomes.indexOf('published')));
    await reader?.close();
  });

  it('leaves nothing when it is aborted', async () => {
    const directory = await temporaryDirectory();
    const signal = AbortSignal.abort(new Error('enough'));
    const publication = {
      fileSystem: files,
      path: join(directory, '_metadata'),
      bytes: patternBytes(5),
      random: 'r',
      signal,
    };
    await expect(publishAtomically(publication)).rejects.toThrow('enough');
    expect(await readdir(directory)).toEqual([]);
  });
});

describe('directories as a whole', () => {
  it('are made with their parents, by several at once, and removed without following links', async () => {
    const directory = await temporaryDirectory();
    const deep = join(directory, 'a', 'b', 'c');
    await Promise.all(Array.from({ length: 10 }, () => ensureDirectory(files, deep)));
    await writeFile(join(directory, 'kept'), 'x');
    await symlink(directory, join(deep, 'up'));
    await writeFile(join(deep, 'file'), 'x');
    await removeTree(files, join(directory, 'a'), ['_metadata']);
    await removeTree(files, join(directory, 'a'));
    expect(await readdir(directory)).toEqual(['kept']);
  });
});
