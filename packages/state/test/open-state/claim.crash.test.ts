// A process that dies at any step between the restore of a claimed snapshot and its removal.

import { cpSync, existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type FileSystem, FileSystemCheckpointStorage, NodeFileSystem } from '@tidemark/checkpoint-storage-filesystem';
import { testRuns } from '@tidemark/config/test-runs';
import { describe, expect, it } from 'vitest';
import { temporaryDirectory } from '../temporary-directory.js';
import { contentOf, openAccounts, pay } from './accounts.js';

const CONFIG = {
  'execution.checkpointing.data-inline-threshold': '0',
  'execution.checkpointing.incremental': 'true',
  'execution.checkpointing.num-retained': '1',
};

/** Every step in a long run, else every fifth, another fifth each time. */
const STRIDE = Math.max(1, 6 - testRuns(1));
const FIRST = Number(process.env['TIDEMARK_SEED'] ?? Math.floor(Math.random() * STRIDE)) % STRIDE;

const STEPS: readonly string[] = [
  'createDirectory',
  'removeDirectory',
  'syncDirectory',
  'openNew',
  'link',
  'rename',
  'removeFile',
  'copyFile',
];

/** The files of the machine, for a process that dies at its step `diesAt`; tells how many steps it has taken. */
function dyingFileSystem(diesAt: number): { fileSystem: FileSystem; steps: () => number } {
  let steps = 0;
  const inner = new NodeFileSystem();
  const fileSystem = new Proxy(inner, {
    get(target, name) {
      const method = Reflect.get(target, name) as (...given: unknown[]) => unknown;
      if (typeof method !== 'function' || name === 'pathOf' || name === 'uriOf')
        return method?.bind?.(target) ?? method;
      return async (...given: unknown[]) => {
        if (STEPS.includes(String(name))) steps++;
        if (steps > diesAt) throw new Error('the process is dead');
        return method.apply(target, given);
      };
    },
  });
  return { fileSystem, steps: () => steps };
}

/** A snapshot of another job; as it is left by `make`, copied for every run. */
async function templateOf(kind: 'savepoint' | 'checkpoint') {
  const directory = temporaryDirectory();
  const state = await openAccounts(directory, { name: 'others', config: CONFIG });
  pay(state, 'alice', 1);
  await state.checkpoint();
  pay(state, 'bob', 2);
  const report = kind === 'savepoint' ? await state.savepoint(temporaryDirectory()) : await state.checkpoint();
  const content = contentOf(state);
  await state.close();
  const path = fileURLToPath(report.externalPointer);
  return { tree: join(path, '..'), name: path.slice(path.lastIndexOf('/') + 1), content };
}

describe.each(['savepoint', 'checkpoint'] as const)('CLAIM of a %s by a process that dies', (kind) => {
  it(`loses nothing and leaves nothing, whenever it dies (TIDEMARK_SEED=${FIRST}, every step by ${STRIDE})`, async () => {
    const { tree, name, content } = await templateOf(kind);
    let hasSurvived = false;
    for (let diesAt = FIRST; !hasSurvived; diesAt += STRIDE) {
      const work = temporaryDirectory();
      const [others, directory] = [join(work, 'others'), join(work, 'own')];
      cpSync(tree, others, { recursive: true });
      const snapshot = join(others, name);
      const config = {
        ...CONFIG,
        'execution.state-recovery.path': snapshot,
        'execution.state-recovery.claim-mode': 'CLAIM',
      };
      const { fileSystem, steps } = dyingFileSystem(diesAt);
      const checkpointStorage = new FileSystemCheckpointStorage({
        directory,
        fileStateSizeThresholdBytes: 0,
        fileSystems: { file: fileSystem },
      });
      const run = async (): Promise<void> => {
        const state = await openAccounts(directory, { config, checkpointStorage });
        await state.checkpoint().finally(() => state.close());
      };
      await run().catch(() => undefined);
      hasSurvived = steps() <= diesAt;
      // The snapshot goes at the end of the first run, or is still what the next start goes back to.
      const heir = await openAccounts(directory, { config });
      expect(contentOf(heir), `died at step ${diesAt}`).toEqual(content);
      await heir.checkpoint();
      await heir.close();
      expect(existsSync(snapshot), `died at step ${diesAt}`).toBe(false);
      if (kind === 'checkpoint') expect(readdirSync(join(others, 'shared')), `died at step ${diesAt}`).toEqual([]);
      const names = readdirSync(join(directory, 'accounts'));
      expect(
        names.filter((file) => file.startsWith('claim-')),
        `died at step ${diesAt}`,
      ).toEqual([]);
      const last = await openAccounts(directory, { config: CONFIG });
      expect(contentOf(last), `died at step ${diesAt}`).toEqual(content);
      await last.close();
      rmSync(work, { recursive: true });
    }
  }, 120_000);
});
