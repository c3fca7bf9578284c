// What the models report about a backend that does wrong.

import { ConformanceFailure, type ModelledBackend, runModels } from '@tidemark/state-testkit';
import { expect, it } from 'vitest';
import { HashMapStateBackend } from '../src/index.js';

/** Values pass without copies, and the model is told otherwise: what it changes of its own changes what is stored. */
const CARELESS: ModelledBackend = {
  name: 'careless',
  create: () => new HashMapStateBackend(),
  config: { 'state.object-reuse': true },
};

async function failureOf(firstSeed: number): Promise<string> {
  const replay = (seed: number) => `replay ${seed}`;
  const failure = await runModels({ variants: [CARELESS], runs: 200, firstSeed, replay }).catch((error) => error);
  expect(failure).toBeInstanceOf(ConformanceFailure);
  return (failure as ConformanceFailure).message;
}

it('names seed, configuration and variant, and lists few actions that fail', async () => {
  const message = await failureOf(1);
  const seed = /^seed (\d+), configuration '.+', variant 'careless': /.exec(message)?.[1];
  expect(message).toContain(`replay: replay ${seed}`);
  const [, kept, all] = /fewest actions found that fail \((\d+) of (\d+)\)/.exec(message) ?? [];
  expect(Number(kept)).toBeLessThan(12);
  expect(Number(all)).toBeGreaterThanOrEqual(40);
});

it('fails the same way again from the same seed', async () => {
  const message = await failureOf(1);
  const seed = Number(/^seed (\d+)/.exec(message)?.[1]);
  expect(await failureOf(seed)).toBe(message);
});

it.each([
  [{ runs: 0, firstSeed: 1 }, /runs is a whole number from 1, not 0/],
  [{ runs: 1, firstSeed: -1 }, /firstSeed is a whole number from 0, not -1/],
])('refuses %o', async (wrong, message) => {
  const variants = [{ name: 'async', create: () => new HashMapStateBackend() }];
  await expect(runModels({ variants, replay: String, ...wrong })).rejects.toThrow(message);
  await expect(runModels({ variants: [], runs: 1, firstSeed: 1, replay: String })).rejects.toThrow(/at least one/);
});
