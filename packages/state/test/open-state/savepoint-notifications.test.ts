// What the state backend hears of checkpoints and savepoints.

import { join } from 'node:path';
import { HashMapStateBackend } from '@tidemark/state-backend-hashmap';
import type { KeyedStateBackend, StateBackend } from '@tidemark/state-core/spi';
import { expect, it } from 'vitest';
import { temporaryDirectory } from '../temporary-directory.js';
import { openAccounts, pay } from './accounts.js';

/** The heap backend, with an ear at its notifications. */
function listening(heard: string[]): StateBackend {
  const inner = new HashMapStateBackend();
  const listenTo = <K>(backend: KeyedStateBackend<K>): KeyedStateBackend<K> =>
    new Proxy(backend, {
      get(target, name) {
        const member: unknown = Reflect.get(target, name, target);
        if (typeof member !== 'function') return member;
        return (...parameters: unknown[]) => {
          if (String(name).startsWith('notify')) heard.push(`${String(name)} ${String(parameters[0])}`);
          return Reflect.apply(member, target, parameters);
        };
      },
    });
  return {
    name: inner.name,
    capabilities: inner.capabilities,
    createKeyedStateBackend: async (parameters) => listenTo(await inner.createKeyedStateBackend(parameters)),
    createOperatorStateBackend: (parameters) => inner.createOperatorStateBackend(parameters),
  };
}

it.each(['false', 'true'])(
  'savepoints are no completed checkpoints to the backend; increments: %s',
  async (incremental) => {
    const directory = temporaryDirectory();
    const heard: string[] = [];
    await using state = await openAccounts(directory, {
      stateBackend: listening(heard),
      config: { 'execution.checkpointing.incremental': incremental },
    });
    pay(state, 'alice', 1);
    await state.checkpoint();
    await state.savepoint(join(directory, 'savepoints'));
    await state.checkpoint();
    expect(heard.filter((call) => call.includes('Complete'))).toEqual([
      'notifyCheckpointComplete 1',
      'notifyCheckpointComplete 3',
    ]);
  },
);
