// The index of text keys beside a Map, keys whose hashes meet included.

import { testRuns } from '@tidemark/config/test-runs';
import { array, assert, boolean, constantFrom, oneof, property, string, tuple } from 'fast-check';
import { expect, it } from 'vitest';
import { TextIndex } from '../../src/table/text-index.js';

const key = oneof(constantFrom('', 'a', 'b', 'Aa', 'BB', 'ä', '\ud800', 'user-1', 'user-10'), string());

it('finds what was set last, and nothing that was deleted', () => {
  const run = property(array(tuple(key, boolean()), { maxLength: 300 }), (operations) => {
    const keys = operations.map(([text]) => text);
    const index = new TextIndex({ keys });
    const model = new Map<string, number>();
    for (const [position, [text, isSet]] of operations.entries()) {
      if (isSet) {
        index.set(text, 0, position);
        model.set(text, position);
      } else {
        index.delete(text);
        model.delete(text);
      }
      expect(index.get(text)).toBe(model.get(text));
    }
    for (const [text] of operations) expect(index.get(text)).toBe(model.get(text));
    expect([...index.entriesOf()].sort()).toEqual([...model.values()].sort());
    index.clear();
    for (const [text] of operations) expect(index.get(text)).toBeUndefined();
  });
  assert(run, { numRuns: testRuns(300) });
});

/** What the hash of the index makes of a text after what came before: no secret, so an attacker has it too. */
function hashAfter(state: number, text: string): number {
  let hash = state;
  for (let index = 0; index < text.length; index++) hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  return hash;
}

/** Two different texts that lead from one state to one state, found among some hundred thousand. */
function meetingTexts(state: number): readonly [string, string] {
  const seen = new Map<number, string>();
  for (let number = 0; ; number++) {
    const text = String.fromCharCode(
      0x100 + (number % 251),
      0x200 + ((number * 7) % 65_000),
      0x300 + (number % 60_000),
    );
    const hash = hashAfter(state, text);
    const other = seen.get(hash);
    if (other !== undefined && other !== text) return [other, text];
    seen.set(hash, text);
  }
}

it('keys that were chosen to meet are found through a Map after a while (TI3)', () => {
  // Two ways from each state to the next: 2^10 keys with one hash.
  const links: (readonly [string, string])[] = [];
  for (let state = 0x811c9dc5 | 0; links.length < 10; ) {
    const link = meetingTexts(state);
    links.push(link);
    state = hashAfter(state, link[0]);
  }
  const keys = Array.from({ length: 1024 }, (_, bits) =>
    links.map((link, bit) => link[(bits >> bit) & 1] as string).join(''),
  );
  expect(new Set(keys.map((text) => hashAfter(0x811c9dc5 | 0, text))).size).toBe(1);
  const index = new TextIndex({ keys });
  for (const [slot, text] of keys.entries()) index.set(text, 0, slot);
  expect(keys.every((text, slot) => index.get(text) === slot)).toBe(true);
  for (const text of keys.slice(0, 1000)) index.delete(text);
  expect([...index.entriesOf()]).toEqual(keys.map((_, slot) => slot).slice(1000));
  index.clear();
  index.set(keys[1] as string, 0, 1);
  expect([index.get(keys[0] as string), index.get(keys[1] as string)]).toEqual([undefined, 1]);
});
