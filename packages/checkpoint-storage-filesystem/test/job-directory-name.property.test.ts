import { assert, property, string } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { jobDirectoryName } from '../src/index.js';

describe('jobDirectoryName of any text', () => {
  it('is a safe component, and no two texts share one', () => {
    const text = string({ unit: 'binary', maxLength: 300 });
    assert(
      property(text, text, (a, b) => {
        const [first, second] = [jobDirectoryName(a), jobDirectoryName(b)];
        expect(first).toMatch(/^[a-z0-9=_-][a-z0-9=._-]{0,199}$/);
        expect(first.toLowerCase() === second.toLowerCase()).toBe(a === b);
      }),
    );
  });
});
