// Worlds with a fault are apart from each other, and nothing in them can reach a disk.

import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { SourceModules } from './source-modules.js';

const sources = new SourceModules(resolve(fileURLToPath(import.meta.url), '../../../../..'));
const CURRENT_KEY = 'packages/state-core/src/support/keyed-current-key.ts';

interface Core {
  readonly StateError: unknown;
}
interface Support {
  readonly CurrentKey: new (parameters: object) => { keyGroup: number };
}

test('a world with a fault has its own modules where they depend on it, and shares the others', () => {
  const world = sources.withChange({
    file: CURRENT_KEY,
    find: 'keyGroup = -1;\n  /**',
    replace: 'keyGroup = -7;\n  /**',
  });
  const { CurrentKey } = world.load<Support>('@tidemark/state-core/support');
  expect(new CurrentKey({}).keyGroup).toBe(-7);
  expect(new (sources.load<Support>('@tidemark/state-core/support').CurrentKey)({}).keyGroup).toBe(-1);
  expect(world.load<Core>('@tidemark/state-core').StateError).toBe(
    sources.load<Core>('@tidemark/state-core').StateError,
  );
});

test('a text that is not there exactly once is refused', () => {
  expect(() => sources.withChange({ file: CURRENT_KEY, find: 'no such text', replace: '' })).toThrow(
    /has the text 0 times/,
  );
  expect(() => sources.withChange({ file: CURRENT_KEY, find: 'this.key', replace: '' })).toThrow(RangeError);
});

test('the file system of the machine is out of reach of every world', async () => {
  interface Storage {
    readonly FileSystemCheckpointStorage: new (
      settings: object,
    ) => {
      createCoordinatorView(parameters: object): Promise<{ list(): Promise<unknown> }>;
    };
  }
  const world = sources.withChange({
    file: CURRENT_KEY,
    find: 'keyGroup = -1;\n  /**',
    replace: 'keyGroup = -7;\n  /**',
  });
  for (const { load } of [sources, world].map((one) => ({ load: one.load.bind(one) }))) {
    const { FileSystemCheckpointStorage } = load<Storage>('@tidemark/checkpoint-storage-filesystem');
    const storage = new FileSystemCheckpointStorage({ directory: '/no/such/place' });
    const view = await storage.createCoordinatorView({ jobId: 'job' });
    await expect(view.list()).rejects.toThrow(/node:fs\/promises is out of reach here; readdir was called/);
  }
});
