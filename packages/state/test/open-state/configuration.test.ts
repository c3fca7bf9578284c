import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import {
  CheckpointingOptions,
  Configuration,
  type ConfigurationSource,
  openState,
  readConfiguration,
  StateBackendOptions,
  string,
} from '../../src/index.js';
import { temporaryDirectory } from '../temporary-directory.js';
import { accountStates, recordingLogger } from './accounts.js';

const error = (code: string, message: RegExp = /./) =>
  expect.objectContaining({ code, message: expect.stringMatching(message) });

/** Runs the test in a working directory of its own. */
function workIn(directory: string): void {
  vi.spyOn(process, 'cwd').mockReturnValue(directory);
  onTestFinished(() => void vi.restoreAllMocks());
}

function open(
  options: { config?: ConfigurationSource | Configuration; configFile?: string | URL | false; name?: string } = {},
) {
  const logger = recordingLogger();
  return openState({ name: 'accounts', states: accountStates, keySerializer: string, logger, ...options });
}

async function takesCheckpointIn(directory: string, ...parameters: Parameters<typeof open>): Promise<void> {
  await using state = await open(...parameters);
  state.withKey('alice', ({ total }) => total.update(1));
  await state.checkpoint();
  expect(existsSync(join(directory, 'accounts', 'chk-1', '_metadata'))).toBe(true);
}

describe('the configuration of openState', () => {
  it('comes from an object: flat, nested, and Configuration', async () => {
    for (const make of [
      (dir: string) => ({ 'execution.checkpointing.dir': dir }),
      (dir: string) => ({ execution: { checkpointing: { dir } }, state: { backend: { type: 'hashmap' } } }),
      (dir: string) => new Configuration().set(CheckpointingOptions.CHECKPOINTS_DIRECTORY, dir),
    ]) {
      const directory = temporaryDirectory();
      await takesCheckpointIn(directory, { config: make(directory), configFile: false });
    }
  });

  it.each(['tidemark.yaml', 'tidemark.yml', 'tidemark.json'])(
    'comes from %s in the working directory',
    async (name) => {
      const directory = temporaryDirectory();
      workIn(directory);
      writeFileSync(
        join(directory, name),
        JSON.stringify({ state: { backend: 'hashmap' }, 'execution.checkpointing.dir': './checkpoints' }),
      );
      await takesCheckpointIn(join(directory, 'checkpoints'), {});
    },
  );

  it('comes from a file that is named; relative directories count from the file', async () => {
    const directory = temporaryDirectory();
    const file = join(directory, 'settings.yaml');
    writeFileSync(file, 'execution.checkpointing:\n  dir: here\n');
    await takesCheckpointIn(join(directory, 'here'), { configFile: pathToFileURL(file) });
    await expect(open({ configFile: join(directory, 'missing.yaml') })).rejects.toEqual(
      error('config-file-invalid', /missing\.yaml: there is no such file/),
    );
  });

  it('comes from the environment', async () => {
    const directory = temporaryDirectory();
    vi.stubEnv('TIDEMARK_EXECUTION__CHECKPOINTING__DIR', directory);
    vi.stubEnv('TIDEMARK_STATE__BACKEND', 'hashmap');
    await takesCheckpointIn(directory, { configFile: false });
  });

  it('code wins over the environment, that over the file, that over the default', async () => {
    const directory = temporaryDirectory();
    workIn(directory);
    const read = (code: ConfigurationSource): number =>
      Configuration.from(code).withFallback(readConfiguration()).get(CheckpointingOptions.MAX_RETAINED_CHECKPOINTS);
    expect(read({})).toBe(1);
    writeFileSync(join(directory, 'tidemark.yaml'), 'execution.checkpointing.num-retained: 2\n');
    expect(read({})).toBe(2);
    vi.stubEnv('TIDEMARK_EXECUTION__CHECKPOINTING__NUM_RETAINED', '4');
    expect(read({})).toBe(4);
    expect(read({ 'state.checkpoints.num-retained': 5 })).toBe(5);
  });

  it('reads no file when told so', async () => {
    const directory = temporaryDirectory();
    workIn(directory);
    writeFileSync(join(directory, 'tidemark.yaml'), 'state.backend: no-such-backend\n');
    await expect(open()).rejects.toEqual(error('factory-not-found', /tidemark\.yaml:1/));
    await using state = await open({ configFile: false, name: 'reads no file' });
    expect(state.restored).toBeUndefined();
  });

  it('names option, unit, place and what is allowed for a wrong value', async () => {
    const directory = temporaryDirectory();
    writeFileSync(join(directory, 'tidemark.yaml'), 'execution.checkpointing:\n  timeout: soon\n');
    const opening = open({ configFile: join(directory, 'tidemark.yaml') });
    await expect(opening).rejects.toEqual(
      error('config-value-invalid', /execution\.checkpointing\.timeout.*"soon".*duration.*tidemark\.yaml:2/),
    );
  });

  it('says "did you mean" for an unknown key, and what to use for one of Flink that is not supported', async () => {
    const config = { 'execution.checkpointing.num-retaind': 2 };
    await expect(open({ config, configFile: false })).rejects.toEqual(
      error('config-key-unknown', /did you mean execution\.checkpointing\.num-retained/),
    );
    const changelog = { 'state.changelog.enabled': true };
    await expect(open({ config: changelog, configFile: false })).rejects.toEqual(error('config-key-unsupported'));
  });

  it('warns the process, not the console, when no logger is given', async () => {
    const warned = vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
    const state = await openState({
      name: 'warns the process',
      states: accountStates,
      keySerializer: string,
      configFile: false,
    });
    await state.close();
    expect(warned).toHaveBeenCalledWith(
      expect.stringContaining('die with it'),
      expect.objectContaining({ type: 'TidemarkWarning', code: 'TIDEMARK_CHECKPOINTS_IN_MEMORY' }),
    );
  });
});

// The combinations as Flink's documentation writes them: YAML with the storage named, YAML without, and code.
describe('configuration snippets of Flink users', () => {
  const yaml = (storage: string) => [
    ['storage named', storage],
    ['storage omitted', storage.replace(/^execution\.checkpointing\.storage:.*$/m, '')],
  ];

  it.each(
    yaml(
      'state.backend: hashmap\n\n# Optional, jobmanager is the default without a directory.\nexecution.checkpointing.storage: jobmanager\n',
    ),
  )('MemoryStateBackend in YAML, %s', async (_, text) => {
    const directory = temporaryDirectory();
    writeFileSync(join(directory, 'tidemark.yaml'), text);
    await using state = await open({ configFile: join(directory, 'tidemark.yaml'), name: `memory ${directory}` });
    expect((await state.checkpoint()).externalPointer).toBe('<checkpoint-not-externally-addressable>');
    expect(readdirSync(directory)).toEqual(['tidemark.yaml']);
  });

  it.each(
    yaml(
      'state.backend: hashmap\nexecution.checkpointing.dir: file:///DIRECTORY/\n\nexecution.checkpointing.storage: filesystem\n',
    ),
  )('FsStateBackend in YAML, %s', async (_, text) => {
    const directory = temporaryDirectory();
    const file = join(directory, 'tidemark.yaml');
    writeFileSync(file, text.replace('file:///DIRECTORY', pathToFileURL(join(directory, 'checkpoint-dir')).href));
    await takesCheckpointIn(join(directory, 'checkpoint-dir'), { configFile: file });
  });

  it('MemoryStateBackend in code', async () => {
    const config = new Configuration();
    config.set(StateBackendOptions.STATE_BACKEND, 'hashmap');
    config.set(CheckpointingOptions.CHECKPOINT_STORAGE, 'jobmanager');
    await using state = await open({ config, configFile: false, name: 'memory in code' });
    expect((await state.checkpoint()).externalPointer).toBe('<checkpoint-not-externally-addressable>');
  });

  it('FsStateBackend in code, with the advanced settings', async () => {
    const directory = temporaryDirectory();
    const config = new Configuration();
    config.set(StateBackendOptions.STATE_BACKEND, 'hashmap');
    config.set(CheckpointingOptions.CHECKPOINT_STORAGE, 'filesystem');
    config.set(CheckpointingOptions.CHECKPOINTS_DIRECTORY, pathToFileURL(directory).href);
    config.set(CheckpointingOptions.FS_WRITE_BUFFER_SIZE, 4 * 1024);
    await takesCheckpointIn(directory, { config, configFile: false });
  });

  it.each(
    yaml(
      'state.backend: rocksdb\nexecution.checkpointing.dir: file:///DIRECTORY/\n\nexecution.checkpointing.storage: filesystem\n',
    ),
  )('RocksDBStateBackend in YAML, %s', async (_, text) => {
    const directory = temporaryDirectory();
    const configFile = join(directory, 'tidemark.yaml');
    writeFileSync(configFile, text.replace('file:///DIRECTORY', pathToFileURL(join(directory, 'checkpoint-dir')).href));
    await takesCheckpointIn(join(directory, 'checkpoint-dir'), { configFile });
  });

  it('RocksDBStateBackend in code, with the advanced settings', async () => {
    const directory = temporaryDirectory();
    const config = new Configuration();
    config.set(StateBackendOptions.STATE_BACKEND, 'rocksdb');
    config.set(CheckpointingOptions.CHECKPOINT_STORAGE, 'filesystem');
    config.set(CheckpointingOptions.CHECKPOINTS_DIRECTORY, pathToFileURL(directory).href);
    config.set(CheckpointingOptions.FS_WRITE_BUFFER_SIZE, 4 * 1024);
    await takesCheckpointIn(directory, { config, configFile: false });
  });
});
