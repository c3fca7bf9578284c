import { describe, expect, test } from 'vitest';
import { FLINK_AREAS } from '../src/flink-tests/areas.ts';
import type { FlinkArea } from '../src/flink-tests/flink-area.ts';
import { flinkTestsPage, withTestsThatDoNotApply } from '../src/flink-tests/flink-test-pages.ts';
import { checkFlinkTests, flinkTestStatus } from '../src/flink-tests/flink-test-status.ts';
import { describeFindings, readRepository } from '../src/repository-files.ts';
import { messagesOf, repositoryOf } from './fixture.ts';

const area = (state: FlinkArea['state'], ...rows: FlinkArea['classes'][number]['rows']): FlinkArea => ({
  title: 'Timers',
  state,
  classes: [{ name: 'TimerTest', rows }],
});

function statusOf(areas: readonly FlinkArea[], source: string, path = 'packages/a/test/a.test.ts'): string[] {
  const [{ tests } = { tests: [] }] = flinkTestStatus(areas, repositoryOf({ [path]: source }));
  return tests.map(({ name, status }) => `${name} ${status}`);
}

describe('a test of Flink is tested when a title names it', () => {
  const one = [area('later', ['testFire testStop', 'fires'])];

  test.each([
    ["test('TimerTest.testFire: once', f);"],
    ["describe('TimerTest', () => { describe('x', () => { it('testFire: once', f); }); });"],
    ["describe('TimerTest', () => { it.each([{ name: 'testFire' }])('$name', f); });"],
    ["test.each([['TimerTest.testFire', 1]])('%s', f);"],
    ["describe('TimerTest', () => { it.each(['ire'])('testF%s: once', f); });"],
    ["test('Timer.testFire: once', f);"],
    ['const cases = [{ title: `TimerTest.testFire: once` }];'],
  ])('%s', (source) => {
    expect(statusOf(one, source)).toEqual(['TimerTest.testFire tested', 'TimerTest.testStop open']);
  });

  test.each([
    ["test('testFire: once', f);"],
    ["test('OtherTest.testFire: once', f);"],
    ["test('TimerTest.testFireTwice', f);"],
    ["describe('OtherTest', () => { test('testFire', f); });"],
    ['// TimerTest.testFire'],
  ])('and not by %s', (source) => {
    expect(statusOf(one, source)).toEqual(['TimerTest.testFire open', 'TimerTest.testStop open']);
  });

  test('a class in a title does not take over the tests of another', () => {
    const areas = [area('later', ['testFire', 'fires']), { ...area('later'), classes: [{ name: 'B', rows: [] }] }];
    expect(statusOf(areas, "describe('TimerTest', () => { test('B.testFire', f); });")).toEqual([
      'TimerTest.testFire open',
    ]);
  });

  test('the cases of a conformance suite belong to the classes of their folder', () => {
    const areas = [
      { ...area('later'), classes: [{ name: 'StateBackendTestBase', rows: [['testList', '']] as const }] },
    ];
    const path = 'packages/state-testkit/src/state-backend-cases/list.cases.ts';
    expect(statusOf(areas, "const c = [{ title: 'testList: x' }];", path)).toEqual([
      'StateBackendTestBase.testList tested',
    ]);
    expect(statusOf(areas, "const c = [{ title: 'testList: x' }];")).toEqual(['StateBackendTestBase.testList open']);
  });

  test('where Flink has no test, words of our title count', () => {
    const areas = [
      { ...area('later'), classes: [{ name: 'ours', isOurs: true, rows: [['the hash of', 'x']] } as const] },
    ];
    expect(statusOf(areas, "test('the hash of a', f);")).toEqual(['the hash of tested']);
  });
});

describe('the list of tests', () => {
  const messages = (areas: readonly FlinkArea[], source: string): string[] =>
    messagesOf(checkFlinkTests(flinkTestStatus(areas, repositoryOf({ 'packages/a/test/a.test.ts': source }))));

  test('has nothing open in a complete area', () => {
    const rows = [
      ['testFire', 'fires'],
      ['testStop', 'stops', 'nothing stops here'],
    ] as const;
    expect(messages([area('later', ...rows)], '')).toEqual([]);
    expect(messages([area('complete', ...rows)], '')).toEqual([
      'tools/tidy/src/flink-tests Timers: TimerTest.testFire has neither a test nor a reason why it does not apply',
    ]);
  });

  test('has no reason for what is tested, and nothing twice', () => {
    const row = ['testFire', 'fires', 'nothing fires here'] as const;
    expect(messages([area('later', row)], "test('TimerTest.testFire', f);")).toEqual([
      'packages/a/test/a.test.ts Timers: TimerTest.testFire is said not to apply, and there is a test for it',
    ]);
    expect(messages([area('later', row, row)], '')).toEqual([
      'tools/tidy/src/flink-tests Timers: TimerTest.testFire is listed twice',
    ]);
  });
});

test('the page of differences keeps all but its list', () => {
  const page =
    'before\n<!-- written by pnpm flink-tests: begin -->\nold\n<!-- written by pnpm flink-tests: end -->\nafter\n';
  const status = flinkTestStatus([area('later', ['testA testB', 'x', 'a | b'], ['testC', 'x'])], []);
  const renewed = withTestsThatDoNotApply(page, status);
  expect(renewed).toContain('| TimerTest.testA<br>TimerTest.testB | a \\| b |');
  expect(renewed).toMatch(/^before\n[\s\S]*\nafter\n$/);
  expect(renewed).not.toContain('old');
  expect(withTestsThatDoNotApply(renewed, status)).toBe(renewed);
  expect(() => withTestsThatDoNotApply('nothing', status)).toThrow(RangeError);
});

describe("Flink's tests in this repository", () => {
  const files = readRepository();
  const status = flinkTestStatus(FLINK_AREAS, files);

  test('are all tested or explained where an area is complete', () => {
    expect(describeFindings(checkFlinkTests(status))).toBe('');
  });

  test('are listed in docs/flink-tests.md as they are: "pnpm flink-tests" renews the page', async () => {
    await expect(flinkTestsPage(status)).toMatchFileSnapshot('../../../docs/flink-tests.md');
  });

  test('are explained in docs/flink-differences.md where they do not apply: "pnpm flink-tests" renews the list', async () => {
    const path = 'docs/flink-differences.md';
    const page = files.find((file) => file.path === path) ?? expect.fail(`${path} is missing`);
    await expect(withTestsThatDoNotApply(page.text, status)).toMatchFileSnapshot(`../../../${path}`);
  });
});
