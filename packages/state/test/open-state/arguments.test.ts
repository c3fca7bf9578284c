import { describe, expect, it } from 'vitest';
import { openState, string } from '../../src/index.js';
import { temporaryDirectory } from '../temporary-directory.js';
import { accountStates, recordingLogger } from './accounts.js';

// biome-ignore lint/suspicious/noExplicitAny: what a program without types passes.
type Untyped = any;

const options = { name: 'arguments', states: accountStates, keySerializer: string, configFile: false } as const;

function open(more: Untyped) {
  return openState({ ...options, logger: recordingLogger(), ...more });
}

describe('wrong arguments of openState', () => {
  it.each([
    ['a backend by name', { stateBackend: 'hashmap' }, /stateBackend is an object.*'state\.backend'/],
    ['a backend without methods', { stateBackend: {} }, /stateBackend is an object.*'state\.backend'/],
    ['a storage by name', { checkpointStorage: 'filesystem' }, /'execution\.checkpointing\.storage'/],
    ['a storage without methods', { checkpointStorage: {} }, /checkpointStorage is an object/],
    ['a word that is no restore mode', { restoreMode: 'claim' }, /'NO_CLAIM' or 'CLAIM', not 'claim'/],
    ['a logger without warn', { logger: {} }, /logger has a method warn/],
    ['an option that is not there', { restoremode: 'CLAIM' }, /no option 'restoremode'; did you mean restoreMode\?/],
    ['an option like no other', { checkpointEvery: 5 }, /no option 'checkpointEvery'; it has name, /],
  ])('%s', async (_, more, message) => {
    const opening = open(more);
    await expect(opening).rejects.toThrow(message);
    await expect(opening).rejects.toBeInstanceOf(TypeError);
  });

  it('of checkpoint() and savepoint(): they reject, and the next one works', async () => {
    await using state = await open({ config: { 'execution.checkpointing.dir': temporaryDirectory() } });
    const untyped = state as Untyped;
    await expect(untyped.checkpoint({ atachment: 1 })).rejects.toThrow(
      /no option 'atachment'; did you mean attachment/,
    );
    await expect(untyped.checkpoint('now')).rejects.toThrow(TypeError);
    await expect(untyped.savepoint({ attachment: 1 })).rejects.toThrow(/target is a path or a URI/);
    await expect(untyped.savepoint(undefined, { path: 1 })).rejects.toThrow(/savepoint\(\) has no option 'path'/);
    expect((await state.checkpoint()).checkpointId).toBe(1);
  });
});

describe('the signal of openState', () => {
  it('rejects with its reason, also when it fires halfway', async () => {
    const reason = new Error('no longer wanted');
    const abort = new AbortController();
    const cutOff = (): never => {
      abort.abort(reason);
      throw new Error('cut off');
    };
    const checkpointStorage = { name: 'cut off', createCoordinatorView: cutOff, createWorkerView: cutOff };
    await expect(open({ checkpointStorage, signal: abort.signal })).rejects.toBe(reason);
  });
});

describe('what openState warns about', () => {
  it('takes a logger that can only warn', async () => {
    const codes: string[] = [];
    await using state = await open({ logger: { warn: (code: string) => codes.push(code) } });
    await state.checkpoint();
    expect(state.restored).toBeUndefined();
  });

  it('settings that have no effect', async () => {
    const logger = recordingLogger();
    const config = {
      'execution.checkpointing.dir': temporaryDirectory(),
      'execution.checkpointing.interval': '30 s',
      'execution.checkpointing.snapshot-compression': true,
    };
    await using state = await open({ logger, config });
    expect(state.restored).toBeUndefined();
    const unused = logger.warnings.filter(({ code }) => code === 'config-option-unused');
    expect(unused.map(({ message }) => message.split(' ')[0])).toEqual([
      'execution.checkpointing.interval',
      'execution.checkpointing.snapshot-compression',
    ]);
  });
});
