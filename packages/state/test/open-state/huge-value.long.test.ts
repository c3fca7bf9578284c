// Values of 3 GiB that are copied on their way in: takes as much memory for a while.

import { expect, it } from 'vitest';
import { bytes, int32, openState, string, ValueStateDescriptor } from '../../src/index.js';

const GIB = 2 ** 30;
const states = {
  blob: new ValueStateDescriptor('blob', { type: bytes }),
  count: new ValueStateDescriptor('count', { type: int32 }),
};

it('3 GiB, copied: checkpoints refuse it until it is taken out, then they are as before', async () => {
  await using state = await openState({
    name: 'huge value',
    states,
    keySerializer: string,
    configFile: false,
    logger: { warn() {}, info() {} },
  });
  state.withKey('bob', ({ count }) => count.update(7));
  const value = new Uint8Array(3 * GIB);
  value[3 * GIB - 1] = 1;
  state.withKey('big', ({ blob }) => blob.update(value));
  for (let attempt = 0; attempt < 3; attempt++) {
    await expect(state.checkpoint()).rejects.toMatchObject({
      code: 'value-too-large',
      message: expect.stringMatching(/^state 'blob': key big: .* the most is 2147483647; split it, /),
    });
    state.withKey('bob', ({ count }) => count.update((count.value() ?? 0) + 1));
  }
  expect(state.withKey('big', ({ blob }) => blob.value()?.[3 * GIB - 1])).toBe(1);
  state.withKey('big', ({ blob }) => blob.update(new Uint8Array(1000)));
  const { stateSizeBytes } = await state.checkpoint();
  expect(stateSizeBytes).toBeLessThan(10_000);
  expect(state.withKey('bob', ({ count }) => count.value())).toBe(10);
});
