// Snapshots that need no older version of the types any more.

import { describe, expect, it } from 'vitest';
import {
  int32,
  ListStateDescriptor,
  openState,
  type StateDeclarations,
  string,
  struct,
  ValueStateDescriptor,
  withMigration,
} from '../../src/index.js';
import { temporaryDirectory } from '../temporary-directory.js';

const First = struct({ cents: int32 });
const Second = withMigration(struct({ euros: string }), (old) => ({
  euros: ((old as { readonly cents: number }).cents / 100).toFixed(2),
}));
/** The same type, of a program that has thrown its migration away. */
const Last = struct({ euros: string });

const states = (type: typeof Last | typeof Second) => ({
  total: new ValueStateDescriptor('total', { type }),
  payments: new ListStateDescriptor('payments', { type }),
});

function open<S extends StateDeclarations>(directory: string, declared: S, options: Record<string, unknown> = {}) {
  return openState({
    name: 'accounts',
    states: declared,
    keySerializer: string,
    configFile: false,
    logger: { warn() {}, info() {} },
    config: { 'execution.checkpointing.dir': directory, 'execution.checkpointing.incremental': 'true' },
    ...options,
  });
}

/** A directory with a checkpoint of the first program: 50 accounts, and a state that later programs lack. */
async function directoryOfFirst(): Promise<string> {
  const directory = temporaryDirectory();
  const state = await open(directory, {
    total: new ValueStateDescriptor('total', { type: First }),
    payments: new ListStateDescriptor('payments', { type: First }),
    forgotten: new ValueStateDescriptor('forgotten', { type: First }),
  });
  for (let index = 0; index < 50; index++) {
    state.withKey(`account ${index}`, ({ total, payments, forgotten }) => {
      total.update({ cents: index });
      payments.update([{ cents: index }, { cents: 1 }]);
      forgotten.update({ cents: 0 });
    });
  }
  await state.checkpoint();
  await state.close();
  return directory;
}

describe('rewriteSchemas', () => {
  it('brings a savepoint to the types of today: a program without the migration restores it', async () => {
    const directory = await directoryOfFirst();
    const target = temporaryDirectory();
    const second = await open(directory, states(Second));
    const carried = await second.savepoint(target);
    expect(carried).not.toHaveProperty('notRewritten');
    await expect(open(temporaryDirectory(), states(Last), { restore: carried.externalPointer })).rejects.toMatchObject({
      code: 'value-serializer-incompatible',
    });
    const rewritten = await second.savepoint(target, { rewriteSchemas: true });
    expect(rewritten.notRewritten).toEqual(['forgotten']);
    await second.close();

    const last = await open(temporaryDirectory(), states(Last), { restore: rewritten.externalPointer });
    expect(last.restored?.plan.states.map(({ stateName, outcome }) => [stateName, outcome])).toEqual([
      ['forgotten', 'kept'],
      ['payments', 'matched'],
      ['total', 'matched'],
    ]);
    last.withKey('account 7', ({ total, payments }) => {
      expect(total.value()).toEqual({ euros: '0.07' });
      expect([...payments.get()]).toEqual([{ euros: '0.07' }, { euros: '0.01' }]);
    });
    await last.close();
  });

  it('brings a checkpoint there too: it is written as a whole, and increments build on it', async () => {
    const directory = await directoryOfFirst();
    const second = await open(directory, states(Second));
    second.withKey('account 1', ({ total }) => total.update({ euros: 'many' }));
    const whole = await second.checkpoint({ rewriteSchemas: true });
    expect(whole.checkpointedSizeBytes).toBe(whole.stateSizeBytes);
    second.withKey('account 2', ({ total }) => total.update({ euros: 'few' }));
    const increment = await second.checkpoint();
    expect(increment.checkpointedSizeBytes).toBeLessThan(whole.checkpointedSizeBytes);
    await second.close();
    const last = await open(directory, states(Last));
    const totals = ['account 1', 'account 2', 'account 3'].map((key) => last.withKey(key, (all) => all.total.value()));
    expect(totals).toEqual([{ euros: 'many' }, { euros: 'few' }, { euros: '0.03' }]);
    await last.close();
  });

  it('is true or false', async () => {
    const state = await open(temporaryDirectory(), states(Last));
    const options = { rewriteSchemas: 'yes' } as never;
    await expect(state.savepoint(temporaryDirectory(), options)).rejects.toThrow(
      new TypeError("savepoint(): rewriteSchemas is true or false, not 'yes'"),
    );
    await expect(state.checkpoint(options)).rejects.toThrow(TypeError);
    await state.close();
  });
});
