import { expect, it } from 'vitest';
import { fewestThatFail } from '../../src/model/shrink.js';

const numbers = (count: number): number[] => Array.from({ length: count }, (_, index) => index);

/** Fails where all of these are there. */
function needs(...needed: readonly number[]) {
  const asked: (readonly number[])[] = [];
  const fails = async (part: readonly number[]) => {
    asked.push(part);
    return needed.every((one) => part.includes(one));
  };
  return { asked, fails };
}

it.each([
  [1, [0]],
  [100, [99]],
  [100, [3, 50, 51]],
  [1500, [0, 700, 1499]],
])('of %i leaves %j', async (count, needed) => {
  expect(await fewestThatFail(numbers(count), needs(...needed).fails, 2000)).toEqual(needed);
});

it('leaves nothing where nothing is needed, and asks no more often than it may', async () => {
  expect(await fewestThatFail(numbers(40), needs().fails, 2000)).toEqual([]);
  const few = needs(1, 5, 9);
  const part = await fewestThatFail(numbers(40), few.fails, 5);
  expect(few.asked).toHaveLength(5);
  expect(part).toEqual(expect.arrayContaining([1, 5, 9]));
});
