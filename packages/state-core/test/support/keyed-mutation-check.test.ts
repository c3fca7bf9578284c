// MC1 and MC2 of keyed-mutation-check.ts.

import { expect, it } from 'vitest';
import { int32 } from '../../src/serialization/integer-serializers.js';
import { struct } from '../../src/serialization/struct.js';
import { MutationCheck } from '../../src/support/keyed-mutation-check.js';

const detected = expect.objectContaining({
  code: 'mutation-detected',
  message: expect.stringContaining('state.object-reuse: false'),
});

it('finds a value that changed since it was accepted, until it is accepted again', () => {
  const check = new MutationCheck('box', struct({ n: int32 }));
  const value = { n: 1 };
  check.accept(value);
  check.verify(value);
  value.n = 2;
  expect(() => check.verify(value)).toThrow(detected);
  check.accept(value);
  check.verify(value);
});

it('knows nothing of values that were never accepted, of primitives, and of values that cannot be written', () => {
  const check = new MutationCheck<unknown>('box', struct({ n: int32 }) as never);
  check.verify({ n: 1 });
  check.accept(5);
  check.verify(5);
  check.verify(null);
  const broken = { n: 'text' };
  check.accept(broken);
  broken.n = 'other';
  check.verify(broken);
});
